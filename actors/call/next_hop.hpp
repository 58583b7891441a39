#pragma once

#include "actors/call/scope.hpp"
#include "protocols/sip/dialog.hpp"
#include "runtime/base/ip_endpoint.hpp"

#include <optional>
#include <string_view>

namespace tandem::actors {

/// Where a request for a URI goes (RFC 3263 §4, the case of a numeric host).
struct hop {
  ip_endpoint to;            ///< port 5060 if none is given
  std::string_view protocol; ///< "UDP", or "TCP" if the URI says transport=tcp

  bool operator==(const hop&) const = default;
};

/// Nullopt: a name, which is not resolved yet, another transport, or no SIP URI.
[[nodiscard]] std::optional<hop> hop_of(std::string_view uri);

/// By which of our transports, and to where: `preferred` if it fits. Nullopt: hop_of() says so, or
/// we listen on no transport of that kind.
[[nodiscard]] std::optional<flow> way_to(const node_facts&, std::string_view uri,
                                         std::optional<transport_index> preferred = {});

/// How a request inside a dialog leaves whose peer was heard by `usual`: over that connection while
/// it stands, if the peer opened it, since he may be reachable in no other way; else as the route
/// set or the remote target says (§12.2.1.1), and if that leads nowhere as before.
[[nodiscard]] flow way_inside(const call_scope&, const sip::request_plan&, const flow& usual);

} // namespace tandem::actors
