#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <optional>
#include <string_view>

namespace tandem::sip {

/// Character sets of RFC 3261 §25.1, one bit each.
enum char_set : std::uint16_t {
  token_chars = 1U << 0,
  word_chars = 1U << 1,          ///< Call-ID: any visible ASCII, "@" included
  user_chars = 1U << 2,          ///< unreserved / user-unreserved
  password_chars = 1U << 3,      ///< unreserved / "&=+$,"
  host_chars = 1U << 4,          ///< hostname and IPv4address; "_" as many hosts have it
  uri_parameter_chars = 1U << 5, ///< paramchar without escapes
  uri_header_chars = 1U << 6,    ///< hnv-unreserved / unreserved and "&="
  value_chars = 1U << 7,         ///< gen-value; see take_parameters()
  quoted_chars = 1U << 8,        ///< inside quotes, unescaped
  opaque_chars = 1U << 9,        ///< inside a URI of any scheme
  ipv6_chars = 1U << 10,
};

consteval std::array<std::uint16_t, 256> make_char_sets() {
  std::array<std::uint16_t, 256> sets{};
  auto add = [&](std::string_view chars, unsigned set) {
    for (const char c : chars)
      sets[static_cast<unsigned char>(c)] |= static_cast<std::uint16_t>(set);
  };
  constexpr std::string_view digit = "0123456789";
  constexpr std::string_view alpha = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
  constexpr unsigned with_alphanum = token_chars | user_chars | password_chars | host_chars
                                     | uri_parameter_chars | uri_header_chars;
  add(digit, with_alphanum | ipv6_chars);
  add(alpha, with_alphanum);
  add("ABCDEFabcdef:.", ipv6_chars);
  add("-.!%*_+`'~", token_chars);
  add("-_.!~*'()", user_chars | password_chars | uri_parameter_chars | uri_header_chars);
  add("&=+$,;?/", user_chars);
  add("&=+$,", password_chars);
  add("-._", host_chars);
  add("[]/:&+$", uri_parameter_chars);
  add("[]/?:+$&=", uri_header_chars);
  for (unsigned c = 0x21; c < 0x7f; ++c) {
    sets[c] |= word_chars;
    if (std::string_view{"\",;<>\\"}.find(static_cast<char>(c)) == std::string_view::npos)
      sets[c] |= value_chars;
    if (std::string_view{"<>\""}.find(static_cast<char>(c)) == std::string_view::npos)
      sets[c] |= opaque_chars;
  }
  for (unsigned c = 0x20; c < 0x100; ++c)
    if (c != '"' && c != '\\' && c != 0x7f)
      sets[c] |= quoted_chars; // qdtext; UTF-8 is not decoded here
  sets['\t'] |= quoted_chars;
  return sets;
}

inline constexpr auto char_sets = make_char_sets();

[[nodiscard]] constexpr bool is_in(char c, unsigned set) {
  return (char_sets[static_cast<unsigned char>(c)] & set) != 0;
}
[[nodiscard]] constexpr bool all_in(std::string_view text, unsigned set) {
  for (const char c : text)
    if (!is_in(c, set))
      return false;
  return true;
}
[[nodiscard]] constexpr bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
[[nodiscard]] constexpr bool is_space(char c) {
  return c == ' ' || c == '\t';
}
[[nodiscard]] constexpr char to_lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}
/// Value of a hex digit, -1 for anything else.
[[nodiscard]] constexpr int hex_digit(char c) {
  if (is_digit(c))
    return c - '0';
  const char low = to_lower(c);
  return low >= 'a' && low <= 'f' ? low - 'a' + 10 : -1;
}

/// Equality without case, ASCII only.
[[nodiscard]] constexpr bool same_word(std::string_view a, std::string_view b) {
  if (a.size() != b.size())
    return false;
  for (std::size_t i = 0; i < a.size(); ++i)
    if (a[i] != b[i] && to_lower(a[i]) != to_lower(b[i]))
      return false;
  return true;
}

[[nodiscard]] constexpr std::string_view trim(std::string_view text) {
  while (!text.empty() && is_space(text.front()))
    text.remove_prefix(1);
  while (!text.empty() && is_space(text.back()))
    text.remove_suffix(1);
  return text;
}

