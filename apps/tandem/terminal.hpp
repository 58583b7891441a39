#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace tandem {

/// What the output goes to.
struct terminal_view {
  std::size_t width = 100;  ///< Cells in a line.
  std::size_t height = 0;   ///< Lines; 0: no limit, as in a file.
  bool interactive = false; ///< A terminal: may be redrawn in place.
  bool colour = false;      ///< ANSI colours; see https://no-color.org for when not.
};

/// The terminal behind a descriptor, standard output unless told otherwise. Colour unless NO_COLOR
/// is set and not empty, or TERM is "dumb"; without a terminal COLUMNS gives the width, else
/// nothing is cut.
[[nodiscard]] terminal_view look_at_terminal(int descriptor = 1);

enum class ink : std::uint8_t { plain, dim, bold, red, green, yellow, cyan };

/// `text` in that colour, or as it is.
[[nodiscard]] std::string painted(const terminal_view&, ink, std::string_view text);

/// Bytes from a stranger, fit for a terminal: control characters, and what is no UTF-8, become "·".
[[nodiscard]] std::string printable(std::string_view text);
/// Cells that printable text takes: one a character. Wide and combining characters are counted as
/// one too, which spoils the alignment of that line only.
[[nodiscard]] std::size_t cells(std::string_view text);
/// At most `width` cells; what was cut is shown by "…".
[[nodiscard]] std::string clipped(std::string_view text, std::size_t width);
[[nodiscard]] std::string padded(std::string_view text, std::size_t width);
[[nodiscard]] std::string padded_left(std::string_view text, std::size_t width);

} // namespace tandem
