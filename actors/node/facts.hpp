#pragma once

#include "actors/call/ids.hpp"
#include "actors/call_app/call_app.hpp"
#include "actors/calls/limits.hpp"
#include "config/configuration.hpp"
#include "protocols/sip/session_timer.hpp"
#include "protocols/sip/timer_values.hpp"
#include "runtime/base/ip_endpoint.hpp"
#include "runtime/base/time.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tandem::actors {

/// A listening transport as our messages name it.
struct transport_facts {
  std::string protocol; ///< "UDP", "TCP"
  ip_endpoint local;
  std::string sent_by; ///< "127.0.0.1:5060"
  sip::transport_kind kind = sip::transport_kind::unreliable;
};
[[nodiscard]] transport_facts facts_of(listen_transport, const ip_endpoint& local);

/// Ours, as a peer reaches us by that transport (RFC 3261 §8.1.1.8, §19.1.1): with < >.
[[nodiscard]] std::string contact_of(const transport_facts&, std::string_view user);

/// What every actor of a node may know about it; fixed while the node runs.
struct node_facts {
  std::string name;
  std::vector<transport_facts> transports;
  std::optional<ip_address> media_address; ///< IPv4
  std::optional<ip_address> media_address6;
  sip::timer_values timers;
  duration ring_timeout{};
  sip::session_timer_rules session_timers;
  app_catalogue apps;
  std::size_t calls_per_shard = limits::calls_per_shard;
  limits::caller_allowances callers;
};

/// The first transport of that family and protocol.
[[nodiscard]] std::optional<transport_index> transport_for(const node_facts&, ip_family,
                                                           std::string_view protocol = "UDP");

} // namespace tandem::actors
