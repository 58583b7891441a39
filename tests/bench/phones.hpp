#pragma once

#include "media/socket_address.hpp"
#include "runtime/base/ip_endpoint.hpp"

#include <sys/socket.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <vector>

namespace tandem::test {

constexpr std::size_t rtp_size = 172; // 20 ms of G.711

/// A socket on the address of `local`, which learns its port.
inline int open_socket(ip_endpoint& local) {
  media::socket_address a;
  auto length = media::write_address(local, a);
  const int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  const int room = 1 << 20;
  setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof room);
  if (fd < 0 || bind(fd, &a.any, length) != 0 || getsockname(fd, &a.any, &length) != 0)
    std::abort();
  local = media::read_address(a);
  return fd;
}

/// A beat of 1 ms. Who comes late finds the beats that he missed.
class milliseconds {
public:
  milliseconds() : fd_(timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC)) {
    const itimerspec every{{0, 1'000'000}, {0, 1'000'000}};
    if (timerfd_settime(fd_, 0, &every, nullptr) != 0)
      std::abort();
  }
  ~milliseconds() { close(fd_); }
  milliseconds(const milliseconds&) = delete;
  milliseconds& operator=(const milliseconds&) = delete;

  void wait() {
    std::uint64_t beats = 0;
    if (due_ == 0 && read(fd_, &beats, sizeof beats) == sizeof beats)
      due_ = beats;
    due_ -= due_ > 0 ? 1 : 0;
  }

private:
  int fd_;
  std::uint64_t due_ = 0;
};

/// The phones of a benchmark, two to a call: each sends to its relay and takes what comes.
class phones {
public:
  phones() = default;
  ~phones() {
    for (const int fd : sockets_)
      close(fd);
  }
  phones(const phones&) = delete;
  phones& operator=(const phones&) = delete;

  /// Opens one more and returns where it is; where it sends to is said by `aim`.
  ip_endpoint add() {
    ip_endpoint local{parse_ip_address("127.77.0.2").value(), 0};
    sockets_.push_back(open_socket(local));
    targets_.emplace_back();
    const timeval limit{1, 0};
    setsockopt(sockets_.back(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    return local;
  }
  void aim(std::size_t phone, const ip_endpoint& relay) { targets_[phone] = relay; }
  [[nodiscard]] std::size_t size() const { return sockets_.size(); }

  void send_from(std::size_t i) const {
    media::socket_address to;
    const auto length = media::write_address(targets_[i], to);
    sendto(sockets_[i], packet_.data(), packet_.size(), 0, &to.any, length);
  }
  /// One packet from every phone, as one tick of 20 ms brings them.
  void send_round() {
    next_sequence();
    for (std::size_t i = 0; i < size(); ++i)
      send_from(i);
  }
  /// Takes what came, so that receive buffers never fill; waits for one packet of each phone.
  std::size_t receive_round() {
    std::size_t n = 0;
    for (const int fd : sockets_)
      n += recv(fd, taken_.data(), taken_.size(), 0) > 0 ? 1 : 0;
    return n;
  }
  /// Takes all that the phones from `first` to before `last` have; waits for nothing.
  std::size_t drain(std::size_t first, std::size_t last) {
    std::size_t n = 0;
    for (auto i = first; i < last; ++i)
      while (recv(sockets_[i], taken_.data(), taken_.size(), MSG_DONTWAIT) > 0)
        ++n;
    return n;
  }
  std::size_t drain() { return drain(0, size()); }

  /// 20 ms in which each phone sends one packet, spread over slices of 1 ms as phones that know
  /// nothing of one another are; returns what came. A slice begins at its time or, when this
  /// thread cannot keep up, late.
  std::size_t tick(milliseconds& time) {
    constexpr std::size_t slices = 20;
    next_sequence();
    std::size_t n = 0;
    for (std::size_t s = 0; s < slices; ++s) {
      time.wait();
      const auto first = s * size() / slices;
      const auto last = (s + 1) * size() / slices;
      n += drain(first, last); // of the tick before
      for (auto i = first; i < last; ++i)
        send_from(i);
    }
    return n;
  }

private:
  void next_sequence() {
    ++sequence_;
    packet_[2] = static_cast<std::uint8_t>(sequence_ >> 8);
    packet_[3] = static_cast<std::uint8_t>(sequence_);
  }

  std::vector<int> sockets_;
  std::vector<ip_endpoint> targets_;
  std::array<std::uint8_t, rtp_size> packet_{0x80};
  std::array<char, 2048> taken_{};
  std::uint16_t sequence_ = 0;
};

} // namespace tandem::test
