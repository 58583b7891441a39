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

std::string to_string(const ip_address& a) {
  std::array<char, INET6_ADDRSTRLEN> buffer{};
  inet_ntop(a.family == ip_family::v4 ? AF_INET : AF_INET6, a.bytes.data(), buffer.data(),
            buffer.size());
  return buffer.data();
}

std::string to_string(const ip_endpoint& e) {
  const auto port = ":" + std::to_string(e.port);
  return e.address.family == ip_family::v4 ? to_string(e.address) + port
                                           : "[" + to_string(e.address) + "]" + port;
}

} // namespace tandem
