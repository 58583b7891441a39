// RFC 3261 §19.1.4: when two SIP URIs name the same resource.
#include "protocols/sip/grammar.hpp"
#include "protocols/sip/uri.hpp"

#include <algorithm>
#include <array>

namespace tandem::sip {

namespace {

/// One character, or one %HH that stands for it: "characters other than those in the reserved set
/// are equivalent to their escaped form"; a reserved one escaped is different from itself.
struct unit {
  char value = 0;
  bool escaped_reserved = false;

  bool operator==(const unit&) const = default;
};

unit take_unit(std::string_view& text) {
  if (text[0] == '%' && text.size() >= 3) {
    const auto value = static_cast<char>(hex_digit(text[1]) * 16 + hex_digit(text[2]));
    text.remove_prefix(3);
    constexpr std::string_view reserved = ";/?:@&=+$,";
    return {value, reserved.find(value) != std::string_view::npos};
  }
  const char value = text[0];
  text.remove_prefix(1);
  return {value, false};
}

enum class letter_case : std::uint8_t { matters, ignored };

bool same_escaped(std::string_view a, std::string_view b, letter_case letters) {
  while (!a.empty() && !b.empty()) {
    auto x = take_unit(a), y = take_unit(b);
    if (letters == letter_case::ignored) {
      x.value = to_lower(x.value);
      y.value = to_lower(y.value);
    }
    if (x != y)
      return false;
  }
  return a.empty() && b.empty();
}

/// These never match a URI without them, even if they hold the default value.
bool must_be_in_both(std::string_view name) {
  constexpr std::array<std::string_view, 5> names = {"user", "ttl", "method", "maddr", "transport"};
  for (const auto n : names)
    if (same_escaped(name, n, letter_case::ignored))
      return true;
  return false;
}

/// What is in `a` agrees with `b`; the other direction is another call. Should a name stand twice,
/// which §19.1.1 forbids, one equal value will do, so that every URI equals itself.
bool parameters_agree(uri_parameter_list a, const uri_parameter_list& b) {
  while (const auto p = a.next()) {
    bool there = false, equal = false;
    for (auto left = b; const auto q = left.next();) {
      const bool same_name = same_escaped(p->name, q->name, letter_case::ignored);
      there = there || same_name;
      equal = equal || (same_name && same_escaped(p->value, q->value, letter_case::ignored));
    }
    if (there ? !equal : must_be_in_both(p->name))
      return false;
  }
  return true;
}

/// Takes "name=value" off a header part; false when none is left.
bool take_header(std::string_view& headers, std::string_view& name, std::string_view& value) {
  if (headers.empty())
    return false;
  const auto item = headers.substr(0, headers.find('&'));
  headers.remove_prefix(std::min(headers.size(), item.size() + 1));
  const auto equal = item.find('=');
  name = item.substr(0, equal);
  value = item.substr(equal + 1);
  return true;
}

/// Header components are never ignored. Values are compared as text, which is right for the same
/// sender and strict for headers whose grammar has more than one spelling.
bool headers_agree(std::string_view a, std::string_view b) {
  std::string_view name, value, other_name, other_value;
  while (take_header(a, name, value)) {
    bool found = false;
    for (auto left = b; !found && take_header(left, other_name, other_value);)
      found = same_escaped(name, other_name, letter_case::ignored)
              && same_escaped(value, other_value, letter_case::matters);
    if (!found)
      return false;
  }
  return true;
}

bool same_host(std::string_view a, std::string_view b) {
  if (same_word(a, b))
    return true;
  const auto x = host_address(a);
  return x && x == host_address(b); // one IPv6 address has many spellings
}

} // namespace

bool equivalent(const uri& a, const uri& b) {
  if (!same_word(a.scheme_name, b.scheme_name))
    return false; // a sip: and a sips: URI are never equivalent
  if (!a.is_sip())
    return a.opaque == b.opaque;
  return same_escaped(a.user, b.user, letter_case::matters)
         && same_escaped(a.password, b.password, letter_case::matters) && same_host(a.host, b.host)
         && a.port == b.port && parameters_agree(a.parameters, b.parameters)
         && parameters_agree(b.parameters, a.parameters) && headers_agree(a.headers, b.headers)
         && headers_agree(b.headers, a.headers);
}

} // namespace tandem::sip
