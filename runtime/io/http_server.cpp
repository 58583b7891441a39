#include "runtime/io/http_server.hpp"

#include "runtime/io/http_answer.hpp"
#include "runtime/io/socket_address.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <pthread.h>

#include <algorithm>
#include <optional>
#include <thread>
#include <utility>

namespace tandem {

namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using asio::ip::tcp;
using boost::system::error_code;
using reply = http::response<http::string_body>;

/// What every connection needs of its server; it outlives them all.
struct site {
  http_handler handler;
  http_server_settings settings;
  std::size_t connections = 0;
};

/// One connection: wait for a request, read it, answer it, again; or say what is wrong and close.
class session : public std::enable_shared_from_this<session> {
public:
  session(tcp::socket socket, site& s)
    : site_(s), socket_(std::move(socket)), timer_(socket_.get_executor()) {
    ++site_.connections;
  }
  session(const session&) = delete;
  session& operator=(const session&) = delete;
  ~session() { --site_.connections; }

  void await_request();

private:
  enum class patience { reading, other }; // what the timer limits
  void limit(std::chrono::milliseconds, patience);
  void read_request();
  void on_request(const error_code&);
  void send(http_response, bool head, bool keep);
  void drain();

  site& site_;
  tcp::socket socket_;
  asio::steady_timer timer_;
  std::uint64_t timer_round_ = 0;
  bool too_slow_ = false;
  boost::beast::flat_buffer buffer_;
  std::optional<http::request_parser<http::string_body>> parser_;
  reply reply_;
};

/// A read that takes too long ends by shutting the receiving side, so that there is still a way to
/// say so; a write that takes too long ends by closing.
void session::limit(std::chrono::milliseconds time, patience what) {
  timer_.expires_after(time);
  timer_.async_wait([self = shared_from_this(), what, round = ++timer_round_](const error_code&) {
    if (round != self->timer_round_)
      return; // re-armed or cancelled since
    error_code ignored;
    if (what == patience::reading) {
      self->too_slow_ = true;
      self->socket_.shutdown(tcp::socket::shutdown_receive, ignored);
    } else {
      self->socket_.close(ignored);
    }
  });
}

void session::await_request() {
  if (buffer_.size() > 0)
    return read_request(); // the next one came with the last
  limit(site_.settings.idle_timeout, patience::other);
  socket_.async_read_some(buffer_.prepare(4096),
                          [self = shared_from_this()](const error_code& failed, std::size_t n) {
                            ++self->timer_round_;
                            self->buffer_.commit(n);
                            if (!failed)
                              self->read_request();
                            else
                              self->timer_.cancel();
                          });
}

void session::read_request() {
  parser_.emplace();
  parser_->header_limit(site_.settings.max_header_bytes);
  parser_->body_limit(site_.settings.max_body_bytes);
  limit(site_.settings.read_timeout, patience::reading);
  http::async_read(socket_, buffer_, *parser_,
                   [self = shared_from_this()](const error_code& failed, std::size_t) {
                     ++self->timer_round_;
                     self->on_request(failed);
                   });
}

void session::on_request(const error_code& failed) {
  if (!failed) {
    const auto& r = parser_->get();
    return send(answer_http(site_.handler, site_.settings, r), r.method() == http::verb::head,
                r.keep_alive());
  }
  if (too_slow_)
    return send(http_error(408, "the request took too long"), false, false);
  if (failed == http::error::header_limit || failed == http::error::buffer_overflow)
    return send(http_error(431, "the header is too long"), false, false);
  if (failed == http::error::body_limit)
    return send(http_error(413, "the body is too long"), false, false);
  const bool left = failed == http::error::end_of_stream || failed == http::error::partial_message
                    || failed.category() == asio::error::get_system_category();
  if (!left)
    return send(http_error(400, "malformed request: " + failed.message()), false, false);
  timer_.cancel();
}

void session::send(http_response r, bool head, bool keep) {
  reply_ = {};
  reply_.result(r.status);
  reply_.set(http::field::content_type, r.content_type);
  reply_.set(http::field::cache_control, "no-store"); // it is a live view
  if (r.status == 401)
    reply_.set(http::field::www_authenticate, "Bearer"); // RFC 9110 §15.5.2
  reply_.keep_alive(keep);
  reply_.content_length(r.body.size());
  if (!head)
    reply_.body() = std::move(r.body);
  limit(site_.settings.write_timeout, patience::other);
  http::async_write(socket_, reply_,
                    [self = shared_from_this(), keep](const error_code& failed, std::size_t) {
                      ++self->timer_round_;
                      self->timer_.cancel();
                      if (failed)
                        return;
                      if (keep)
                        return self->await_request();
                      error_code ignored;
                      self->socket_.shutdown(tcp::socket::shutdown_send, ignored);
                      self->limit(self->site_.settings.read_timeout, patience::other);
                      self->drain();
                    });
}

/// Reads what the peer still sends: closing over unread bytes resets the connection, and he might
/// never see the reply (RFC 9112 §9.6).
void session::drain() {
  buffer_.clear();
  socket_.async_read_some(buffer_.prepare(16 * 1024),
                          [self = shared_from_this()](const error_code& failed, std::size_t) {
                            if (!failed)
                              return self->drain();
                            ++self->timer_round_;
                            self->timer_.cancel();
                          });
}

tcp::endpoint to_tcp(const ip_endpoint& e) {
  tcp::endpoint out{e.address.family == ip_family::v4 ? tcp::v4() : tcp::v6(), 0};
  sockaddr_storage s{};
  const auto size = to_sockaddr(e, s);
  out.resize(size);
  std::copy_n(reinterpret_cast<const char*>(&s), size, reinterpret_cast<char*>(out.data()));
  return out;
}

} // namespace

