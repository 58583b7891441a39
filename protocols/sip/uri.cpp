#include "protocols/sip/uri.hpp"

#include "protocols/sip/grammar.hpp"

#include <cstring>

namespace tandem::sip {

namespace {

using parsed = tl::expected<uri, uri_error>;

/// Every "%" must be followed by two hex digits (§25.1 escaped).
bool escapes_are_whole(std::string_view text) {
  for (auto at = text.find('%'); at != std::string_view::npos; at = text.find('%', at + 3))
    if (at + 2 >= text.size() || hex_digit(text[at + 1]) < 0 || hex_digit(text[at + 2]) < 0)
      return false;
  return true;
}

bool is_scheme(std::string_view name) {
  if (name.empty() || to_lower(name[0]) < 'a' || to_lower(name[0]) > 'z')
    return false;
  for (const char c : name)
    if (!is_in(c, host_chars) && c != '+')
      return false;
  return name.find('_') == std::string_view::npos;
}

uri_scheme scheme_of(std::string_view name) {
  if (same_word(name, "sip"))
    return uri_scheme::sip;
  if (same_word(name, "sips"))
    return uri_scheme::sips;
  return same_word(name, "tel") ? uri_scheme::tel : uri_scheme::other;
}

bool take_userinfo(cursor& in, uri& u) {
  const auto left = in.rest();
  const auto* found = std::memchr(left.data(), '@', left.size());
  if (found == nullptr)
    return true; // no "@" can stand behind the host, so there is no userinfo
  const auto* at_sign = static_cast<const char*>(found);
  u.user = in.take_run(user_chars);
  if (in.take(':'))
    u.password = in.take_run(password_chars);
  return !u.user.empty() && in.at() == at_sign && in.take('@') && escapes_are_whole(u.user)
         && escapes_are_whole(u.password);
}

/// uri-parameters: *( ";" pname [ "=" pvalue ] ), neither of them empty.
bool take_uri_parameters(cursor& in, uri& u) {
  const auto* begin = in.at();
  while (in.take(';')) {
    if (in.take_run(uri_parameter_chars).empty())
      return false;
    if (in.take('=') && in.take_run(uri_parameter_chars).empty())
      return false;
  }
  u.parameters.text = in.since(begin);
  return escapes_are_whole(u.parameters.text);
}

/// headers: "?" hname "=" hvalue *( "&" … ); a value may be empty, a name may not.
bool take_uri_headers(cursor& in, uri& u) {
  if (!in.take('?'))
    return true;
  u.headers = in.take_run(uri_header_chars);
  auto left = u.headers;
  while (true) {
    const auto item = left.substr(0, left.find('&'));
    const auto equal = item.find('=');
    if (equal == 0 || equal == std::string_view::npos)
      return false;
    if (item.size() == left.size())
      return escapes_are_whole(u.headers);
    left.remove_prefix(item.size() + 1);
  }
}

} // namespace

parsed parse_uri(std::string_view text) {
  const auto fail = [](uri_error e) { return tl::make_unexpected(e); };
  uri u;
  u.text = text;
  const auto colon = text.find(':');
  if (colon == std::string_view::npos || !is_scheme(text.substr(0, colon)))
    return fail(uri_error::bad_scheme);
  u.scheme_name = text.substr(0, colon);
  u.scheme = scheme_of(u.scheme_name);
  cursor in{text.substr(colon + 1)};
  if (!u.is_sip()) {
    u.opaque = in.rest();
    if (u.opaque.empty() || !all_in(u.opaque, opaque_chars))
      return fail(uri_error::bad_character);
    return u;
  }
  if (!take_userinfo(in, u))
    return fail(uri_error::bad_user);
  u.host = take_host(in);
  if (u.host.empty())
    return fail(uri_error::bad_host);
  if (in.take(':') && (u.port = take_port(in)) == 0)
    return fail(uri_error::bad_port);
  if (!in.at_end() && in.peek() != ';' && in.peek() != '?')
    return fail(uri_error::bad_host);
  if (!take_uri_parameters(in, u))
    return fail(uri_error::bad_parameter);
  if (!in.at_end() && in.peek() != '?')
    return fail(uri_error::bad_parameter);
  if (!take_uri_headers(in, u) || !in.at_end())
    return fail(uri_error::bad_header);
  return u;
}

std::optional<ip_address> host_address(std::string_view host) {
  const bool bracketed = host.starts_with('[') && host.ends_with(']');
  const auto address = parse_ip_address(bracketed ? host.substr(1, host.size() - 2) : host);
  if (!address || bracketed != (address->family == ip_family::v6))
    return std::nullopt;
  return address;
}

} // namespace tandem::sip
