#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace tandem {

enum class ip_family : std::uint8_t { v4, v6 };

/// An IPv4 or IPv6 address in network byte order; the first four bytes are used for IPv4.
struct ip_address {
  ip_family family = ip_family::v4;
  std::array<std::uint8_t, 16> bytes{};

  auto operator<=>(const ip_address&) const = default;
  /// 0.0.0.0 or ::
  [[nodiscard]] bool is_unspecified() const;
  [[nodiscard]] bool is_loopback() const;
};

/// An address and a port (host byte order).
struct ip_endpoint {
  ip_address address;
  std::uint16_t port = 0;

  auto operator<=>(const ip_endpoint&) const = default;
};

/// "192.0.2.1", "2001:db8::1": never a name, never brackets.
[[nodiscard]] std::optional<ip_address> parse_ip_address(std::string_view);
/// "192.0.2.1:5060", "[2001:db8::1]:5060": the port is required.
[[nodiscard]] std::optional<ip_endpoint> parse_ip_endpoint(std::string_view);
[[nodiscard]] std::string to_string(const ip_address&);
[[nodiscard]] std::string to_string(const ip_endpoint&);

} // namespace tandem

template <>
struct std::hash<tandem::ip_endpoint> {
  std::size_t operator()(const tandem::ip_endpoint& e) const noexcept {
    std::uint64_t h = 0xcbf29ce484222325U ^ e.port;
    for (const auto b : e.address.bytes)
      h = (h ^ b) * 0x100000001b3U;
    return h;
  }
};
