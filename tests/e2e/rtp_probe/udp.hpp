#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstring>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>

// The plain sockets of a test program: whatever goes wrong ends it with a sentence.
namespace tandem::test {

[[noreturn]] inline void fail(const std::string& sentence) {
  throw std::runtime_error(sentence);
}

[[nodiscard]] inline sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in a{};
  a.sin_family = AF_INET;
  a.sin_port = htons(port);
  a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return a;
}

/// A UDP socket on 127.0.0.1; port 0 lets the kernel choose.
class udp_socket {
public:
  explicit udp_socket(std::uint16_t port)
    : fd_{::socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)} {
    const auto a = loopback(port);
    if (fd_ < 0 || ::bind(fd_, reinterpret_cast<const sockaddr*>(&a), sizeof a) != 0)
      fail("cannot bind 127.0.0.1:" + std::to_string(port) + ": " + std::strerror(errno));
    const int bytes = 1 << 20;
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
  }
  udp_socket(udp_socket&& other) noexcept : fd_{std::exchange(other.fd_, -1)} {}
  udp_socket& operator=(udp_socket&&) = delete;
  ~udp_socket() {
    if (fd_ >= 0)
      ::close(fd_);
  }

  [[nodiscard]] int fd() const { return fd_; }
  [[nodiscard]] std::uint16_t port() const {
    sockaddr_in a{};
    socklen_t size = sizeof a;
    ::getsockname(fd_, reinterpret_cast<sockaddr*>(&a), &size);
    return ntohs(a.sin_port);
  }

  void send(std::uint16_t to_port, std::span<const std::uint8_t> bytes) const {
    const auto a = loopback(to_port);
    const auto sent = ::sendto(fd_, bytes.data(), bytes.size(), 0,
                               reinterpret_cast<const sockaddr*>(&a), sizeof a);
    // ECONNREFUSED reports an earlier datagram to a closed port; the count of lost packets tells.
    if (sent < 0 && errno != ECONNREFUSED)
      fail(std::string("sendto: ") + std::strerror(errno));
  }
  void send(std::uint16_t to_port, const std::string& text) const {
    send(to_port, {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
  }

  /// The bytes of the next datagram in `into`, or nothing when none waits.
  [[nodiscard]] std::optional<std::span<std::uint8_t>> receive(std::span<std::uint8_t> into) const {
    const auto got = ::recv(fd_, into.data(), into.size(), 0);
    if (got < 0)
      return std::nullopt;
    return into.first(static_cast<std::size_t>(got));
  }

private:
  int fd_;
};

} // namespace tandem::test
