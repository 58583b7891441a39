#include "runtime/io/socket_address.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <cstring>

namespace tandem {

socklen_t to_sockaddr(const ip_endpoint& e, sockaddr_storage& out) {
  if (e.address.family == ip_family::v4) {
    sockaddr_in a{};
    a.sin_family = AF_INET;
    a.sin_port = htons(e.port);
    std::memcpy(&a.sin_addr, e.address.bytes.data(), sizeof a.sin_addr);
    std::memcpy(&out, &a, sizeof a);
    return sizeof a;
  }
  sockaddr_in6 a{};
  a.sin6_family = AF_INET6;
  a.sin6_port = htons(e.port);
  std::memcpy(&a.sin6_addr, e.address.bytes.data(), sizeof a.sin6_addr);
  std::memcpy(&out, &a, sizeof a);
  return sizeof a;
}

ip_endpoint from_sockaddr(const sockaddr_storage& s) {
  ip_endpoint e;
  if (s.ss_family == AF_INET) {
    sockaddr_in a{};
    std::memcpy(&a, &s, sizeof a);
    std::memcpy(e.address.bytes.data(), &a.sin_addr, sizeof a.sin_addr);
    e.port = ntohs(a.sin_port);
  } else if (s.ss_family == AF_INET6) {
    sockaddr_in6 a{};
    std::memcpy(&a, &s, sizeof a);
    e.address.family = ip_family::v6;
    std::memcpy(e.address.bytes.data(), &a.sin6_addr, sizeof a.sin6_addr);
    e.port = ntohs(a.sin6_port);
  }
  return e;
}

ip_endpoint local_endpoint_of(int fd) {
  sockaddr_storage s{};
  socklen_t size = sizeof s;
  getsockname(fd, reinterpret_cast<sockaddr*>(&s), &size); // a bound socket always has a name
  return from_sockaddr(s);
}

} // namespace tandem
