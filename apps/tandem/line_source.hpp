#pragma once

#include <functional>
#include <istream>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tandem {

/// What the word under the cursor may become.
struct completion {
  std::size_t from = 0;           ///< where the word begins in the line
  std::vector<std::string> words; ///< as they are typed: blanks are escaped; sorted
};

/// Asked with the line up to the cursor.
using completer = std::function<completion(std::string_view line)>;

/// Where the lines of `tandem console` come from.
class line_source {
public:
  virtual ~line_source() = default;
  /// Without its end; nullopt: there is none any more.
  [[nodiscard]] virtual std::optional<std::string> next(const std::string& prompt) = 0;
  /// Somebody types them.
  [[nodiscard]] virtual bool is_typed() const = 0;
};

/// A script: no prompt.
[[nodiscard]] std::unique_ptr<line_source> read_lines(std::istream&);

/// A terminal, with history and Tab (libedit). `history_file` is read now, written at the end and
/// may be "": none. Ctrl-C drops the line.
[[nodiscard]] std::unique_ptr<line_source> edit_lines(const std::string& history_file, completer);

} // namespace tandem
