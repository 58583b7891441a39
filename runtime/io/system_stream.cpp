#include "runtime/io/system_stream.hpp"

#include "runtime/io/asio_core.hpp"
#include "runtime/io/limits.hpp"
#include "runtime/io/owned_fd.hpp"
#include "runtime/io/socket_address.hpp"

#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <deque>
#include <system_error>
#include <utility>

namespace tandem {

namespace {

using boost::system::error_code;
using core_bell = asio_reactor::core::bell;

std::string message_of(int error) {
  return std::generic_category().message(error);
}

bool would_block(int error) {
  return error == EAGAIN || error == EWOULDBLOCK;
}

/// Each message leaves at once, a dead peer is noticed, and the kernel holds no more than we know.
void set_stream_options(int fd) {
  const auto patience =
      static_cast<unsigned>(std::chrono::milliseconds{stream_acknowledge_time}.count());
  set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1);
  set_option(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, patience);
  set_option(fd, SOL_SOCKET, SO_SNDBUF, stream_send_buffer_bytes);
}

int open_stream(ip_family family) {
  return ::socket(family == ip_family::v6 ? AF_INET6 : AF_INET,
                  SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
}

class system_stream final : public stream_socket {
public:
  enum class phase : std::uint8_t { connecting, open };

  system_stream(asio_reactor::core& core, int fd, const ip_endpoint& local, const ip_endpoint& peer,
                phase p)
    : core_(core), descriptor_(core.context), local_(local), peer_(peer), phase_(p) {
    if (fd >= 0)
      descriptor_.assign(fd);
  }
  ~system_stream() override { user_->alive = false; }

  void set_handlers(stream_handlers h) override {
    user_->handlers = std::move(h);
    if (phase_ == phase::open)
      await_bytes();
  }
  [[nodiscard]] ip_endpoint local() const override { return local_; }
  [[nodiscard]] ip_endpoint peer() const override { return peer_; }
  [[nodiscard]] bool send(std::shared_ptr<const std::string>) override;
  void flush() override;
  void finish() override;
  [[nodiscard]] std::size_t queued_bytes() const override { return queued_; }

  /// `open_error`: why there is no descriptor, or 0.
  void connect(stream_handlers, int open_error);

private:
  /// Outlives the stream while one of its handlers runs, for the handler may destroy the stream.
  struct user {
    stream_handlers handlers;
    bool alive = true;
    bool told_end = false;
  };

  template <class Then>
  auto unless_gone(Then then) {
    return [this, u = user_, then](const error_code& failed) {
      if (failed || !u->alive)
        return;
      core_.state.store(core_bell::awake); // whoever rings now need not write
      then();
    };
  }
  void await_bytes() {
    descriptor_.async_wait(descriptor_.wait_read, unless_gone([this] { read(); }));
  }
  void await_room() {
    waits_for_room_ = true;
    descriptor_.async_wait(descriptor_.wait_write, unless_gone([this] { on_room(); }));
  }
  void read();
  void on_room();
  void on_connected();
  void write();
  [[nodiscard]] ssize_t write_batch();
  void fail_later(int error);
  void end(const std::string& why);

  asio_reactor::core& core_;
  boost::asio::posix::stream_descriptor descriptor_;
  ip_endpoint local_;
  ip_endpoint peer_;
  phase phase_;
  std::shared_ptr<user> user_ = std::make_shared<user>();
  std::deque<std::shared_ptr<const std::string>> queue_;
  std::size_t written_of_first_ = 0;
  std::size_t queued_ = 0;
  bool waits_for_room_ = false;
  bool finishing_ = false;
  bool broken_ = false; ///< nothing can be written any more
};

void system_stream::connect(stream_handlers h, int open_error) {
  user_->handlers = std::move(h);
  if (open_error != 0)
    return fail_later(open_error);
  const int fd = descriptor_.native_handle();
  sockaddr_storage address{};
  auto size = to_sockaddr({local_.address, 0}, address);
  set_stream_options(fd);
  set_option(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1); // ports are taken when the peer is known
  if (::bind(fd, reinterpret_cast<sockaddr*>(&address), size) != 0)
    return fail_later(errno);
  size = to_sockaddr(peer_, address);
  if (::connect(fd, reinterpret_cast<sockaddr*>(&address), size) != 0 && errno != EINPROGRESS)
    return fail_later(errno);
  await_room();
}

void system_stream::on_connected() {
  int error = 0;
  socklen_t size = sizeof error;
  getsockopt(descriptor_.native_handle(), SOL_SOCKET, SO_ERROR, &error, &size);
  if (error != 0)
    return end(message_of(error));
  phase_ = phase::open;
  local_ = local_endpoint_of(descriptor_.native_handle());
  const auto u = user_;
  if (u->handlers.on_open)
    u->handlers.on_open();
  if (!u->alive)
    return;
  await_bytes();
  write();
}

void system_stream::read() {
  const auto u = user_;
  auto* const buffer = reinterpret_cast<char*>(core_.slots.bytes.get());
  for (std::size_t i = 0; i < max_reads_per_turn; ++i) {
    const auto n = ::recv(descriptor_.native_handle(), buffer, stream_read_bytes, 0);
    if (n == 0)
      return end({});
    if (n < 0 && errno == EINTR)
      continue;
    if (n < 0 && would_block(errno))
      break;
    if (n < 0)
      return end(message_of(errno));
    u->handlers.on_bytes({buffer, static_cast<std::size_t>(n)});
    if (!u->alive || u->told_end)
      return;
    if (static_cast<std::size_t>(n) < stream_read_bytes)
      break; // empty now; the next wait says when it is not
  }
  await_bytes();
}

bool system_stream::send(std::shared_ptr<const std::string> bytes) {
  if (queued_ + bytes->size() > max_stream_queue_bytes)
    return false;
  if (broken_ || finishing_ || bytes->empty())
    return true; // its end is told
  queued_ += bytes->size();
  queue_.push_back(std::move(bytes));
  return true;
}

void system_stream::flush() {
  if (phase_ == phase::open && !waits_for_room_)
    write();
}

void system_stream::finish() {
  finishing_ = true;
  flush();
}

void system_stream::on_room() {
  waits_for_room_ = false;
  if (phase_ == phase::connecting)
    on_connected();
  else
    write();
}

void system_stream::write() {
  while (!queue_.empty() && !broken_) {
    const auto n = write_batch();
    if (n < 0 && errno == EINTR)
      continue;
    if (n < 0 && would_block(errno))
      return await_room();
    if (n < 0)
      return fail_later(errno);
    auto done = static_cast<std::size_t>(n);
    queued_ -= done;
    done += std::exchange(written_of_first_, 0);
    while (!queue_.empty() && done >= queue_.front()->size()) {
      done -= queue_.front()->size();
      queue_.pop_front();
    }
    written_of_first_ = done;
  }
  if (finishing_ && !std::exchange(broken_, true))
    ::shutdown(descriptor_.native_handle(), SHUT_WR);
}

ssize_t system_stream::write_batch() {
  std::array<iovec, max_buffers_per_write> vectors;
  std::size_t count = 0;
  for (const auto& bytes : queue_) {
    if (count == vectors.size())
      break;
    const auto skip = count == 0 ? written_of_first_ : 0;
    vectors[count++] = {const_cast<char*>(bytes->data()) + skip, bytes->size() - skip}; // only read
  }
  msghdr message{};
  message.msg_iov = vectors.data();
  message.msg_iovlen = count;
  return ::sendmsg(descriptor_.native_handle(), &message, MSG_NOSIGNAL | MSG_DONTWAIT);
}

/// The owner is calling us: it is told when it has returned.
void system_stream::fail_later(int error) {
  broken_ = true;
  queue_.clear();
  queued_ = 0;
  boost::asio::post(core_.context, [this, u = user_, error] {
    if (u->alive)
      end(message_of(error));
  });
}

void system_stream::end(const std::string& why) {
  const auto u = user_;
  if (!std::exchange(u->told_end, true) && u->handlers.on_end)
    u->handlers.on_end(why);
}

/// What strangers may take, so that the rest of the process can still open a file.
int descriptors_for_streams() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur > INT_MAX)
    return INT_MAX;
  const auto all = static_cast<int>(limit.rlim_cur);
  return std::max(all - descriptors_kept_from_streams, all / 2);
}

