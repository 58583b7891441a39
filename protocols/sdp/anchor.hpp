#pragma once

#include "protocols/sdp/session.hpp"

#include <cstddef>
#include <optional>
#include <vector>

namespace tandem::sdp {

/// Where our own end of a leg's media is.
struct local_media {
  ip_address address;
  std::uint16_t rtp_port = 0;
  std::uint16_t rtcp_port = 0;

  bool operator==(const local_media&) const = default;
};

/// Where our end of one m= line is.
struct placed_media {
  std::size_t section = 0; ///< index of the m= line
  local_media where;

  bool operator==(const placed_media&) const = default;
};

/// The index of the audio that we relay: the first m=audio over RTP/AVP that is not rejected.
/// Nullopt: nothing here that we carry (answer 488).
[[nodiscard]] std::optional<std::size_t> relayed_media(const session&);

/// The m= lines that are relayed beside the audio: live m=video over RTP/AVP or RTP/AVPF (RFC
/// 4585), the first of them, max_relayed_sections together with the audio.
[[nodiscard]] std::vector<std::size_t> relayed_video(const session&);

/// The description to send to the other side of a call whose media we relay.
///
/// Ours: o=, c= (`address`), the ports of the relayed m= lines, those in `places`. Every other m=
/// line stays, in order, with port 0 (RFC 3264 §6) and without attributes. Removed, since
/// they speak of the peer's own transport: ICE, DTLS and crypto lines, rtcp-mux, BUNDLE; a=rtcp is
/// written only if our RTCP port is not port + 1. Everything else is untouched and in order. Hold
/// by the address 0.0.0.0 becomes hold by direction, since our address is a real one.
[[nodiscard]] session anchor(const session& from_peer, const std::vector<placed_media>& places,
                             const ip_address& address, const origin& ours);
/// Only the audio.
[[nodiscard]] session anchor(const session& from_peer, const local_media& where,
                             const origin& ours);

/// The description to send to the other side of a call whose media go past us: all of it, under our
/// o= line.
[[nodiscard]] session passed_on(session from_peer, const origin& ours);

/// Two sides of a call can differ in their number of m= lines, when one has taken back an offer
/// that the other accepted. An answer has as many as its offer (RFC 3264 §6): what is missing is
/// refused, what is beyond was refused here. An offer has at least as many as the one before (§8).
[[nodiscard]] session fit_answer(session answer, const session& offer);
[[nodiscard]] session fit_offer(session offer, const session& before);

/// The answer of an application that sends back whatever arrives: the first audio stream with all
/// offered formats, its direction mirrored (RFC 3264 §6.1); all else rejected.
[[nodiscard]] session echo_answer(const session& offer, const local_media& where,
                                  const origin& ours);

/// An offer of PCMU, PCMA and telephone-event (RFC 4733), for an INVITE that came without one.
[[nodiscard]] session make_offer(const local_media& where, const origin& ours);

} // namespace tandem::sdp
