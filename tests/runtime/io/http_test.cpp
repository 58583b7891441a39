#include "runtime/io/http_client.hpp"
#include "runtime/io/http_server.hpp"

#include <arpa/inet.h>
#include <catch2/catch.hpp>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <stdexcept>
#include <string>
#include <vector>

using namespace tandem;
using namespace std::chrono_literals;

namespace {

const auto any_port = parse_ip_endpoint("127.0.0.1:0").value();

http_response echo(const http_request& r) {
  if (r.path == "/throw")
    throw std::runtime_error{"a \"bug\""};
  if (r.path == "/long")
    return {200, "text/plain", std::string(4 * 1024 * 1024, 'x')};
  return {200, "text/plain", r.method + " " + r.path + " [" + r.query + "] " + r.body};
}

std::unique_ptr<http_server> serve(http_server_settings s = {}) {
  auto started = http_server::start(any_port, echo, std::move(s));
  REQUIRE(started);
  return std::move(*started);
}

http_target target_of(const http_server& s, const std::string& token = {}) {
  return {to_string(s.local()), token};
}

/// A plain connection, for what a proper client would not send. Blocking, five seconds at most.
class raw_connection {
public:
  explicit raw_connection(const ip_endpoint& to) : fd_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in a{};
    a.sin_family = AF_INET;
    a.sin_port = htons(to.port);
    a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const timeval limit{5, 0};
    REQUIRE(setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit) == 0);
    REQUIRE(::connect(fd_, reinterpret_cast<sockaddr*>(&a), sizeof a) == 0);
  }
  raw_connection(const raw_connection&) = delete;
  raw_connection& operator=(const raw_connection&) = delete;
  ~raw_connection() { ::close(fd_); }

  void send(std::string_view bytes) const {
    REQUIRE(::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL)
            == static_cast<ssize_t>(bytes.size()));
  }
  /// Until the server closes.
  [[nodiscard]] std::string read_all() const {
    std::string all;
    while (read_some(all) > 0) {
    }
    return all;
  }
  /// Until `text` has been received.
  [[nodiscard]] std::string read_until(std::string_view text) const {
    std::string all;
    while (all.find(text) == std::string::npos)
      REQUIRE(read_some(all) > 0);
    return all;
  }

private:
  ssize_t read_some(std::string& all) const {
    std::array<char, 4096> piece{};
    const auto n = ::recv(fd_, piece.data(), piece.size(), 0);
    REQUIRE(n >= 0); // else: nothing came for five seconds, or a reset
    all.append(piece.data(), static_cast<std::size_t>(n));
    return n;
  }
  int fd_;
};

std::string status_of(const std::string& reply) {
  return reply.substr(0, reply.find("\r\n"));
}

} // namespace

TEST_CASE("http: method, path, query and body reach the handler, its reply the client",
          "[io][http]") {
  const auto s = serve();
  const auto to = target_of(*s);
  const auto got = http_call(to, "GET", "/api/v1/calls?limit=3");
  REQUIRE(got);
  CHECK(got->status == 200);
  CHECK(got->content_type == "text/plain");
  CHECK(got->body == "GET /api/v1/calls [limit=3] ");
  CHECK(http_call(to, "POST", "/x", "hello")->body == "POST /x [] hello");
  CHECK(http_call(to, "DELETE", "/x")->body == "DELETE /x [] ");
  CHECK(http_call(to, "GET", "/long")->body.size() == 4 * 1024 * 1024);
}

TEST_CASE("http: IPv6, and names for addresses", "[io][http]") {
  const auto s = http_server::start(parse_ip_endpoint("[::1]:0").value(), echo);
  REQUIRE(s);
  CHECK(http_call(target_of(**s), "GET", "/")->status == 200);
  const auto v4 = serve();
  CHECK(http_call({"localhost:" + std::to_string(v4->local().port), ""}, "GET", "/")->status
        == 200);
}

TEST_CASE("http: what a handler throws is answered 500 with its words, and the server goes on",
          "[io][http]") {
  const auto s = serve();
  const auto got = http_call(target_of(*s), "GET", "/throw");
  REQUIRE(got);
  CHECK(got->status == 500);
  CHECK(got->body == R"({"error":"a \"bug\""})");
  CHECK(http_call(target_of(*s), "GET", "/")->status == 200);
}

