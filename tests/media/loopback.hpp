#pragma once

#include "media/port_pool.hpp"
#include "media/socket_address.hpp"
#include "runtime/base/ip_endpoint.hpp"
#include "runtime/base/time.hpp"

#include <catch2/catch.hpp>
#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace tandem::test {

using bytes = std::vector<std::uint8_t>;

/// An address of 127/8 that no other test process uses at the same time, so that fixed ports do not
/// collide.
[[nodiscard]] inline ip_address own_loopback() {
  const auto pid = static_cast<std::uint32_t>(getpid());
  ip_address a;
  a.bytes = {127, static_cast<std::uint8_t>(64 + (pid >> 16 & 63U)),
             static_cast<std::uint8_t>(pid >> 8), static_cast<std::uint8_t>(pid)};
  return a;
}

/// Time that moves when the test says so; read by worker threads.
class manual_clock : public tandem::clock {
public:
  [[nodiscard]] time_point now() const override {
    return time_point{duration{now_.load(std::memory_order_relaxed)}};
  }
  [[nodiscard]] wall_time wall() const override { return {}; }
  void advance(duration by) { now_.fetch_add(by.count(), std::memory_order_relaxed); }

private:
  std::atomic<std::int64_t> now_{1'000'000'000'000};
};

/// One socket of somebody else. Receiving waits for at most two seconds: a test that fails.
class phone_socket {
public:
  explicit phone_socket(ip_endpoint local) {
    media::socket_address address;
    auto length = media::write_address(local, address);
    fd_ = media::owned_fd{socket(address.any.sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
    REQUIRE(bind(fd_.get(), &address.any, length) == 0);
    REQUIRE(getsockname(fd_.get(), &address.any, &length) == 0);
    local_ = media::read_address(address);
    const timeval limit{2, 0};
    REQUIRE(setsockopt(fd_.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit) == 0);
  }
  phone_socket() : phone_socket(ip_endpoint{own_loopback(), 0}) {}

  [[nodiscard]] const ip_endpoint& local() const { return local_; }

  void send(std::span<const std::uint8_t> what, const ip_endpoint& to) const {
    media::socket_address address;
    const auto length = media::write_address(to, address);
    // A parked port answers with ICMP: the error of the packet before comes out here.
    for (int attempt = 0; attempt < 2; ++attempt)
      if (sendto(fd_.get(), what.data(), what.size(), 0, &address.any, length) >= 0)
        return;
    FAIL("sendto");
  }

  struct received {
    bytes content;
    ip_endpoint from;
  };
  /// nullopt after the time limit.
  [[nodiscard]] std::optional<received> receive(int flags = 0) const {
    received r{bytes(4096), {}};
    media::socket_address address{};
    socklen_t length = sizeof address;
    const auto n =
        recvfrom(fd_.get(), r.content.data(), r.content.size(), flags, &address.any, &length);
    if (n < 0)
      return std::nullopt;
    r.content.resize(static_cast<std::size_t>(n));
    r.from = media::read_address(address);
    return r;
  }
  /// Without a spin: whoever delivers may need this processor.
  [[nodiscard]] std::optional<received> receive_within(std::chrono::milliseconds limit) const {
    pollfd readable{fd_.get(), POLLIN, 0};
    return poll(&readable, 1, static_cast<int>(limit.count())) == 1 ? receive(MSG_DONTWAIT)
                                                                    : std::nullopt;
  }
  [[nodiscard]] bool has_nothing() const { return !receive(MSG_DONTWAIT); }
  [[nodiscard]] int fd() const { return fd_.get(); }

private:
  media::owned_fd fd_;
  ip_endpoint local_;
};

/// The SDP of such a phone names both ports (RFC 3605).
struct phone {
  phone_socket rtp, rtcp;

  phone() = default;
  explicit phone(const ip_address& host) : rtp({host, 0}), rtcp({host, 0}) {}
};

} // namespace tandem::test
