#include "apps/tandem/metrics_json.hpp"

#include <nlohmann/json.hpp>

#include <charconv>
#include <cmath>
#include <string>

namespace tandem {

namespace {

/// Reads `name="value",…}` and leaves what follows the brace in `text`; false if it is malformed.
bool read_labels(std::string_view& text, nlohmann::json& labels) {
  while (!text.empty() && text.front() != '}') {
    const auto equals = text.find("=\"");
    if (equals == std::string_view::npos)
      return false;
    const std::string name{text.substr(0, equals)};
    text.remove_prefix(equals + 2);
    std::string value;
    while (!text.empty() && text.front() != '"') {
      if (text.front() == '\\' && text.size() > 1) { // \\, \" and \n are the escapes there are
        text.remove_prefix(1);
        value += text.front() == 'n' ? '\n' : text.front();
      } else {
        value += text.front();
      }
      text.remove_prefix(1);
    }
    labels[name] = value;
    text.remove_prefix(text.empty() ? 0 : 1);
    if (text.starts_with(','))
      text.remove_prefix(1);
  }
  if (text.empty())
    return false;
  text.remove_prefix(1);
  return true;
}

nlohmann::json read_value(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || !std::isfinite(value))
    return std::string{text};
  return value;
}

} // namespace

nlohmann::json metrics_to_json(std::string_view text) {
  auto out = nlohmann::json::array();
  while (!text.empty()) {
    const auto end = text.find('\n');
    auto line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    const auto name_end = line.find_first_of("{ ");
    if (line.empty() || line.front() == '#' || name_end == std::string_view::npos)
      continue;
    nlohmann::json sample{{"name", std::string{line.substr(0, name_end)}},
                          {"labels", nlohmann::json::object()}};
    const bool labelled = line[name_end] == '{';
    line.remove_prefix(name_end + 1);
    if (labelled && (!read_labels(line, sample["labels"]) || !line.starts_with(' ')))
      continue;
    line.remove_prefix(labelled ? 1 : 0);
    sample["value"] = read_value(line.substr(0, line.find(' '))); // a time stamp may follow
    out.push_back(std::move(sample));
  }
  return out;
}

} // namespace tandem
