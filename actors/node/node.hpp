#pragma once

#include "actors/call_app/call_app.hpp"
#include "config/configuration.hpp"
#include "config/reload.hpp"
#include "runtime/base/ip_endpoint.hpp"
#include "runtime/telemetry/event_log.hpp"

#include <tl/expected.hpp>

#include <memory>
#include <string>
#include <vector>

namespace tandem::actors {

/// A running node on the real clock, network and disk: media workers, shards, admin API.
class node {
public:
  /// Binds everything and starts. Errors are sentences for the operator.
  [[nodiscard]] static tl::expected<std::unique_ptr<node>, std::string> start(const configuration&,
                                                                              app_catalogue);
  /// Ends every call, then the node.
  ~node();

  /// Puts users, trunks and routes of `next` in force; live calls are not touched. Says what that
  /// changes. Only by the thread that started the node.
  [[nodiscard]] reload_report reload(const configuration& next);

  [[nodiscard]] event_log& log();
  [[nodiscard]] std::vector<ip_endpoint> sip_addresses() const;
  [[nodiscard]] ip_endpoint admin_address() const;

private:
  struct parts;
  struct construction {}; ///< only start() has one

public:
  node(construction, std::unique_ptr<parts>);

private:
  std::unique_ptr<parts> parts_;
};

} // namespace tandem::actors
