#pragma once

#include "runtime/base/ip_endpoint.hpp"

#include <cstdint>
#include <optional>

namespace tandem::media {

/// The kernel's answer to where packets go.
struct route {
  int interface = 0; ///< loopback for what is on this machine
  std::uint32_t mtu = 0;
};

/// nullopt: no way, or not by one interface to one host.
[[nodiscard]] std::optional<route> route_to(const ip_address& there) noexcept;

} // namespace tandem::media
