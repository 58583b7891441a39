#include "protocols/sip/name_addr.hpp"

#include "protocols/sip/grammar.hpp"
#include "protocols/sip/take_parameters.hpp"

#include <algorithm>

namespace tandem::sip {

namespace {

enum class commas : std::uint8_t { separate, may_be_in_name };

/// Moves to the "<" behind an unquoted display name, or to where an addr-spec begins. Which of
/// them it is shows the first of "<" and ":".
bool take_display_name(cursor& in, name_addr& a, commas what) {
  const auto* begin = in.at();
  while (!in.at_end()) {
    switch (in.peek()) {
      case '<': a.display_name = trim(in.since(begin)); return true;
      case ':': return true;
      case ',':
        if (what == commas::separate)
          return false;
        break;
      case '"':
      case '\\':
      case ';':
      case '>': return false;
      default:
        if ((static_cast<unsigned char>(in.peek()) < 0x20 && in.peek() != '\t')
            || in.peek() == 0x7f)
          return false; // nor could it stand between quotes
    }
    in.advance(1);
  }
  return false;
}

/// "<" URI ">"; spaces inside are forgiven (RFC 4475 §3.1.2.14).
bool take_bracketed(cursor& in, name_addr& a) {
  if (!in.take('<'))
    return false;
  const auto left = in.rest();
  const auto end = left.find('>');
  if (end == std::string_view::npos)
    return false;
  in.advance(end + 1);
  return !read_uri(trim(left.substr(0, end)), a.uri);
}

/// A URI without "<>" ends at ";", "," and space, so its parameters are the header's; it must not
/// hold "?" (§20.10, RFC 4475 §3.1.2.11).
bool take_addr_spec(cursor& in, name_addr& a) {
  const auto text = in.take_run(value_chars);
  return text.find('?') == std::string_view::npos && !read_uri(text, a.uri);
}

template <class OnParameter>
bool take(cursor& in, name_addr& a, commas what, OnParameter on_parameter) {
  in.skip_spaces();
  if (in.peek() == '"') {
    const auto name = in.take_quoted();
    if (!name)
      return false;
    a.display_name = *name;
    in.skip_spaces();
    if (!take_bracketed(in, a))
      return false;
  } else {
    const auto start = in;
    if (!take_display_name(in, a, what))
      return false;
    if (in.peek() == '<') {
      if (!take_bracketed(in, a))
        return false;
    } else {
      in = start;
      if (!take_addr_spec(in, a))
        return false;
    }
  }
  return take_parameters(in, a.parameters, on_parameter);
}

bool set_tag(name_addr& a, const parameter& p) {
  if (!same_word(p.name, "tag"))
    return true;
  if (!a.tag.empty() || p.form != parameter_form::token)
    return false;
  a.tag = p.value;
  return true;
}

/// ( "0" [ "." 0*3DIGIT ] ) / ( "1" [ "." 0*3("0") ] ), in thousandths
std::optional<std::uint16_t> parse_q(std::string_view text) {
  if (text.empty() || (text[0] != '0' && text[0] != '1') || text.size() > 5
      || (text.size() > 1 && text[1] != '.'))
    return std::nullopt;
  unsigned value = static_cast<unsigned>(text[0] - '0') * 1000;
  unsigned weight = 100;
  for (const char c : text.substr(std::min<std::size_t>(2, text.size()))) {
    if (!is_digit(c))
      return std::nullopt;
    value += static_cast<unsigned>(c - '0') * weight;
    weight /= 10;
  }
  if (value > 1000)
    return std::nullopt;
  return static_cast<std::uint16_t>(value);
}

bool set_contact_parameter(contact& c, const parameter& p) {
  if (same_word(p.name, "q"))
    return (c.q = parse_q(p.value)).has_value();
  if (same_word(p.name, "expires")) {
    if (p.value.empty() || !std::ranges::all_of(p.value, is_digit))
      c.expires = 3'600; // §20.10: a malformed value is as good as 3600
    else
      c.expires = parse_number(p.value).value_or(0xffff'ffffU); // RFC 4475 §3.1.2.4
  }
  return true;
}

} // namespace

bool read_name_addr(std::string_view text, name_addr& a) {
  cursor in{text};
  in.skip_spaces();
  const auto* begin = in.at();
  const auto on_parameter = [&](const parameter& p) { return set_tag(a, p); };
  if (!take(in, a, commas::may_be_in_name, on_parameter) || !in.at_end())
    return false;
  a.text = trim(in.since(begin));
  return true;
}

std::optional<name_addr> parse_name_addr(std::string_view text) {
  std::optional<name_addr> a{std::in_place};
  if (!read_name_addr(text, *a))
    a.reset();
  return a;
}

bool take_name_addr(std::string_view& list, name_addr& a) {
  cursor in{list};
  in.skip_spaces();
  const auto* begin = in.at();
  const auto on_parameter = [&](const parameter& p) { return set_tag(a, p); };
  return take(in, a, commas::separate, on_parameter) && end_element(in, begin, a.text, list);
}

bool take_contact(std::string_view& list, contact& c) {
  cursor in{list};
  in.skip_spaces();
  const auto* begin = in.at();
  const auto on_parameter = [&](const parameter& p) { return set_contact_parameter(c, p); };
  return take(in, c.address, commas::separate, on_parameter)
         && end_element(in, begin, c.address.text, list);
}

} // namespace tandem::sip
