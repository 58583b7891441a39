#include "runtime/io/http_client.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>

#include <utility>

namespace tandem {

namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using asio::ip::tcp;
using boost::system::error_code;
using step = http_failure::step;

struct host_and_port {
  std::string host, port;
};

std::optional<host_and_port> split(const std::string& address) {
  if (const auto e = parse_ip_endpoint(address))
    return host_and_port{to_string(e->address), std::to_string(e->port)};
  const auto colon = address.find(':');
  if (colon == 0 || colon == std::string::npos || colon + 1 == address.size()
      || address.find_first_not_of("0123456789", colon + 1) != std::string::npos)
    return std::nullopt;
  return host_and_port{address.substr(0, colon), address.substr(colon + 1)};
}

/// The three steps of one exchange, each started by the end of the one before.
class exchange {
public:
  explicit exchange(const http_target& t) : target_(t) { parser_.body_limit(t.max_body_bytes); }

  /// Nothing, or how it failed.
  [[nodiscard]] std::optional<http_failure> run(const host_and_port& at,
                                                http::request<http::string_body> r) {
    request_ = std::move(r);
    error_code failed;
    tcp::resolver names{context_};
    const auto found = names.resolve(at.host, at.port, failed);
    if (failed)
      return http_failure{step::address, target_.address + ": " + failed.message()};
    stream_.expires_after(target_.timeout);
    stream_.async_connect(found, [this](const error_code& e, const tcp::endpoint&) {
      if (!keep_going(e))
        return;
      reached_ = step::exchange;
      write();
    });
    context_.run();
    if (outcome_)
      return http_failure{reached_, target_.address + ": " + outcome_.message()};
    return std::nullopt;
  }

  [[nodiscard]] http_response reply() {
    auto r = parser_.release();
    const auto type = r[http::field::content_type];
    return {r.result_int(), std::string{type.data(), type.size()}, std::move(r.body())};
  }

private:
  bool keep_going(const error_code& e) {
    outcome_ = e;
    return !e;
  }
  void write() {
    http::async_write(stream_, request_, [this](const error_code& e, std::size_t) {
      // The node may answer and close before it has read all; its answer says why.
      if (!e || e == asio::error::broken_pipe || e == asio::error::connection_reset)
        read();
      else
        keep_going(e);
    });
  }
  void read() {
    http::async_read(stream_, buffer_, parser_,
                     [this](const error_code& e, std::size_t) { keep_going(e); });
  }

  const http_target& target_;
  asio::io_context context_{1};
  boost::beast::tcp_stream stream_{context_};
  boost::beast::flat_buffer buffer_;
  http::request<http::string_body> request_;
  http::response_parser<http::string_body> parser_;
  error_code outcome_;
  step reached_ = step::connect;
};

} // namespace

tl::expected<http_response, http_failure> http_call(const http_target& to, std::string_view method,
                                                    std::string_view target,
                                                    std::string_view body) {
  const auto at = split(to.address);
  if (!at)
    return tl::unexpected(
        http_failure{step::address, to.address + ": not an address of the form HOST:PORT"});
  http::request<http::string_body> r;
  r.method_string({method.data(), method.size()});
  r.target({target.data(), target.size()});
  r.set(http::field::host, to.address);
  if (!to.token.empty())
    r.set(http::field::authorization, "Bearer " + to.token);
  r.keep_alive(false);
  r.body() = std::string{body};
  r.prepare_payload();
  exchange e{to};
  if (auto failed = e.run(*at, std::move(r)))
    return tl::unexpected(std::move(*failed));
  return e.reply();
}

} // namespace tandem
