#pragma once

#include "media/settings.hpp"

#include <tl/expected.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace tandem::media {

/// A descriptor that is closed with its owner.
class owned_fd {
public:
  owned_fd() = default;
  explicit owned_fd(int fd) noexcept : fd_(fd) {}
  owned_fd(owned_fd&& other) noexcept : fd_(other.fd_) { other.fd_ = -1; }
  owned_fd& operator=(owned_fd&& other) noexcept;
  ~owned_fd();

  [[nodiscard]] int get() const noexcept { return fd_; }
  [[nodiscard]] bool is_open() const noexcept { return fd_ >= 0; }

private:
  int fd_ = -1;
};

/// RTP on an even port, RTCP on the next (RFC 3550 §11). Bound for the life of the process: nothing
/// is bound while a call waits.
struct socket_pair {
  ip_endpoint rtp_local;
  owned_fd rtp;
  owned_fd rtcp;
};

/// How many pairs a family gets, and why not more.
struct pool_plan {
  std::size_t wanted = 0; ///< pairs of one family that the port range gives
  std::size_t pairs = 0;  ///< pairs of one family that will be bound
  std::string warning;    ///< empty when all of them fit
};

/// What fits below `descriptor_limit`. Errors are sentences that say what to set.
[[nodiscard]] tl::expected<pool_plan, std::string> plan_pool(const engine_settings&,
                                                             std::size_t descriptor_limit);

/// Raises the soft RLIMIT_NOFILE to the hard one and returns it.
[[nodiscard]] tl::expected<std::size_t, std::string> raise_descriptor_limit();

struct bound_pool {
  std::vector<socket_pair> pairs; ///< of all families, each parked
  std::vector<std::string> warnings;
};

/// Binds what the plan says; ports that another process holds are left out with a warning.
[[nodiscard]] tl::expected<bound_pool, std::string> bind_pool(const engine_settings&,
                                                              const pool_plan&);

/// A parked socket hears nobody and buffers nothing: it is connected to itself, or filters all
/// (IPv6), and what had arrived is thrown away. An idle pool would otherwise keep the megabytes
/// that strangers send to it. False: the kernel refused.
[[nodiscard]] bool park(int fd, const ip_endpoint& local) noexcept;
/// Lets the socket hear everybody. False: the kernel refused.
[[nodiscard]] bool unpark(int fd, ip_family) noexcept;
/// Reads until nothing is left. On a parked socket it stays so.
void drain(int fd) noexcept;

} // namespace tandem::media
