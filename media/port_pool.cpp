#include "media/port_pool.hpp"

#include "media/socket_address.hpp"

#include <linux/filter.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

namespace tandem::media {

namespace {

std::string range_text(const engine_settings& s) {
  return std::string("[media] ports = [") + std::to_string(s.first_port) + ", "
         + std::to_string(s.last_port) + "]";
}

std::size_t families(const engine_settings& s) {
  return s.address6 ? 2 : 1;
}

std::uint32_t first_even(const engine_settings& s) {
  return s.first_port + s.first_port % 2U;
}

// Pairs in the range: an even port and the one above it.
std::size_t pairs_in_range(const engine_settings& s) {
  const auto first = first_even(s);
  return first >= s.last_port ? 0 : (s.last_port - first + 1U) / 2;
}

tl::expected<owned_fd, int> bind_udp(const ip_endpoint& local) {
  socket_address address;
  const auto length = write_address(local, address);
  owned_fd fd{socket(address.any.sa_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
  if (!fd.is_open())
    return tl::unexpected(errno);
  const int on = 1;
  if (local.address.family == ip_family::v6
      && setsockopt(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on) != 0)
    return tl::unexpected(errno);
  if (bind(fd.get(), &address.any, length) != 0)
    return tl::unexpected(errno);
  return fd;
}

ip_endpoint port_above(const ip_endpoint& e) {
  return {e.address, static_cast<std::uint16_t>(e.port + 1)};
}

tl::expected<socket_pair, int> bind_pair(const ip_endpoint& rtp_local) {
  auto rtp = bind_udp(rtp_local);
  if (!rtp)
    return tl::unexpected(rtp.error());
  auto rtcp = bind_udp(port_above(rtp_local));
  if (!rtcp)
    return tl::unexpected(rtcp.error());
  if (!park(rtp->get(), rtp_local) || !park(rtcp->get(), port_above(rtp_local)))
    return tl::unexpected(errno);
  return socket_pair{rtp_local, std::move(*rtp), std::move(*rtcp)};
}

tl::expected<void, std::string> bind_family(const ip_address& address, const engine_settings& s,
                                            const pool_plan& plan, bound_pool& pool) {
  std::size_t bound = 0, held = 0;
  std::string first_held;
  for (auto port = first_even(s); bound < plan.pairs && port + 1 <= s.last_port; port += 2) {
    const ip_endpoint local{address, static_cast<std::uint16_t>(port)};
    auto pair = bind_pair(local);
    if (pair) {
      pool.pairs.push_back(std::move(*pair));
      ++bound;
    } else if (pair.error() == EADDRINUSE) {
      if (held++ == 0)
        first_held = to_string(local);
    } else {
      return tl::unexpected(std::string("cannot bind media port ") + to_string(local) + ": "
                            + std::strerror(pair.error()));
    }
  }
  if (held > 0)
    pool.warnings.push_back(std::to_string(held) + " RTP port pairs from " + first_held
                            + " on are held by another process and left out");
  if (bound < std::min(plan.wanted, limits::least_pairs))
    return tl::unexpected(std::to_string(bound) + " of " + std::to_string(plan.wanted)
                          + " RTP port pairs of " + to_string(address)
                          + " could be bound, too few to start: choose other ports than "
                          + range_text(s));
  return {};
}

} // namespace

owned_fd& owned_fd::operator=(owned_fd&& other) noexcept {
  std::swap(fd_, other.fd_);
  return *this;
}

owned_fd::~owned_fd() {
  if (fd_ >= 0)
    close(fd_);
}

tl::expected<std::size_t, std::string> raise_descriptor_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
    return tl::unexpected(std::string("cannot read RLIMIT_NOFILE: ") + std::strerror(errno));
  limit.rlim_cur = limit.rlim_max;
  if (setrlimit(RLIMIT_NOFILE, &limit) != 0)
    return tl::unexpected(std::string("cannot raise RLIMIT_NOFILE to its hard limit ")
                          + std::to_string(limit.rlim_max) + ": " + std::strerror(errno));
  return static_cast<std::size_t>(limit.rlim_max);
}

tl::expected<pool_plan, std::string> plan_pool(const engine_settings& s,
                                               std::size_t descriptor_limit) {
  if (s.address.family != ip_family::v4 && s.address6)
    return tl::unexpected(std::string("[media] address must be IPv4 when address6 is given"));
  if (s.address.is_unspecified() || (s.address6 && s.address6->is_unspecified()))
    return tl::unexpected(std::string(
        "[media] address must be the address that phones can reach, not 0.0.0.0 or ::"));
  if (s.address6 && s.address6->family != ip_family::v6)
    return tl::unexpected(std::string("[media] address6 must be an IPv6 address"));
  if (s.workers == 0 || s.workers > limits::most_workers)
    return tl::unexpected(std::string("[media] workers must be 1 to ")
                          + std::to_string(limits::most_workers));
  pool_plan plan;
  plan.wanted = pairs_in_range(s);
  if (plan.wanted == 0)
    return tl::unexpected(range_text(s) + " holds no even port with the one above it");
  if (plan.wanted < s.workers)
    return tl::unexpected(range_text(s) + " gives " + std::to_string(plan.wanted)
                          + " pairs, fewer than there are media workers");

  const auto sockets_wanted = plan.wanted * families(s) * 2;
  const auto room =
      descriptor_limit > limits::descriptors_kept ? descriptor_limit - limits::descriptors_kept : 0;
  plan.pairs = std::min(plan.wanted, room / (2 * families(s)));
  if (plan.pairs == plan.wanted)
    return plan;
  const auto advice =
      range_text(s) + " wants " + std::to_string(sockets_wanted)
      + " sockets, but the limit of open files (RLIMIT_NOFILE) is "
      + std::to_string(descriptor_limit) + ", of which " + std::to_string(limits::descriptors_kept)
      + " are kept for the rest of the node. Set LimitNOFILE or `ulimit -Hn` to "
      + std::to_string(sockets_wanted + limits::descriptors_kept) + " or more, or narrow the range";
  if (plan.pairs < std::max(s.workers, std::min(plan.wanted, limits::least_pairs)))
    return tl::unexpected(advice);
  plan.warning = advice + "; " + std::to_string(plan.pairs) + " of " + std::to_string(plan.wanted)
                 + " RTP port pairs per address are used.";
  return plan;
}

tl::expected<bound_pool, std::string> bind_pool(const engine_settings& s, const pool_plan& plan) {
  bound_pool pool;
  pool.pairs.reserve(plan.pairs * families(s));
  if (!plan.warning.empty())
    pool.warnings.push_back(plan.warning);
  if (auto bound = bind_family(s.address, s, plan, pool); !bound)
    return tl::unexpected(bound.error());
  if (s.address6)
    if (auto bound = bind_family(*s.address6, s, plan, pool); !bound)
      return tl::unexpected(bound.error());
  return pool;
}

// The kernel forgets the remote port of an IPv6 socket that is disconnected, but not its address
// (__udp_disconnect), so that such a socket would hear nobody but itself from then on. A filter
// that takes nothing does for IPv6 what the connection does for IPv4; the sender only gets no ICMP.
bool park(int fd, const ip_endpoint& local) noexcept {
  if (local.address.family == ip_family::v6) {
    std::array<sock_filter, 1> nothing = {{{BPF_RET | BPF_K, 0, 0, 0}}};
    const sock_fprog filter{static_cast<unsigned short>(nothing.size()), nothing.data()};
    if (setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof filter) != 0)
      return false;
  } else {
    socket_address self;
    const auto length = write_address(local, self);
    if (connect(fd, &self.any, length) != 0)
      return false;
  }
  drain(fd);
  return true;
}

bool unpark(int fd, ip_family family) noexcept {
  const int unused = 0;
  if (family == ip_family::v6)
    return setsockopt(fd, SOL_SOCKET, SO_DETACH_FILTER, &unused, sizeof unused) == 0;
  socket_address nobody{};
  nobody.any.sa_family = AF_UNSPEC; // dissolves the connection, keeps the explicit bind
  return connect(fd, &nobody.any, sizeof nobody.any) == 0;
}

void drain(int fd) noexcept {
  std::array<char, 1> byte;
  for (std::size_t i = 0; i < limits::datagrams_drained; ++i)
    if (recv(fd, byte.data(), byte.size(), MSG_DONTWAIT | MSG_TRUNC) < 0)
      return;
}

} // namespace tandem::media
