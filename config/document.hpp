#pragma once

#include <tl/expected.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace tandem {

struct setting;
struct setting_entry;

using setting_list = std::vector<setting>;
/// Entries in order of key; a TOML table has each key once.
using setting_table = std::vector<setting_entry>;
/// A date or a time, which no setting of ours is.
struct setting_moment {};

/// A value of a TOML document with the line it stands on.
struct setting {
  std::size_t line = 0;
  std::variant<setting_moment, std::string, std::int64_t, double, bool, setting_list, setting_table>
      value;
};

struct setting_entry {
  std::string key;
  setting value;
};

/// "a string", "an integer", …
[[nodiscard]] std::string_view kind_of(const setting&);

struct syntax_error {
  std::size_t line = 0;
  std::string what;
};

/// Parses TOML 1.0. Keeps the parser's headers, slow to compile, out of everything else.
[[nodiscard]] tl::expected<setting_table, syntax_error> parse_document(std::string_view text);

} // namespace tandem
