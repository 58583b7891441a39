#pragma once

#include "actors/admin/fault_api.hpp"
#include "actors/admin/log_api.hpp"
#include "actors/node/call_shard.hpp"
#include "runtime/io/http_server.hpp"

#include <tl/expected.hpp>

#include <atomic>
#include <functional>
#include <memory>
#include <vector>

namespace tandem::actors {

/// The HTTP API of a node (docs/API.md). Runs on the HTTP server's thread; what belongs to a shard
/// is asked of that shard and waited for, `limits::answer_within` at most.
class admin_api {
public:
  /// `faults` is null unless the configuration has fault_injection. `before_figures` is called
  /// each time before they are read.
  admin_api(node_environment&, const std::vector<std::unique_ptr<call_shard>>&,
            armed_faults* faults, std::function<void()> before_figures);

  [[nodiscard]] http_response handle(const http_request&);
  void set_ready(bool ready) { ready_.store(ready); }

private:
  [[nodiscard]] http_response get_figures() const;
  [[nodiscard]] http_response get_overview() const;
  [[nodiscard]] http_response get_tree(const http_request&) const;
  [[nodiscard]] http_response get_calls(const http_request&) const;
  [[nodiscard]] http_response get_readiness() const;
  [[nodiscard]] http_response get_registrations(const http_request&) const;
  [[nodiscard]] http_response get_user(std::string_view name) const;
  [[nodiscard]] http_response call_resource(const http_request&, std::string_view rest) const;
  /// The key in a path: all 32 digits, or as many as name one call. Null: 404 or 503 is the answer.
  [[nodiscard]] tl::expected<key128, http_response> find_key(std::string_view digits) const;
  [[nodiscard]] call_shard& owner(const key128&) const;

  node_environment& env_;
  const std::vector<std::unique_ptr<call_shard>>& shards_;
  const gauge& degraded_;
  gauge& live_calls_;
  const fault_api faults_;
  const log_api log_;
  const std::function<void()> before_figures_;
  std::atomic<bool> ready_{false};
};

} // namespace tandem::actors
