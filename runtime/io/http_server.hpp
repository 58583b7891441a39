#pragma once

#include "runtime/base/ip_endpoint.hpp"

#include <tl/expected.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace tandem {

struct http_request {
  std::string method; ///< As sent: "GET", "DELETE"; RFC 9110 §9: case-sensitive.
  std::string path;   ///< "/api/v1/calls": the target before "?", not percent-decoded.
  std::string query;  ///< What follows "?", not decoded; empty when there is none.
  std::string body;
};

struct http_response {
  unsigned status = 200;
  std::string content_type = "application/json";
  std::string body;
};

/// Runs on the server's thread and may block for some seconds; other requests wait meanwhile. What
/// it throws is answered 500.
using http_handler = std::function<http_response(const http_request&)>;

struct http_server_settings {
  /// When set, a request needs "Authorization: Bearer <token>" (RFC 6750 §2.1).
  std::string token{};
  /// Paths that need no token, e.g. for the probes of a load balancer.
  std::vector<std::string> open_paths{};
  /// Of the request line, and again of the fields with the empty line behind them.
  std::uint32_t max_header_bytes = 8 * 1024;
  std::uint64_t max_body_bytes = 64 * 1024;
  /// One more connection is closed at once.
  std::size_t max_connections = 64;
  /// From the first byte of a request to its last.
  std::chrono::milliseconds read_timeout{5'000};
  /// Between two requests on one connection.
  std::chrono::milliseconds idle_timeout{30'000};
  std::chrono::milliseconds write_timeout{10'000};
};

/// HTTP/1.1 for administration (RFC 9112): keep-alive, no TLS, no streaming. Errors that it answers
/// itself are `{"error":"sentence"}`: 400, 401, 408, 413, 421, 431, 500.
class http_server {
public:
  /// Binds and starts the thread. Off loopback a token is required. Errors are sentences: "cannot
  /// bind tcp 127.0.0.1:8080: Address already in use".
  [[nodiscard]] static tl::expected<std::unique_ptr<http_server>, std::string>
  start(const ip_endpoint& listen, http_handler, http_server_settings = {});
  http_server(http_server&&) noexcept;
  /// Closes all connections and waits for the thread.
  ~http_server();

  /// With the port that the kernel gave, if 0 was asked for.
  [[nodiscard]] ip_endpoint local() const;

private:
  class service;
  explicit http_server(std::unique_ptr<service>);
  std::unique_ptr<service> service_;
};

} // namespace tandem
