#include "actors/call/identity.hpp"

#include <charconv>

namespace tandem::actors {

namespace {

constexpr std::string_view cookie = "z9hG4bK";

void append(std::string& out, const identity& i) {
  append_to(out, i.key);
  out += '.';
  out += std::to_string(i.number);
  out += '.';
  out += i.node;
}

} // namespace

std::string make_branch(const identity& i) {
  std::string out;
  out.reserve(cookie.size() + key_digits + 12 + i.node.size());
  out += cookie;
  append(out, i);
  return out;
}

std::string make_tag(const identity& i) {
  std::string out;
  out.reserve(key_digits + 12 + i.node.size());
  append(out, i);
  return out;
}

key128 retry_key(const key128& first, std::uint32_t cseq) {
  auto mixed = first.low + (std::uint64_t{cseq} + 1) * 0x9e3779b97f4a7c15U; // splitmix64
  mixed = (mixed ^ mixed >> 30) * 0xbf58476d1ce4e5b9U;
  mixed = (mixed ^ mixed >> 27) * 0x94d049bb133111ebU;
  return {first.high, mixed ^ mixed >> 31};
}

key128 message_key(const key128& first, std::uint32_t cseq) {
  return retry_key({first.high, ~first.low}, cseq);
}

std::optional<identity> parse_branch(std::string_view text) {
  if (!text.starts_with(cookie))
    return std::nullopt;
  return parse_tag(text.substr(cookie.size()));
}

std::optional<identity> parse_tag(std::string_view text) {
  if (text.size() < key_digits + 4 || text[key_digits] != '.')
    return std::nullopt;
  const auto key = parse_key(text.substr(0, key_digits));
  identity i;
  const auto* const begin = text.data() + key_digits + 1;
  const auto* const end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(begin, end, i.number);
  if (!key || error != std::errc{} || stopped == end || *stopped != '.' || stopped + 1 == end)
    return std::nullopt;
  i.key = *key;
  i.node = {stopped + 1, static_cast<std::size_t>(end - stopped - 1)};
  return i;
}

} // namespace tandem::actors
