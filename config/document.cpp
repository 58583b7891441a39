#include "config/document.hpp"

#include <array>

#define TOML_EXCEPTIONS 0 // errors come back as values
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

} // namespace

std::string_view kind_of(const setting& s) {
  constexpr std::array<std::string_view, 7> names = {
      "a date or time", "a string", "an integer", "a float", "a boolean", "an array", "a table"};
  return names.at(s.value.index());
}

tl::expected<setting_table, syntax_error> parse_document(std::string_view text) {
  const auto result = toml::parse(text);
  if (!result) {
    const auto& e = result.error();
    return tl::unexpected{syntax_error{e.source().begin.line, std::string{e.description()}}};
  }
  return convert_table(result.table());
}

} // namespace tandem
