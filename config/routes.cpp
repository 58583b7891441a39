#include "config/routes.hpp"

#include "config/limits.hpp"
#include "runtime/base/ip_endpoint.hpp"

#include <algorithm>
#include <charconv>

namespace tandem {

namespace {

constexpr std::string_view scheme = "sip:";
constexpr std::string_view example = "for example \"sip:{user}@192.0.2.1:5060\"";

bool is_alphanumeric(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/// RFC 3261 §25.1: unreserved and user-unreserved.
bool stands_in_user(char c) {
  return is_alphanumeric(c)
         || std::string_view{"-_.!~*'()&=+$,;?/"}.find(c) != std::string_view::npos;
}

/// RFC 3261 §25.1: paramchar.
bool stands_in_parameter(char c) {
  return is_alphanumeric(c)
         || std::string_view{"-_.!~*'()[]/:&+$"}.find(c) != std::string_view::npos;
}

int hex_value(char c) {
  if (c >= '0' && c <= '9')
    return c - '0';
  const char lower = static_cast<char>(c | 0x20);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

bool is_escape(std::string_view text, std::size_t at) {
  return text[at] == '%' && at + 2 < text.size() && hex_value(text[at + 1]) >= 0
         && hex_value(text[at + 2]) >= 0;
}

bool is_written_user(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (is_escape(text, i))
      i += 2;
    else if (!stands_in_user(text[i]))
      return false;
  }
  return true;
}

/// A host name whose last label does not begin with a digit (RFC 3261 §25.1, toplabel).
bool is_host_name(std::string_view text) {
  std::string_view label;
  while (!text.empty()) {
    const auto dot = text.find('.');
    label = text.substr(0, dot);
    text = dot == std::string_view::npos ? std::string_view{} : text.substr(dot + 1);
    const auto stands_in_label = [](char c) { return is_alphanumeric(c) || c == '-'; };
    if (label.empty() || label.starts_with('-') || label.ends_with('-')
        || !std::ranges::all_of(label, stands_in_label))
      return false;
  }
  return !label.empty() && (label[0] < '0' || label[0] > '9');
}

bool is_host(std::string_view text) {
  const auto address = parse_ip_address(text);
  return address ? address->family == ip_family::v4 : is_host_name(text);
}

bool is_port(std::string_view text) {
  std::uint16_t port = 0;
  const auto* end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data(), end, port);
  return error == std::errc{} && stopped == end && port != 0;
}

/// "host[:port]" or "[v6][:port]".
bool is_host_port(std::string_view text) {
  if (text.starts_with('[')) {
    const auto close = text.find(']');
    if (close == std::string_view::npos)
      return false;
    const auto address = parse_ip_address(text.substr(1, close - 1));
    const auto rest = text.substr(close + 1);
    return address && address->family == ip_family::v6
           && (rest.empty() || (rest[0] == ':' && is_port(rest.substr(1))));
  }
  const auto colon = text.find(':');
  return is_host(text.substr(0, colon))
         && (colon == std::string_view::npos || is_port(text.substr(colon + 1)));
}

/// ";name=value;name …" without the first ";".
bool are_parameters(std::string_view text) {
  while (true) {
    const auto end = text.find(';');
    const auto one = text.substr(0, end);
    const auto name = one.substr(0, one.find('='));
    const auto value =
        one.size() > name.size() ? one.substr(name.size() + 1) : std::string_view{"x"};
    if (name.empty() || value.empty() || !std::ranges::all_of(name, stands_in_parameter)
        || !std::ranges::all_of(value, stands_in_parameter))
      return false;
    if (end == std::string_view::npos)
      return true;
    text.remove_prefix(end + 1);
  }
}

tl::unexpected<std::string> wrong(std::string_view text, const std::string& what,
                                  std::string_view right = example) {
  return tl::unexpected{'"' + std::string{text} + "\" " + what + "; " + std::string{right}};
}

/// The group that the inside of {…} names; 0 is {user}.
std::optional<std::size_t> group_named(std::string_view name) {
  if (name == "user")
    return 0;
  std::size_t group = 0;
  const auto* end = name.data() + name.size();
  const auto [stopped, error] = std::from_chars(name.data(), end, group);
  if (error != std::errc{} || stopped != end || group == 0)
    return std::nullopt;
  return group;
}

std::string unescaped(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (is_escape(text, i)) {
      out += static_cast<char>(hex_value(text[i + 1]) << 4 | hex_value(text[i + 2]));
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

void append_escaped(std::string& out, std::string_view text) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  for (const char c : text) {
    if (stands_in_user(c)) {
      out += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      out += '%';
      out += digits[byte >> 4U];
      out += digits[byte & 15U];
    }
  }
}

} // namespace

tl::expected<uri_template, std::string> uri_template::parse(std::string_view text,
                                                            std::size_t groups) {
  if (!text.starts_with(scheme))
    return wrong(text, "does not begin with \"sip:\"");
  const auto at = text.find('@');
  if (at == std::string_view::npos || at == scheme.size())
    return wrong(text, "has no user part");
  const auto host = text.substr(at + 1);
  if (host.find_first_of("{}") != std::string_view::npos)
    return wrong(text, "has a brace behind the @", "placeholders stand in the user part only");
  const auto semicolon = host.find(';');
  if (!is_host_port(host.substr(0, semicolon)))
    return wrong(text, "does not name a host and port");
  if (semicolon != std::string_view::npos && !are_parameters(host.substr(semicolon + 1)))
    return wrong(text, "has malformed parameters",
                 "such as \"sip:{user}@192.0.2.1;transport=udp\"");

  uri_template out;
  out.text_ = text;
  piece next{std::string{scheme}, std::nullopt};
  for (auto rest = text.substr(scheme.size(), at - scheme.size()); !rest.empty();) {
    const auto brace = rest.find_first_of("{}");
    const auto literal = rest.substr(0, brace);
    if (!is_written_user(literal))
      return wrong(text, "has a character that a user part cannot hold", "write it as %HH");
    next.literal += literal;
    rest = brace == std::string_view::npos ? std::string_view{} : rest.substr(brace);
    if (rest.empty())
      break;
    const auto close = rest.find('}');
    if (rest[0] == '}' || close == std::string_view::npos)
      return wrong(text, "has a brace without its partner", "placeholders are {user}, {1}, {2} …");
    const auto group = group_named(rest.substr(1, close - 1));
    if (!group)
      return wrong(text, "has an unknown placeholder " + std::string{rest.substr(0, close + 1)},
                   "placeholders are {user}, {1}, {2} …");
    if (*group > groups)
      return wrong(text,
                   "uses {" + std::to_string(*group) + "} but the pattern has "
                       + std::to_string(groups) + (groups == 1 ? " group" : " groups"),
                   "add (…) to `match` or use {user}");
    next.group = group;
    out.pieces_.push_back(std::exchange(next, {}));
    rest.remove_prefix(close + 1);
  }
  next.literal += text.substr(at);
  out.pieces_.push_back(std::move(next));
  return out;
}

std::optional<std::string> uri_template::expand(std::string_view user,
                                                const std::vector<std::string_view>& groups) const {
  std::string out;
  for (const auto& p : pieces_) {
    out += p.literal;
    if (p.group)
      append_escaped(out, *p.group == 0 ? user : groups.at(*p.group));
  }
  if (std::string_view{out}
          .substr(scheme.size())
          .starts_with('@')) // the user part came out empty; its own @ would be escaped
    return std::nullopt;
  return out;
}

std::optional<route_match> expand_route(const std::vector<route>& routes, std::string_view user) {
  if (user.size() > 3 * max_routed_user_bytes) // each byte may be written %HH
    return std::nullopt;
  const auto plain = unescaped(user);
  if (plain.size() > max_routed_user_bytes)
    return std::nullopt;
  for (std::size_t i = 0; i < routes.size(); ++i) {
    const auto groups = routes[i].match.match(plain);
    if (!groups)
      continue;
    route_match out{routes[i].app, {}, i, routes[i].media};
    if (routes[i].to) {
      auto to = routes[i].to->expand(plain, *groups);
      if (!to)
        return std::nullopt;
      out.to = std::move(*to);
    }
    return out;
  }
  return std::nullopt;
}

} // namespace tandem