TEST_CASE("http: the bearer token must be the right one, RFC 6750 §2.1 and §3", "[io][http]") {
  const auto s = serve({.token = "s3cret", .open_paths = {"/healthz"}});
  for (const auto* wrong : {"", "s3cre", "s3cret!", "S3cret"}) {
    const auto got = http_call(target_of(*s, wrong), "GET", "/");
    REQUIRE(got);
    CHECK(got->status == 401);
    CHECK(got->body == R"({"error":"a valid bearer token is needed"})");
  }
  CHECK(http_call(target_of(*s, "s3cret"), "GET", "/")->status == 200);
  CHECK(http_call(target_of(*s), "GET", "/healthz")->status == 200);
  CHECK(http_call(target_of(*s), "GET", "/healthz/x")->status == 401);
  const raw_connection c{s->local()};
  c.send("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  CHECK(c.read_all().find("WWW-Authenticate: Bearer\r\n") != std::string::npos);
}

TEST_CASE("http: off loopback a token is required, a taken address is named", "[io][http]") {
  const auto open = http_server::start(parse_ip_endpoint("0.0.0.0:0").value(), echo);
  REQUIRE_FALSE(open);
  CHECK(open.error() == "cannot bind tcp 0.0.0.0:0: off loopback a token is required");
  const auto s = serve();
  const auto second = http_server::start(s->local(), echo);
  REQUIRE_FALSE(second);
  CHECK(second.error() == "cannot bind tcp " + to_string(s->local()) + ": Address already in use");
}

TEST_CASE("http: a name that is not ours is refused without a token (DNS rebinding), "
          "RFC 9110 §7.4",
          "[io][http]") {
  const auto s = serve();
  for (const auto& [host, status] : std::vector<std::pair<std::string, std::string>>{
           {"127.0.0.1:8080", "200 OK"},
           {"[::1]:8080", "200 OK"},
           {"localhost", "200 OK"},
           {"attacker.test:8080", "421 Misdirected Request"},
           {"", "421 Misdirected Request"}}) {
    INFO(host);
    const raw_connection c{s->local()};
    c.send("GET / HTTP/1.1\r\nHost: " + host + "\r\nConnection: close\r\n\r\n");
    CHECK(status_of(c.read_all()) == "HTTP/1.1 " + status);
  }
}

TEST_CASE("http: several requests on one connection, also sent at once, RFC 9112 §9.3",
          "[io][http]") {
  const auto s = serve();
  const raw_connection c{s->local()};
  c.send("GET /1 HTTP/1.1\r\nHost: localhost\r\n\r\n");
  CHECK(c.read_until("GET /1 [] ").starts_with("HTTP/1.1 200 OK\r\n"));
  c.send("GET /2 HTTP/1.1\r\nHost: localhost\r\n\r\n"
         "GET /3 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
  const auto rest = c.read_all();
  CHECK(rest.find("GET /2 [] ") < rest.find("GET /3 [] "));
  CHECK(rest.find("GET /3 [] ") != std::string::npos);
}

TEST_CASE("http: HEAD is GET without the body, RFC 9110 §9.3.2", "[io][http]") {
  const auto s = serve();
  const raw_connection c{s->local()};
  c.send("HEAD /x HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
  const auto reply = c.read_all();
  CHECK(reply.find("Content-Length: 10\r\n") != std::string::npos); // "GET /x [] "
  CHECK(reply.ends_with("\r\n\r\n"));
}

TEST_CASE("http: what is malformed is answered 400 and the connection closed", "[io][http]") {
  const auto s = serve();
  for (const auto* bytes :
       {"nonsense\r\n\r\n", "GET / HTTP/1.1\r\n\r\n", // no Host
        "GET http://x/ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n"}) {
    INFO(bytes);
    const raw_connection c{s->local()};
    c.send(bytes);
    CHECK(status_of(c.read_until("}")) == "HTTP/1.1 400 Bad Request");
  }
}

TEST_CASE("http: header and body sizes at their limit and one byte beyond", "[io][http]") {
  constexpr std::uint32_t header = 512;
  constexpr std::uint64_t body = 1'000;
  const auto s = serve({.max_header_bytes = header, .max_body_bytes = body});
  const auto to = target_of(*s);
  CHECK(http_call(to, "POST", "/", std::string(body, 'b'))->status == 200);
  CHECK(http_call(to, "POST", "/", std::string(body + 1, 'b'))->status == 413);
  // The reply is seen although the body is still on its way.
  CHECK(http_call(to, "POST", "/", std::string(2'000'000, 'b'))->status == 413);

  const std::string fields = "Host: localhost\r\nConnection: close\r\nX: ";
  const auto field_room = header - fields.size() - 4; // less CRLF CRLF
  const auto line_room = header - 15;                 // less "GET / HTTP/1.1" and CRLF, plus "/"
  struct row {
    std::size_t path, field;
    std::string status;
  };
  for (const auto& r : std::vector<row>{
           {line_room, field_room, "HTTP/1.1 200 OK"},
           {line_room, field_room + 1, "HTTP/1.1 431 Request Header Fields Too Large"},
           {line_room + 1, field_room, "HTTP/1.1 431 Request Header Fields Too Large"}}) {
    INFO(r.path << " " << r.field);
    const raw_connection c{s->local()};
    c.send("GET /" + std::string(r.path - 1, 'p') + " HTTP/1.1\r\n" + fields
           + std::string(r.field, 'x') + "\r\n\r\n");
    CHECK(status_of(c.read_all()) == r.status);
  }
}

TEST_CASE("http: a request that stops half-way is answered 408, RFC 9110 §15.5.9", "[io][http]") {
  const auto s = serve({.read_timeout = 30ms});
  for (const auto* half : {"GET / HT", "GET / HTTP/1.1\r\nHost: localhost\r\n",
                           "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nab"}) {
    INFO(half);
    const raw_connection c{s->local()};
    c.send(half);
    CHECK(status_of(c.read_all()) == "HTTP/1.1 408 Request Timeout");
  }
}

TEST_CASE("http: an idle connection is closed without a word", "[io][http]") {
  const auto s = serve({.idle_timeout = 30ms});
  const raw_connection c{s->local()};
  CHECK(c.read_all().empty());
}

TEST_CASE("http: max_connections are served, one more is closed at once", "[io][http]") {
  const auto s = serve({.max_connections = 2});
  const auto ping = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";
  const raw_connection one{s->local()}, two{s->local()};
  for (const auto* c : {&one, &two}) {
    c->send(ping);
    CHECK(c->read_until("GET / [] ").starts_with("HTTP/1.1 200 OK"));
  }
  const raw_connection three{s->local()};
  CHECK(three.read_all().empty());
}

TEST_CASE("http client: says which step failed", "[io][http]") {
  using step = http_failure::step;
  for (const auto* address : {"", "nowhere", ":80", "host:", "host:x", "[::1]"}) {
    const auto got = http_call({address, ""}, "GET", "/");
    REQUIRE_FALSE(got);
    CHECK(got.error().failed == step::address);
    CHECK(got.error().text == address + std::string{": not an address of the form HOST:PORT"});
  }
  auto s = serve();
  const auto gone = target_of(*s);
  s.reset();
  const auto refused = http_call(gone, "GET", "/");
  REQUIRE_FALSE(refused);
  CHECK(refused.error().failed == step::connect);
  CHECK(refused.error().text == gone.address + ": Connection refused");
}

TEST_CASE("http client: a server that never answers, or answers too much", "[io][http]") {
  const auto s = serve();
  auto to = target_of(*s);
  to.max_body_bytes = 1'000;
  const auto large = http_call(to, "GET", "/long");
  REQUIRE_FALSE(large);
  CHECK(large.error().failed == http_failure::step::exchange);

  const int silent = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in a{};
  a.sin_family = AF_INET;
  a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof a;
  REQUIRE(::bind(silent, reinterpret_cast<sockaddr*>(&a), size) == 0);
  REQUIRE(::listen(silent, 1) == 0);
  REQUIRE(::getsockname(silent, reinterpret_cast<sockaddr*>(&a), &size) == 0);
  const auto got =
      http_call({"127.0.0.1:" + std::to_string(ntohs(a.sin_port)), "", 50ms}, "GET", "/");
  ::close(silent);
  REQUIRE_FALSE(got);
  CHECK(got.error().failed == http_failure::step::exchange);
}
