#pragma once

#include "actors/faults/armed_faults.hpp"
#include "runtime/io/http_server.hpp"

#include <string_view>

namespace tandem::actors {

/// /api/v1/faults: arms, lists and disarms faults (docs/API.md). Null: the configuration has
/// fault_injection off, and everything is refused with a sentence that says so.
class fault_api {
public:
  static constexpr std::string_view path = "/api/v1/faults";

  explicit fault_api(armed_faults* faults) : faults_(faults) {}

  /// Of a request whose path is `path` or below it.
  [[nodiscard]] http_response handle(const http_request&) const;

private:
  [[nodiscard]] http_response arm(const http_request&) const;
  [[nodiscard]] http_response disarm(std::string_view number) const;

  armed_faults* faults_;
};

} // namespace tandem::actors
