#include "runtime/io/system_network.hpp"

#include "runtime/base/check.hpp"
#include "runtime/io/asio_core.hpp"
#include "runtime/io/limits.hpp"
#include "runtime/io/owned_fd.hpp"
#include "runtime/io/socket_address.hpp"
#include "runtime/io/system_stream.hpp"

#include <boost/asio/posix/stream_descriptor.hpp>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

namespace tandem {

namespace {

asio_reactor& real(reactor& r) {
  auto* asio = dynamic_cast<asio_reactor*>(&r);
  TANDEM_CHECK(asio != nullptr);
  return *asio;
}

/// The privileged form ignores the system's limit (net.core.rmem_max, usually 208 KB).
void raise_buffers(int fd) {
  if (!set_option(fd, SOL_SOCKET, SO_RCVBUFFORCE, udp_receive_buffer_bytes))
    set_option(fd, SOL_SOCKET, SO_RCVBUF, udp_receive_buffer_bytes);
  if (!set_option(fd, SOL_SOCKET, SO_SNDBUFFORCE, udp_send_buffer_bytes))
    set_option(fd, SOL_SOCKET, SO_SNDBUF, udp_send_buffer_bytes);
}

/// Bound and non-blocking, or errno in `failed`.
int open_bound(const ip_endpoint& local, port_sharing sharing, int& failed) {
  const bool v6 = local.address.family == ip_family::v6;
  owned_fd fd{::socket(v6 ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
  sockaddr_storage address{};
  const auto size = to_sockaddr(local, address);
  const bool ok =
      fd.get() >= 0 && (!v6 || set_option(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, 1))
      && (sharing == port_sharing::exclusive || set_option(fd.get(), SOL_SOCKET, SO_REUSEPORT, 1))
      && ::bind(fd.get(), reinterpret_cast<sockaddr*>(&address), size) == 0;
  failed = ok ? 0 : errno;
  if (!ok)
    return -1;
  raise_buffers(fd.get());
  return fd.release();
}

class system_udp_socket final : public udp_socket {
public:
  system_udp_socket(asio_reactor::core& core, int fd, datagram_handler on_datagrams)
    : core_(core), local_(local_endpoint_of(fd)), descriptor_(core.context, fd),
      user_(std::make_shared<user>(user{std::move(on_datagrams)})) {
    await_datagrams();
  }
  ~system_udp_socket() override { user_->open = false; }

  [[nodiscard]] ip_endpoint local() const override { return local_; }
  std::size_t send(std::span<const outgoing_datagram>) override;

private:
  /// Outlives the socket while its handler runs, for the handler may close the socket.
  struct user {
    datagram_handler on_datagrams;
    bool open = true;
  };

  void await_datagrams();
  void read_batches();
  [[nodiscard]] int read_batch();
  [[nodiscard]] std::size_t send_chunk(std::span<const outgoing_datagram>);

  asio_reactor::core& core_;
  ip_endpoint local_;
  boost::asio::posix::stream_descriptor descriptor_;
  std::shared_ptr<user> user_;
};

void system_udp_socket::await_datagrams() {
  descriptor_.async_wait(descriptor_.wait_read,
                         [this, u = user_](const boost::system::error_code& failed) {
                           if (!failed && u->open)
                             read_batches();
                         });
}

void system_udp_socket::read_batches() {
  const auto u = user_;
  core_.state.store(asio_reactor::core::bell::awake); // whoever rings now need not write
  for (std::size_t i = 0; i < max_batches_per_turn; ++i) {
    const int count = read_batch();
    if (count <= 0)
      break;
    std::array<received_datagram, max_datagrams_per_batch> batch;
    const auto& slots = core_.slots;
    const auto size = static_cast<std::size_t>(count);
    for (std::size_t k = 0; k < size; ++k) {
      const auto* bytes = reinterpret_cast<const char*>(slots.vectors[k].iov_base);
      batch[k] = {from_sockaddr(slots.from[k]), {bytes, slots.headers[k].msg_len}};
    }
    u->on_datagrams(std::span{batch.data(), size});
    if (!u->open)
      return;
    if (size < max_datagrams_per_batch)
      break; // empty now; the next wait says when it is not
  }
  await_datagrams();
}

int system_udp_socket::read_batch() {
  auto& s = core_.slots;
  for (std::size_t i = 0; i < max_datagrams_per_batch; ++i) {
    s.vectors[i] = {s.bytes.get() + i * datagram_slot_bytes, datagram_slot_bytes};
    s.headers[i] = {};
    s.headers[i].msg_hdr.msg_name = &s.from[i];
    s.headers[i].msg_hdr.msg_namelen = sizeof s.from[i];
    s.headers[i].msg_hdr.msg_iov = &s.vectors[i];
    s.headers[i].msg_hdr.msg_iovlen = 1;
  }
  int count = 0;
  do
    count = recvmmsg(descriptor_.native_handle(), s.headers.data(),
                     static_cast<unsigned>(s.headers.size()), MSG_DONTWAIT, nullptr);
  while (count < 0 && errno == EINTR);
  return count;
}

std::size_t system_udp_socket::send(std::span<const outgoing_datagram> all) {
  std::size_t taken = 0;
  while (!all.empty()) {
    const auto chunk = all.first(std::min(all.size(), max_datagrams_per_batch));
    taken += send_chunk(chunk);
    all = all.subspan(chunk.size());
  }
  return taken;
}

std::size_t system_udp_socket::send_chunk(std::span<const outgoing_datagram> chunk) {
  std::array<sockaddr_storage, max_datagrams_per_batch> to;
  std::array<iovec, max_datagrams_per_batch> vectors;
  std::array<mmsghdr, max_datagrams_per_batch> headers;
  for (std::size_t i = 0; i < chunk.size(); ++i) {
    const auto& bytes = *chunk[i].bytes;
    vectors[i] = {const_cast<char*>(bytes.data()), bytes.size()}; // sendmmsg only reads it
    headers[i] = {};
    headers[i].msg_hdr.msg_name = &to[i];
    headers[i].msg_hdr.msg_namelen = to_sockaddr(chunk[i].to, to[i]);
    headers[i].msg_hdr.msg_iov = &vectors[i];
    headers[i].msg_hdr.msg_iovlen = 1;
  }
  std::size_t at = 0;
  std::size_t taken = 0;
  while (at < chunk.size()) {
    const int sent = sendmmsg(descriptor_.native_handle(), headers.data() + at,
                              static_cast<unsigned>(chunk.size() - at), MSG_DONTWAIT);
    if (sent > 0) {
      at += static_cast<std::size_t>(sent);
      taken += static_cast<std::size_t>(sent);
    } else if (errno == EAGAIN || errno == EWOULDBLOCK || errno == ENOBUFS) {
      break; // the rest of this chunk would meet the same full buffer
    } else if (errno != EINTR) {
      ++at; // this one alone cannot be sent: no route, too long, forbidden
    }
  }
  return taken;
}

} // namespace

tl::expected<std::unique_ptr<udp_socket>, std::string>
system_network::open_udp(reactor& r, const ip_endpoint& local, port_sharing sharing,
                         datagram_handler on_datagrams) {
  int failed = 0;
  const int fd = open_bound(local, sharing, failed);
  if (fd < 0)
    return tl::unexpected("cannot bind udp " + to_string(local) + ": "
                          + std::generic_category().message(failed));
  return std::make_unique<system_udp_socket>(real(r).shared_core(), fd, std::move(on_datagrams));
}

tl::expected<std::unique_ptr<stream_listener>, std::string>
system_network::listen_tcp(reactor& r, const ip_endpoint& local, port_sharing sharing,
                           accept_handler on_accept) {
  return listen_system_tcp(real(r), local, sharing, std::move(on_accept));
}

std::unique_ptr<stream_socket> system_network::connect_tcp(reactor& r, const ip_address& local,
                                                           const ip_endpoint& to,
                                                           stream_handlers handlers) {
  return connect_system_tcp(real(r), local, to, std::move(handlers));
}

} // namespace tandem
