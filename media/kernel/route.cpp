// One question by rtnetlink (rtnetlink(7)): RTM_GETROUTE for a single destination.
#include "media/kernel/route.hpp"

#include "media/port_pool.hpp"

#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <array>
#include <cstring>

namespace tandem::media {

namespace {

struct question {
  nlmsghdr header{};
  rtmsg body{};
  rtattr destination{};
  std::array<std::uint8_t, 16> address{};
};

question about(const ip_address& there) noexcept {
  const bool is_v4 = there.family == ip_family::v4;
  const auto bytes = is_v4 ? 4U : 16U;
  question q;
  q.header.nlmsg_len = static_cast<std::uint32_t>(NLMSG_LENGTH(sizeof(rtmsg)) + RTA_LENGTH(bytes));
  q.header.nlmsg_type = RTM_GETROUTE;
  q.header.nlmsg_flags = NLM_F_REQUEST;
  q.body.rtm_family = is_v4 ? AF_INET : AF_INET6;
  q.body.rtm_dst_len = static_cast<unsigned char>(8 * bytes);
  q.destination.rta_len = static_cast<unsigned short>(RTA_LENGTH(bytes));
  q.destination.rta_type = RTA_DST;
  q.address = there.bytes;
  return q;
}

std::optional<int> interface_in(const char* bytes, std::size_t size) noexcept {
  nlmsghdr header{};
  if (size < NLMSG_LENGTH(sizeof(rtmsg)))
    return std::nullopt;
  std::memcpy(&header, bytes, sizeof header);
  rtmsg body{};
  std::memcpy(&body, bytes + NLMSG_HDRLEN, sizeof body);
  if (header.nlmsg_type != RTM_NEWROUTE
      || (body.rtm_type != RTN_UNICAST && body.rtm_type != RTN_LOCAL))
    return std::nullopt;
  for (auto at = NLMSG_LENGTH(sizeof(rtmsg)); at + sizeof(rtattr) <= size;) {
    rtattr attribute{};
    std::memcpy(&attribute, bytes + at, sizeof attribute);
    if (attribute.rta_len < sizeof attribute || at + attribute.rta_len > size)
      return std::nullopt;
    int interface = 0;
    if (attribute.rta_type == RTA_OIF && attribute.rta_len == RTA_LENGTH(sizeof interface)) {
      std::memcpy(&interface, bytes + at + RTA_LENGTH(0), sizeof interface);
      return interface;
    }
    at += RTA_ALIGN(attribute.rta_len);
  }
  return std::nullopt;
}

} // namespace

std::optional<route> route_to(const ip_address& there) noexcept {
  const owned_fd fd{socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE)};
  const auto q = about(there);
  std::array<char, 4096> answer;
  if (!fd.is_open() || send(fd.get(), &q, q.header.nlmsg_len, 0) < 0)
    return std::nullopt;
  const auto n = recv(fd.get(), answer.data(), answer.size(), 0);
  const auto interface =
      n < 0 ? std::nullopt : interface_in(answer.data(), static_cast<std::size_t>(n));
  if (!interface)
    return std::nullopt;
  ifreq request{};
  const owned_fd any{socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
  if (if_indextoname(static_cast<unsigned>(*interface), request.ifr_name) == nullptr
      || ioctl(any.get(), SIOCGIFMTU, &request) != 0)
    return std::nullopt;
  return route{*interface, static_cast<std::uint32_t>(request.ifr_mtu)};
}

} // namespace tandem::media
