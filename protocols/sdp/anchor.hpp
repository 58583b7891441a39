#pragma once

#include "protocols/sdp/session.hpp"

#include <optional>

namespace tandem::sdp {

/// Where our own end of a leg's media is.
struct local_media {
  ip_address address;
  std::uint16_t rtp_port = 0;
  std::uint16_t rtcp_port = 0;

  bool operator==(const local_media&) const = default;
};

/// The index of the stream that we relay: the first m=audio over RTP/AVP that is not rejected.
/// Nullopt: nothing here that we carry (answer 488).
[[nodiscard]] std::optional<std::size_t> relayed_media(const session&);

/// The description to send to the other side of a call whose media we relay.
///
/// Ours: o=, c=, the port of the relayed stream. Every other m= line stays, in order, with port 0
/// (RFC 3264 §6) and without attributes. Removed, since they speak of the peer's own transport:
/// ICE, DTLS and crypto lines, rtcp-mux, BUNDLE; a=rtcp is written only if our RTCP port is not
/// port + 1. Everything else is untouched and in order. Hold by the address 0.0.0.0 becomes hold by
/// direction, since our address is a real one.
[[nodiscard]] session anchor(const session& from_peer, const local_media& where,
                             const origin& ours);

/// The answer of an application that sends back whatever arrives: the first audio stream with all
/// offered formats, its direction mirrored (RFC 3264 §6.1); all else rejected.
[[nodiscard]] session echo_answer(const session& offer, const local_media& where,
                                  const origin& ours);

/// An offer of PCMU, PCMA and telephone-event (RFC 4733), for an INVITE that came without one.
[[nodiscard]] session make_offer(const local_media& where, const origin& ours);

} // namespace tandem::sdp
