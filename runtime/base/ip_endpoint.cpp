#include "runtime/base/ip_endpoint.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>

namespace tandem {

bool ip_address::is_unspecified() const {
  return std::ranges::all_of(bytes, [](auto b) { return b == 0; });
}

bool ip_address::is_loopback() const {
  if (family == ip_family::v4)
    return bytes[0] == 127;
  return bytes[15] == 1
         && std::all_of(bytes.begin(), bytes.end() - 1, [](auto b) { return b == 0; });
}

std::optional<ip_address> parse_ip_address(std::string_view text) {
  std::array<char, INET6_ADDRSTRLEN> buffer{};
  if (text.empty() || text.size() >= buffer.size())
    return std::nullopt;
  std::ranges::copy(text, buffer.begin());
  ip_address a;
  if (inet_pton(AF_INET, buffer.data(), a.bytes.data()) == 1)
    return a;
  a = {ip_family::v6, {}};
  if (inet_pton(AF_INET6, buffer.data(), a.bytes.data()) == 1)
    return a;
  return std::nullopt;
}

std::optional<ip_endpoint> parse_ip_endpoint(std::string_view text) {
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos)
    return std::nullopt;
  auto host = text.substr(0, colon);
  const bool bracketed = host.starts_with('[') && host.ends_with(']');
  if (bracketed)
    host = host.substr(1, host.size() - 2);
  const auto address = parse_ip_address(host);
  if (!address || bracketed != (address->family == ip_family::v6))
    return std::nullopt;
  std::uint16_t port = 0;
  const auto* end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data() + colon + 1, end, port);
  if (error != std::errc{} || stopped != end)
    return std::nullopt;
  return ip_endpoint{*address, port};
}

namespace {

/// "192.0.2.1": inet_ntop writes it by sprintf, in some 600 instructions.
std::string dotted(const ip_address& a) {
  std::string out;
  for (std::size_t i = 0; i < 4; ++i) {
    if (i > 0)
      out += '.';
    const auto octet = a.bytes[i];
    if (octet >= 100)
      out += static_cast<char>('0' + octet / 100);
    if (octet >= 10)
      out += static_cast<char>('0' + octet / 10 % 10);
    out += static_cast<char>('0' + octet % 10);
  }
  return out;
}

} // namespace

std::string to_string(const ip_address& a) {
  if (a.family == ip_family::v4)
    return dotted(a);
  std::array<char, INET6_ADDRSTRLEN> buffer{};
  inet_ntop(AF_INET6, a.bytes.data(), buffer.data(), buffer.size());
  return buffer.data();
}

std::string to_string(const ip_endpoint& e) {
  const auto host = to_string(e.address);
  const auto port = std::to_string(e.port);
  return e.address.family == ip_family::v4 ? host + ':' + port : '[' + host + "]:" + port;
}

} // namespace tandem
