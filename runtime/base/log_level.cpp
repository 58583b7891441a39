#include "runtime/base/log_level.hpp"

#include <algorithm>
#include <array>

namespace tandem {

namespace {

constexpr std::array<std::string_view, 6> level_names = {"trace",   "debug", "info",
                                                         "warning", "error", "off"};

} // namespace

std::optional<log_level> parse_log_level(std::string_view text) {
  const auto found = std::ranges::find(level_names, text);
  if (found == level_names.end())
    return std::nullopt;
  return static_cast<log_level>(found - level_names.begin());
}

std::string_view to_string(log_level l) {
  return level_names[static_cast<std::size_t>(l)];
}

} // namespace tandem