class http_server::service {
public:
  service(http_handler handler, http_server_settings settings)
    : site_{std::move(handler), std::move(settings)}, acceptor_(context_), pause_(context_) {}
  service(const service&) = delete;
  service& operator=(const service&) = delete;
  ~service() {
    context_.stop();
    if (thread_.joinable())
      thread_.join();
  }

  [[nodiscard]] error_code bind(const ip_endpoint& listen) {
    const auto at = to_tcp(listen);
    error_code failed;
    acceptor_.open(at.protocol(), failed);
    if (!failed)
      acceptor_.set_option(tcp::acceptor::reuse_address{true}, failed);
    if (!failed && at.protocol() == tcp::v6())
      acceptor_.set_option(asio::ip::v6_only{true}, failed);
    if (!failed)
      acceptor_.bind(at, failed);
    if (!failed)
      acceptor_.listen(tcp::acceptor::max_listen_connections, failed);
    return failed;
  }

  void run() {
    accept();
    thread_ = std::thread{[this] {
      pthread_setname_np(pthread_self(), "tandem-http");
      context_.run();
    }};
  }

  [[nodiscard]] ip_endpoint local() { return local_endpoint_of(acceptor_.native_handle()); }

private:
  void accept() {
    acceptor_.async_accept([this](const error_code& failed, tcp::socket socket) {
      if (failed)
        return retry(); // most likely out of file descriptors
      if (site_.connections < site_.settings.max_connections) {
        error_code ignored; // replies go out at once, or a little later
        socket.set_option(tcp::no_delay{true}, ignored);
        std::make_shared<session>(std::move(socket), site_)->await_request();
      }
      accept();
    });
  }

  void retry() {
    pause_.expires_after(std::chrono::milliseconds{100});
    pause_.async_wait([this](const error_code&) { accept(); });
  }

  site site_;
  asio::io_context context_{1}; // after site_: sessions that it still holds refer to that
  tcp::acceptor acceptor_;
  asio::steady_timer pause_;
  std::thread thread_;
};

tl::expected<std::unique_ptr<http_server>, std::string>
http_server::start(const ip_endpoint& listen, http_handler handler, http_server_settings settings) {
  const auto where = "cannot bind tcp " + to_string(listen) + ": ";
  if (!listen.address.is_loopback() && settings.token.empty())
    return tl::unexpected(where + "off loopback a token is required");
  auto s = std::make_unique<service>(std::move(handler), std::move(settings));
  if (const auto failed = s->bind(listen))
    return tl::unexpected(where + failed.message());
  s->run();
  return std::unique_ptr<http_server>{std::make_unique<http_server>(http_server{std::move(s)})};
}

http_server::http_server(std::unique_ptr<service> s) : service_(std::move(s)) {
}

http_server::http_server(http_server&&) noexcept = default;

http_server::~http_server() = default;

ip_endpoint http_server::local() const {
  return service_->local();
}

} // namespace tandem