class system_listener final : public stream_listener {
public:
  system_listener(asio_reactor::core& core, int fd, accept_handler on_accept)
    : core_(core), descriptor_(core.context, fd), pause_(core.context),
      local_(local_endpoint_of(fd)),
      user_(std::make_shared<user>(user{std::move(on_accept), true})) {
    await();
  }
  ~system_listener() override { user_->alive = false; }
  [[nodiscard]] ip_endpoint local() const override { return local_; }

private:
  struct user {
    accept_handler on_accept;
    bool alive;
  };

  void await() {
    descriptor_.async_wait(descriptor_.wait_read, [this, u = user_](const error_code& failed) {
      if (!failed && u->alive)
        accept();
    });
  }
  void accept();
  void rest() {
    pause_.expires_after(accept_pause);
    pause_.async_wait([this, u = user_](const error_code& failed) {
      if (!failed && u->alive)
        await();
    });
  }

  asio_reactor::core& core_;
  boost::asio::posix::stream_descriptor descriptor_;
  const int highest_descriptor_ = descriptors_for_streams();
  boost::asio::steady_timer pause_;
  ip_endpoint local_;
  std::shared_ptr<user> user_;
};

void system_listener::accept() {
  const auto u = user_;
  core_.state.store(core_bell::awake);
  for (std::size_t i = 0; i < max_accepts_per_turn; ++i) {
    sockaddr_storage from{};
    socklen_t size = sizeof from;
    const int fd = ::accept4(descriptor_.native_handle(), reinterpret_cast<sockaddr*>(&from), &size,
                             SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0 && (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM))
      return rest(); // it would be ready again at once, for ever
    if (fd < 0 && would_block(errno))
      break;
    if (fd < 0)
      continue;                      // this one is gone already
    if (fd >= highest_descriptor_) { // descriptors are given out from below
      ::close(fd);
      continue;
    }
    set_stream_options(fd);
    u->on_accept(std::make_unique<system_stream>(core_, fd, local_, from_sockaddr(from),
                                                 system_stream::phase::open));
    if (!u->alive)
      return;
  }
  await();
}

} // namespace

