#pragma once

#include <tl/expected.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace tandem {

/// A line as a shell would split it: blanks separate, quotes and backslashes keep them together,
/// and a '#' at the start of a word begins a comment.
struct line_words {
  std::vector<std::string> words;
  std::size_t last_from = 0; ///< where the last word begins; the end of the line after a blank
  bool is_last_open = false; ///< the line ends within a word, not behind it
  bool has_comment = false;
};

/// The error is a sentence. With quotes that are still open, `tolerant` takes what is there.
enum class quotes : std::uint8_t { closed, tolerant };
[[nodiscard]] tl::expected<line_words, std::string> split_line(std::string_view, quotes);

/// So that split_line() gives the same word again.
[[nodiscard]] std::string escaped_word(std::string_view);

} // namespace tandem
