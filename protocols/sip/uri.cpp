#include "protocols/sip/uri.hpp"

#include "protocols/sip/grammar.hpp"

#include <cstring>

namespace tandem::sip {

namespace {

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
  if (left.empty() || std::memchr(left.data(), '@', left.size()) == nullptr)
    return true; // no "@" can stand behind the host, so there is no userinfo
  if (!in.take_escaped_run(user_chars, u.user) || u.user.empty())
    return false;
  if (in.take(':') && !in.take_escaped_run(password_chars, u.password))
    return false;
  return in.take('@');
}

/// uri-parameters: *( ";" pname [ "=" pvalue ] ), neither of them empty.
bool take_uri_parameters(cursor& in, uri& u) {
  const auto* begin = in.at();
  std::string_view part;
  while (in.take(';')) {
    if (!in.take_escaped_run(uri_parameter_chars, part) || part.empty())
      return false;
    if (in.take('=') && (!in.take_escaped_run(uri_parameter_chars, part) || part.empty()))
      return false;
  }
  u.parameters.text = in.since(begin);
  return true;
}

/// headers: "?" hname "=" hvalue *( "&" … ); a value may be empty, a name may not.
bool take_uri_headers(cursor& in, uri& u) {
  if (!in.take('?'))
    return true;
  if (!in.take_escaped_run(uri_header_chars, u.headers))
    return false;
  auto left = u.headers;
  while (true) {
    const auto item = left.substr(0, left.find('&'));
    const auto equal = item.find('=');
    if (equal == 0 || equal == std::string_view::npos)
      return false;
    if (item.size() == left.size())
      return true;
    left.remove_prefix(item.size() + 1);
  }
}

std::optional<uri_error> read_sip_uri(cursor in, uri& u) {
  if (!take_userinfo(in, u))
    return uri_error::bad_user;
  u.host = take_host(in);
  if (u.host.empty())
    return uri_error::bad_host;
  if (in.take(':') && (u.port = take_port(in)) == 0)
    return uri_error::bad_port;
  if (in.at_end())
    return std::nullopt; // as most do
  if (in.peek() != ';' && in.peek() != '?')
    return uri_error::bad_host;
  if (!take_uri_parameters(in, u) || (!in.at_end() && in.peek() != '?'))
    return uri_error::bad_parameter;
  if (!take_uri_headers(in, u) || !in.at_end())
    return uri_error::bad_header;
  return std::nullopt;
}

} // namespace

std::optional<uri_error> read_uri(std::string_view text, uri& u) {
  u.text = text;
  const auto colon = text.find(':');
  if (colon == std::string_view::npos || !is_scheme(text.substr(0, colon)))
    return uri_error::bad_scheme;
  u.scheme_name = text.substr(0, colon);
  u.scheme = scheme_of(u.scheme_name);
  text.remove_prefix(colon + 1);
  if (u.is_sip())
    return read_sip_uri(cursor{text}, u);
  u.opaque = text;
  if (u.opaque.empty() || !all_in(u.opaque, opaque_chars))
    return uri_error::bad_character;
  return std::nullopt;
}

tl::expected<uri, uri_error> parse_uri(std::string_view text) {
  tl::expected<uri, uri_error> result;
  if (const auto error = read_uri(text, *result))
    result = tl::make_unexpected(*error);
  return result;
}

std::optional<ip_address> host_address(std::string_view host) {
  const bool bracketed = host.starts_with('[') && host.ends_with(']');
  const auto address = parse_ip_address(bracketed ? host.substr(1, host.size() - 2) : host);
  if (!address || bracketed != (address->family == ip_family::v6))
    return std::nullopt;
  return address;
}

} // namespace tandem::sip
