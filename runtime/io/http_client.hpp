#pragma once

#include "runtime/io/http_server.hpp"

#include <tl/expected.hpp>

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace tandem {

struct http_failure {
  /// Which step failed: the address is no address, nobody answers there, or he does not speak HTTP.
  enum class step : std::uint8_t { address, connect, exchange };
  step failed = step::exchange;
  std::string text; ///< A sentence, e.g. "127.0.0.1:8080: Connection refused".
};

struct http_target {
  std::string address{};                     ///< "127.0.0.1:8080", "[::1]:8080" or "name:8080".
  std::string token{};                       ///< Sent as a bearer token unless empty.
  std::chrono::milliseconds timeout{10'000}; ///< For the whole exchange.
  std::uint64_t max_body_bytes = 256ULL * 1024 * 1024;
};

/// One request over one connection, blocking: for the console and for tests.
[[nodiscard]] tl::expected<http_response, http_failure> http_call(const http_target&,
                                                                  std::string_view method,
                                                                  std::string_view target,
                                                                  std::string_view body = {});

} // namespace tandem
