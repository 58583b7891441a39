#include "apps/tandem/ladder_columns.hpp"

#include "apps/tandem/words.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <set>

namespace tandem {

namespace {

constexpr const char* node_title = "node";

bool is_message(const nlohmann::json& line) {
  return text_of(line, "type") == "sip";
}

std::set<std::string> node_addresses(const nlohmann::json& lines) {
  std::set<std::string> ours;
  for (const auto& line : lines) {
    if (!is_message(line))
      continue;
    const auto from = text_of(line, "from");
    const auto to = text_of(line, "to");
    const auto direction = text_of(line, "direction");
    if (direction == "in" || direction == "out")
      ours.insert(direction == "in" ? to : from);
    else if (ours.empty())
      ours.insert(to); // the first message of a call is received
    else if (!ours.contains(from) && !ours.contains(to))
      ours.insert(from); // a further leg begins with what the node sends
  }
  return ours;
}

} // namespace

std::size_t ladder_columns::of(const std::string& address) const {
  const auto at = std::ranges::find(titles, address);
  return at == titles.end() ? node : static_cast<std::size_t>(at - titles.begin());
}

ladder_columns find_columns(const nlohmann::json& lines) {
  const auto ours = node_addresses(lines);
  ladder_columns c;
  for (const auto& line : lines)
    if (is_message(line))
      for (const auto& address : {text_of(line, "from"), text_of(line, "to")})
        if (!ours.contains(address) && std::ranges::count(c.titles, address) == 0)
          c.titles.push_back(address);
  c.node = std::min<std::size_t>(1, c.titles.size());
  c.titles.insert(c.titles.begin() + static_cast<std::ptrdiff_t>(c.node), node_title);
  return c;
}

} // namespace tandem
