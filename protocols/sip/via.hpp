#pragma once

#include "protocols/sip/parameters.hpp"

#include <cstdint>
#include <optional>
#include <string_view>

namespace tandem::sip {

enum class via_transport : std::uint8_t { udp, tcp, tls, sctp, ws, wss, other };

enum class rport_form : std::uint8_t { absent, requested, valued };

/// Every branch that follows RFC 3261 starts so (§8.1.1.7).
constexpr std::string_view branch_cookie = "z9hG4bK";

/// One Via element: "SIP/2.0/UDP host:port;branch=…" (RFC 3261 §20.42, §25.1; RFC 3581 §3).
struct via {
  std::string_view text; ///< The element as written, without its list neighbours.
  std::string_view protocol_name;
  std::string_view protocol_version;
  std::string_view transport_name;
  std::string_view host; ///< Of sent-by; an IPv6 reference keeps its brackets.
  std::string_view branch;
  std::string_view received;
  std::string_view maddr;
  parameter_list parameters;
  std::uint16_t port = 0; ///< Of sent-by; 0: not given.
  std::uint16_t rport = 0;
  rport_form rport_is = rport_form::absent;
  via_transport transport = via_transport::other;
  std::optional<std::uint8_t> ttl;

  /// False for clients of RFC 2543 and for the bare cookie (RFC 4475 §3.2.1): transactions are
  /// then matched by the rules of §17.2.3 for such clients.
  [[nodiscard]] bool has_unique_branch() const {
    return branch.size() > branch_cookie.size() && branch.starts_with(branch_cookie);
  }
  /// Of sent-by, with the default of the transport (§18.2.2).
  [[nodiscard]] std::uint16_t port_or_default() const {
    const bool secure = transport == via_transport::tls || transport == via_transport::wss;
    return port != 0 ? port : static_cast<std::uint16_t>(secure ? 5061 : 5060);
  }

  bool operator==(const via&) const = default;
};

/// Takes the first element off `list` (the rest follows its comma, if any) into a fresh `via`;
/// false: malformed.
[[nodiscard]] bool take_via(std::string_view& list, via&);

/// Only "SIP/2.0/UDP host:port", whatever follows: enough to answer a request whose Via parameters
/// are broken. `text` and the parameters stay empty.
[[nodiscard]] std::optional<via> parse_via_start(std::string_view);

} // namespace tandem::sip
