#include "media/datagram_batch.hpp"

#include <algorithm>
#include <cerrno>

namespace tandem::media {

namespace {

// The descriptor itself is unusable, as opposed to a packet that finds no way. EINVAL is the
// latter: the kernel says it of a destination that this source address cannot reach.
bool is_socket_lost(int error) noexcept {
  return error == EBADF || error == ENOTSOCK;
}

} // namespace

datagram_batch::datagram_batch() noexcept {
  for (std::size_t i = 0; i < most; ++i) {
    in_iov_[i] = {buffers_[i].data(), buffers_[i].size()};
    in_[i].msg_hdr.msg_name = &sources_[i];
    in_[i].msg_hdr.msg_iov = &in_iov_[i];
    in_[i].msg_hdr.msg_iovlen = 1;
    out_[i].msg_hdr.msg_iov = &out_iov_[i];
    out_[i].msg_hdr.msg_iovlen = 1;
  }
}

auto datagram_batch::read(int fd, std::size_t at_most) noexcept -> outcome {
  queued_count_ = 0;
  if (at_most == 1)
    return read_one(fd);
  for (std::size_t i = 0; i < at_most; ++i) // the kernel shortened those it filled
    in_[i].msg_hdr.msg_namelen = sizeof(socket_address);
  const int n = recvmmsg(fd, in_.data(), static_cast<unsigned>(at_most), MSG_DONTWAIT, nullptr);
  read_ = n > 0 ? static_cast<std::size_t>(n) : 0;
  return n < 0 && is_socket_lost(errno) ? outcome::failed : outcome::done;
}

// What recvmmsg would do with one, for less: it also copies a header in and out.
auto datagram_batch::read_one(int fd) noexcept -> outcome {
  auto& buffer = buffers_.front();
  socklen_t length = sizeof(socket_address);
  // MSG_TRUNC: the datagram's own length, however much of it the buffer took
  const auto n = recvfrom(fd, buffer.data(), buffer.size(), MSG_DONTWAIT | MSG_TRUNC,
                          &sources_.front().any, &length);
  read_ = n >= 0 ? 1 : 0;
  if (n < 0)
    return is_socket_lost(errno) ? outcome::failed : outcome::done;
  const auto size = static_cast<std::size_t>(n);
  in_.front().msg_len = static_cast<unsigned>(std::min(size, buffer.size()));
  in_.front().msg_hdr.msg_flags = size > buffer.size() ? MSG_TRUNC : 0;
  return outcome::done;
}

std::span<const std::uint8_t> datagram_batch::bytes(std::size_t i) const noexcept {
  return {buffers_[i].data(), in_[i].msg_len};
}

ip_endpoint datagram_batch::source(std::size_t i) const noexcept {
  return read_address(sources_[i]);
}

bool datagram_batch::is_oversize(std::size_t i) const noexcept {
  return (in_[i].msg_hdr.msg_flags & MSG_TRUNC) != 0;
}

auto datagram_batch::send(int fd, const ip_endpoint& to) noexcept -> sent {
  socket_address address;
  const auto length = write_address(to, address);
  if (queued_count_ == 1)
    return send_one(fd, address, length);
  for (std::size_t i = 0; i < queued_count_; ++i) {
    const auto which = queued_[i];
    out_iov_[i] = {buffers_[which].data(), in_[which].msg_len};
    out_[i].msg_hdr.msg_name = &address;
    out_[i].msg_hdr.msg_namelen = length;
  }
  sent result;
  for (std::size_t next = 0; next < queued_count_;) {
    const int n = sendmmsg(fd, &out_[next], static_cast<unsigned>(queued_count_ - next),
                           MSG_DONTWAIT | MSG_NOSIGNAL);
    if (n <= 0) { // the first of the rest was refused; those behind it may still go
      if (is_socket_lost(errno))
        result.socket = outcome::failed;
      ++result.refused;
      ++next;
      continue;
    }
    for (const auto end = next + static_cast<std::size_t>(n); next < end; ++next) {
      ++result.packets;
      result.bytes += out_iov_[next].iov_len;
    }
  }
  queued_count_ = 0;
  return result;
}

auto datagram_batch::send_one(int fd, const socket_address& to, socklen_t length) noexcept -> sent {
  queued_count_ = 0;
  const auto datagram = bytes(queued_.front());
  const auto n =
      sendto(fd, datagram.data(), datagram.size(), MSG_DONTWAIT | MSG_NOSIGNAL, &to.any, length);
  if (n < 0)
    return {.refused = 1, .socket = is_socket_lost(errno) ? outcome::failed : outcome::done};
  return {.packets = 1, .bytes = datagram.size()};
}

} // namespace tandem::media
