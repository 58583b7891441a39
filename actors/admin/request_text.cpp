#include "actors/admin/request_text.hpp"

#include <algorithm>
#include <charconv>

namespace tandem::actors {

std::size_t limit_in(std::string_view query, std::size_t most) {
  constexpr std::string_view key = "limit=";
  const auto at = query.find(key);
  std::size_t n = most;
  if (at != std::string_view::npos) {
    const auto digits = query.substr(at + key.size());
    std::from_chars(digits.data(), digits.data() + digits.size(), n);
  }
  return std::min(n, most);
}

std::optional<std::string> unescaped(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    unsigned byte = 0;
    const auto* digits = text.data() + i + 1;
    if (i + 2 >= text.size() || std::from_chars(digits, digits + 2, byte, 16).ptr != digits + 2)
      return std::nullopt;
    out += static_cast<char>(byte);
    i += 2;
  }
  return out;
}

} // namespace tandem::actors