/// 1*DIGIT of any length; a number above `max` is nullopt, as is anything but digits.
[[nodiscard]] constexpr std::optional<std::uint32_t>
parse_number(std::string_view text, std::uint32_t max = std::numeric_limits<std::uint32_t>::max()) {
  if (text.empty())
    return std::nullopt;
  std::uint64_t value = 0;
  for (const char c : text) {
    if (!is_digit(c))
      return std::nullopt;
    value = value * 10 + static_cast<unsigned>(c - '0');
    if (value > max)
      return std::nullopt;
  }
  return static_cast<std::uint32_t>(value);
}

/// A place in a header value or URI. Line folds are spaces by now, so LWS is SP and HT.
class cursor {
public:
  explicit cursor(std::string_view text) : at_(text.data()), end_(text.data() + text.size()) {}

  [[nodiscard]] bool at_end() const { return at_ == end_; }
  /// 0 at the end, where no character is expected to be 0.
  [[nodiscard]] char peek() const { return at_ == end_ ? '\0' : *at_; }
  [[nodiscard]] const char* at() const { return at_; }
  [[nodiscard]] std::string_view rest() const { return between(at_, end_); }
  [[nodiscard]] std::string_view since(const char* begin) const { return between(begin, at_); }

  void skip_spaces() {
    while (at_ != end_ && is_space(*at_))
      ++at_;
  }
  void advance(std::size_t by) { at_ += by; }
  [[nodiscard]] bool take(char c) {
    if (at_ == end_ || *at_ != c)
      return false;
    ++at_;
    return true;
  }
  /// SWS c SWS: how §25.1 spells SLASH, EQUAL, SEMI, COLON, COMMA.
  [[nodiscard]] bool take_separator(char c) {
    skip_spaces();
    if (!take(c))
      return false;
    skip_spaces();
    return true;
  }
  /// The longest run of the set; may be empty.
  [[nodiscard]] std::string_view take_run(unsigned set) {
    const auto* begin = at_;
    while (at_ != end_ && is_in(*at_, set))
      ++at_;
    return since(begin);
  }
  /// As take_run(), where "%" must begin an escape (§25.1 escaped); false at one that does not.
  [[nodiscard]] bool take_escaped_run(unsigned set, std::string_view& run) {
    const auto* begin = at_;
    while (true) {
      (void) take_run(set);
      if (at_ == end_ || *at_ != '%')
        break;
      if (end_ - at_ < 3 || hex_digit(at_[1]) < 0 || hex_digit(at_[2]) < 0)
        return false;
      at_ += 3;
    }
    run = since(begin);
    return true;
  }
  /// From `"` to `"`: what is between, escapes left; nullopt when it is malformed or unbalanced.
  [[nodiscard]] std::optional<std::string_view> take_quoted() {
    if (!take('"'))
      return std::nullopt;
    const auto* begin = at_;
    while (true) {
      (void) take_run(quoted_chars);
      if (take('"'))
        return between(begin, at_ - 1);
      // quoted-pair: any ASCII but CR and LF, which a value never contains
      if (!take('\\') || at_ == end_ || static_cast<unsigned char>(*at_) > 0x7f)
        return std::nullopt;
      ++at_;
    }
  }

private:
  static std::string_view between(const char* from, const char* to) {
    return {from, static_cast<std::size_t>(to - from)};
  }
  const char* at_;
  const char* end_;
};

/// Host as in sent-by and URIs: a name, an IPv4 address or "[" IPv6 "]"; empty when malformed.
[[nodiscard]] inline std::string_view take_host(cursor& in) {
  const auto* begin = in.at();
  if (!in.take('['))
    return in.take_run(host_chars);
  if (in.take_run(ipv6_chars).empty() || !in.take(']'))
    return {};
  return in.since(begin);
}

/// 1*DIGIT up to 65535 and not 0, which no sender can have; 0 when malformed.
[[nodiscard]] inline std::uint16_t take_port(cursor& in) {
  const auto* begin = in.at();
  while (is_digit(in.peek()))
    in.advance(1);
  return static_cast<std::uint16_t>(parse_number(in.since(begin), 65'535).value_or(0));
}

} // namespace tandem::sip
