#include "runtime/base/key.hpp"

namespace tandem {

namespace {

constexpr std::string_view digits = "0123456789abcdef";

std::optional<std::uint64_t> parse_half(std::string_view text) {
  std::uint64_t value = 0;
  for (const char c : text) {
    const auto digit = digits.find(c);
    if (digit == std::string_view::npos)
      return std::nullopt;
    value = value << 4 | digit;
  }
  return value;
}

} // namespace

void append_to(std::string& out, const key128& k) {
  for (const auto half : {k.high, k.low})
    for (int shift = 60; shift >= 0; shift -= 4)
      out.push_back(digits[half >> shift & 15]);
}

std::string to_string(const key128& k) {
  std::string out;
  out.reserve(key_digits);
  append_to(out, k);
  return out;
}

std::optional<key128> parse_key(std::string_view text) {
  if (text.size() != key_digits)
    return std::nullopt;
  const auto high = parse_half(text.substr(0, 16));
  const auto low = parse_half(text.substr(16));
  if (!high || !low)
    return std::nullopt;
  return key128{*high, *low};
}

} // namespace tandem
