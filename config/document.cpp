#include "config/document.hpp"

#include "runtime/base/check.hpp"

#include <algorithm>
#include <array>
#include <optional>

// toml++ 3.3 breaks its own preconditions on a header such as "[&" (its issue 294): an assertion
// when they are on, undefined behaviour when they are off. So they stay on in this file, and throw.
#undef NDEBUG
#define TOML_ASSERT(expr) TANDEM_CHECK(expr)
#define TOML_EXCEPTIONS 1 // without, everything is noexcept
#define TOML_ENABLE_FORMATTERS 0
#include <toml++/toml.h>

namespace tandem {

namespace {

setting convert(const toml::node& node);

setting_table convert_table(const toml::table& table) {
  setting_table out;
  out.reserve(table.size());
  for (const auto& [key, node] : table) {
    out.push_back({std::string{key.str()}, convert(node)});
    // A table's own source begins at its header or brace, a value's behind the "="; an unknown key
    // is looked for where the key stands.
    if (const auto line = key.source().begin.line; line > 0 && !node.is_table() && !node.is_array())
      out.back().value.line = line;
  }
  return out;
}

/// Depth is bounded by the parser (TOML_MAX_NESTED_VALUES).
setting convert(const toml::node& node) {
  setting out;
  out.line = node.source().begin.line;
  if (const auto* text = node.as_string())
    out.value = text->get();
  else if (const auto* integer = node.as_integer())
    out.value = integer->get();
  else if (const auto* real = node.as_floating_point())
    out.value = real->get();
  else if (const auto* boolean = node.as_boolean())
    out.value = boolean->get();
  else if (const auto* table = node.as_table())
    out.value = convert_table(*table);
  else if (const auto* array = node.as_array()) {
    setting_list list;
    list.reserve(array->size());
    for (const auto& element : *array)
      list.push_back(convert(element));
    if (out.line == 0 && !list.empty()) // an array of tables has no place of its own
      out.line = list.front().line;
    out.value = std::move(list);
  }
  return out;
}

/// Skips the string whose opening quote is at `at`, counting lines; a string that does not end, or
/// does not end on its line, is left to the parser to refuse.
std::size_t skip_string(std::string_view text, std::size_t at, std::size_t& line) {
  const char quote = text[at];
  const std::string fence(3, quote);
  const bool is_multiline = text.substr(at).starts_with(fence);
  for (at += is_multiline ? 3 : 1; at < text.size(); ++at) {
    if (text[at] == '\n') {
      if (!is_multiline)
        return at;
      ++line;
    } else if (text[at] == '\\' && quote == '"' && !text.substr(at + 1).starts_with('\n')) {
      ++at;
    } else if (text[at] == quote && !is_multiline) {
      return at + 1;
    } else if (text.substr(at).starts_with(fence)) {
      at += 3;
      for (int i = 0; i < 2 && text.substr(at).starts_with(quote); ++i) // """a"""""
        ++at;
      return at;
    }
  }
  return text.size();
}

/// The line of the first character beyond ASCII outside strings and comments, where TOML has none.
/// toml++ 3.3 meets `__builtin_unreachable` on some of them (is_non_ascii_horizontal_whitespace).
std::optional<std::size_t> stray_character(std::string_view text) {
  std::size_t line = 1;
  std::size_t at = text.starts_with("\xEF\xBB\xBF") ? 3 : 0; // a byte order mark
  while (at < text.size()) {
    const char c = text[at];
    if (c == '"' || c == '\'') {
      at = skip_string(text, at, line);
    } else if (c == '#') {
      at = std::min(text.find('\n', at), text.size());
    } else if (static_cast<unsigned char>(c) >= 0x80) {
      return line;
    } else {
      line += c == '\n' ? 1 : 0;
      ++at;
    }
  }
  return std::nullopt;
}

enum class outcome : std::uint8_t { read, refused, broke };

outcome try_parse(std::string_view text) {
  try {
    (void) toml::parse(text);
    return outcome::read;
  } catch (const toml::parse_error&) {
    return outcome::refused;
  } catch (const check_failure&) {
    return outcome::broke;
  }
}

/// The line on which the parser breaks: the least number of lines that break it.
std::size_t breaking_line(std::string_view text) {
  std::vector<std::size_t> ends; // of the lines
  for (auto at = text.find('\n'); at != std::string_view::npos; at = text.find('\n', at + 1))
    ends.push_back(at + 1);
  ends.push_back(text.size());
  const auto found = std::ranges::partition_point(
      ends, [&](std::size_t end) { return try_parse(text.substr(0, end)) != outcome::broke; });
  return static_cast<std::size_t>(found - ends.begin()) + 1;
}

} // namespace

std::string_view kind_of(const setting& s) {
  constexpr std::array<std::string_view, 7> names = {
      "a date or time", "a string", "an integer", "a float", "a boolean", "an array", "a table"};
  return names.at(s.value.index());
}

tl::expected<setting_table, syntax_error> parse_document(std::string_view text) {
  if (const auto line = stray_character(text))
    return tl::unexpected{syntax_error{*line, "a character beyond ASCII outside quotes"}};
  try {
    return convert_table(toml::parse(text));
  } catch (const toml::parse_error& e) {
    return tl::unexpected{syntax_error{e.source().begin.line, std::string{e.description()}}};
  } catch (const check_failure&) {
    return tl::unexpected{syntax_error{breaking_line(text), "malformed table header"}};
  }
}

} // namespace tandem