tl::expected<std::unique_ptr<stream_listener>, std::string>
listen_system_tcp(asio_reactor& r, const ip_endpoint& local, port_sharing sharing,
                  accept_handler on_accept) {
  const bool v6 = local.address.family == ip_family::v6;
  owned_fd fd{open_stream(local.address.family)};
  sockaddr_storage address{};
  const auto size = to_sockaddr(local, address);
  const bool ok =
      fd.get() >= 0 && (!v6 || set_option(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, 1))
      && set_option(fd.get(), SOL_SOCKET, SO_REUSEADDR, 1) // connections of before may linger
      && (sharing == port_sharing::exclusive || set_option(fd.get(), SOL_SOCKET, SO_REUSEPORT, 1))
      && ::bind(fd.get(), reinterpret_cast<sockaddr*>(&address), size) == 0
      && ::listen(fd.get(), stream_backlog) == 0;
  if (!ok)
    return tl::unexpected("cannot listen on tcp " + to_string(local) + ": " + message_of(errno));
  return std::make_unique<system_listener>(r.shared_core(), fd.release(), std::move(on_accept));
}

std::unique_ptr<stream_socket> connect_system_tcp(asio_reactor& r, const ip_address& local,
                                                  const ip_endpoint& to, stream_handlers handlers) {
  const int fd = open_stream(to.address.family);
  const int open_error = fd < 0 ? errno : 0;
  auto made = std::make_unique<system_stream>(r.shared_core(), fd, ip_endpoint{local, 0}, to,
                                              system_stream::phase::connecting);
  made->connect(std::move(handlers), open_error);
  return made;
}

} // namespace tandem
