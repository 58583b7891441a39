#pragma once

#include "media/limits.hpp"
#include "media/socket_address.hpp"

#include <sys/socket.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace tandem::media {

/// The buffers of one worker: reads what one socket has, in one call, and sends part of the same
/// bytes on from another socket, in one call and in the same order. Nothing is copied in between.
class datagram_batch {
public:
  datagram_batch() noexcept;
  datagram_batch(const datagram_batch&) = delete; // the kernel's headers point into the object
  datagram_batch& operator=(const datagram_batch&) = delete;

  enum class outcome : std::uint8_t { done, failed };

  /// Reads up to `at_most` (1 to limits::datagrams_per_turn) without waiting; `failed` is the
  /// socket's own error.
  outcome read(int fd, std::size_t at_most) noexcept;
  [[nodiscard]] std::size_t size() const noexcept { return read_; }
  [[nodiscard]] std::span<const std::uint8_t> bytes(std::size_t i) const noexcept;
  [[nodiscard]] ip_endpoint source(std::size_t i) const noexcept;
  /// Longer than limits::datagram_bytes; its tail is lost.
  [[nodiscard]] bool is_oversize(std::size_t i) const noexcept;

  /// Marks datagram `i` to be sent by the next `send`; the order of calls is the order of sending.
  void queue(std::size_t i) noexcept { queued_[queued_count_++] = i; }
  [[nodiscard]] bool is_any_queued() const noexcept { return queued_count_ > 0; }

  struct sent {
    std::size_t packets = 0, bytes = 0;
    std::size_t refused = 0; ///< by the kernel, each for a reason of its own
    outcome socket = outcome::done;
  };
  /// Sends what is queued, from `fd` to `to`, without waiting, and empties the queue.
  sent send(int fd, const ip_endpoint& to) noexcept;

private:
  outcome read_one(int fd) noexcept;
  sent send_one(int fd, const socket_address& to, socklen_t length) noexcept;

  static constexpr auto most = limits::datagrams_per_turn;

  std::array<mmsghdr, most> in_{}, out_{};
  std::array<iovec, most> in_iov_{}, out_iov_{};
  std::array<socket_address, most> sources_{};
  std::array<std::array<std::uint8_t, limits::datagram_bytes>, most> buffers_;
  std::array<std::size_t, most> queued_{};
  std::size_t read_ = 0, queued_count_ = 0;
};

} // namespace tandem::media
