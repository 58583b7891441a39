#pragma once

#include "runtime/io/http_server.hpp"
#include "runtime/telemetry/event_log.hpp"

#include <string_view>

namespace tandem::actors {

/// Components that write to the log: what stands before the first dot of a cause.
constexpr std::string_view log_components[] = {"auth",    "call", "cdr", "config",    "media",
                                               "message", "node", "sip", "registrar", "store"};

/// /api/v1/log: from which level on lines are written, changed while the node runs (docs/API.md).
class log_api {
public:
  static constexpr std::string_view path = "/api/v1/log";

  explicit log_api(event_log& log) : log_(log) {}

  [[nodiscard]] http_response handle(const http_request&) const;

private:
  [[nodiscard]] http_response change(const std::string& body) const;

  event_log& log_;
};

} // namespace tandem::actors
