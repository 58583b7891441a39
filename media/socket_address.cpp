#include "media/socket_address.hpp"

#include <arpa/inet.h>

#include <cstring>

namespace tandem::media {

socklen_t write_address(const ip_endpoint& e, socket_address& out) noexcept {
  if (e.address.family == ip_family::v4) {
    out.v4 = {};
    out.v4.sin_family = AF_INET;
    out.v4.sin_port = htons(e.port);
    std::memcpy(&out.v4.sin_addr, e.address.bytes.data(), 4);
    return sizeof(sockaddr_in);
  }
  out.v6 = {};
  out.v6.sin6_family = AF_INET6;
  out.v6.sin6_port = htons(e.port);
  std::memcpy(&out.v6.sin6_addr, e.address.bytes.data(), 16);
  return sizeof(sockaddr_in6);
}

ip_endpoint read_address(const socket_address& a) noexcept {
  ip_endpoint e;
  if (a.any.sa_family == AF_INET6) {
    e.address.family = ip_family::v6;
    std::memcpy(e.address.bytes.data(), &a.v6.sin6_addr, 16);
    e.port = ntohs(a.v6.sin6_port);
  } else {
    std::memcpy(e.address.bytes.data(), &a.v4.sin_addr, 4);
    e.port = ntohs(a.v4.sin_port);
  }
  return e;
}

} // namespace tandem::media
