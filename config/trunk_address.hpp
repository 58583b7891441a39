#pragma once

#include "runtime/base/ip_endpoint.hpp"

#include <tl/expected.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tandem {

/// Where a trunk's requests come from: one address, a prefix, or an address with a port.
struct trunk_address {
  ip_address network;
  std::uint8_t prefix_length = 32; ///< bits of `network` that count; 32 or 128 for one address
  std::optional<std::uint16_t> port;

  bool operator==(const trunk_address&) const = default;

  [[nodiscard]] bool matches(const ip_endpoint& source) const;
};

/// "192.0.2.1", "192.0.2.0/24", "192.0.2.1:5060", "2001:db8::/32", "[2001:db8::1]:5060". The error
/// is "what is wrong; what is right".
[[nodiscard]] tl::expected<trunk_address, std::string> parse_trunk_address(std::string_view);
[[nodiscard]] std::string to_string(const trunk_address&);

} // namespace tandem
