#pragma once

#include "runtime/base/ip_endpoint.hpp"

#include <netinet/in.h>
#include <sys/socket.h>

namespace tandem::media {

/// The kernel's form of an ip_endpoint: IPv4 or IPv6.
union socket_address {
  sockaddr any;
  sockaddr_in v4;
  sockaddr_in6 v6;
};

/// Writes `e` and returns the length that the kernel wants.
socklen_t write_address(const ip_endpoint& e, socket_address& out) noexcept;
[[nodiscard]] ip_endpoint read_address(const socket_address&) noexcept;

} // namespace tandem::media
