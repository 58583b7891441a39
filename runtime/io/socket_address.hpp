#pragma once

// Private to this folder: ip_endpoint to and from the kernel's form.
#include "runtime/base/ip_endpoint.hpp"

#include <sys/socket.h>

namespace tandem {

/// Writes `e` to `out` and returns the length in use.
[[nodiscard]] socklen_t to_sockaddr(const ip_endpoint& e, sockaddr_storage& out);
[[nodiscard]] ip_endpoint from_sockaddr(const sockaddr_storage&);
/// The address that fd is bound to.
[[nodiscard]] ip_endpoint local_endpoint_of(int fd);

} // namespace tandem
