#include "protocols/sdp/anchor.hpp"

#include "protocols/sdp/attributes.hpp"
#include "protocols/sdp/limits.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace tandem::sdp {

namespace {

/// Attributes that describe the peer's own transport and would be lies about ours.
constexpr std::array<std::string_view, 20> transport_attributes = {
    "candidate",  "remote-candidates", "end-of-candidates", "ice-ufrag", // RFC 8839 §5
    "ice-pwd",    "ice-lite",          "ice-mismatch",      "ice-options",
    "ice-pacing", "fingerprint",                        // RFC 8122 §5
    "setup",      "connection",                         // RFC 4145 §4, §5
    "tls-id",     "dtls-id",                            // RFC 8842 §4
    "crypto",     "key-mgmt",          "zrtp-hash",     // RFC 4568, 4567, 6189
    "rtcp",       "rtcp-mux",          "rtcp-mux-only", // RFC 3605, 5761, 8858
};

bool speaks_of_transport(const attribute& a) {
  if (std::ranges::find(transport_attributes, a.name) != transport_attributes.end())
    return true;
  // RFC 9143 §7.1: one transport for several m= lines; with us each has its own.
  return a.name == "bundle-only"
         || (a.name == "group" && a.value && a.value->starts_with("BUNDLE"));
}

/// A stream that we do not carry, in its place (RFC 3264 §6).
media_section rejected(media_section m) {
  media_section out;
  out.kind = std::move(m.kind);
  out.proto = std::move(m.proto);
  out.formats = std::move(m.formats);
  if (out.formats.empty())
    out.formats.emplace_back("0"); // ignored, but the grammar wants one
  return out;
}

void anchor_relayed(media_section& m, const session& from_peer, const local_media& where) {
  const auto& theirs = m.connection ? m.connection : from_peer.connection;
  const auto address = theirs ? parse_ip_address(theirs->address) : std::nullopt;
  if (address && address->is_unspecified()) { // RFC 3264 §8.4: hold, which our address would hide
    const auto d = direction_of(from_peer, m);
    if (receives(d))
      set_direction(m, make_direction(sends(d), false));
  }
  m.connection.reset();
  m.port = where.rtp_port;
  m.port_count = 1;
  std::erase_if(m.attributes, speaks_of_transport);
  if (where.rtcp_port != where.rtp_port + 1) // RFC 3605 §2.1
    m.attributes.push_back({"rtcp", std::to_string(where.rtcp_port)});
}

/// Never SAVP or another proto that we do not know: what it needs was removed with the attributes.
bool is_relayable_video(const media_section& m) {
  return m.kind == "video" && (m.proto == "RTP/AVP" || m.proto == "RTP/AVPF") && m.port != 0;
}

media_section audio_section() {
  media_section m;
  m.kind = "audio";
  m.proto = "RTP/AVP";
  m.formats = {"0", "8", "101"};
  m.attributes = {{"rtpmap", "0 PCMU/8000"},
                  {"rtpmap", "8 PCMA/8000"},
                  {"rtpmap", "101 telephone-event/8000"}, // RFC 4733 §7.1.1
                  {"fmtp", "101 0-15"},                   // RFC 4733 §3.2: the DTMF events
                  {"ptime", "20"},
                  {"sendrecv", std::nullopt}};
  return m;
}

} // namespace

std::optional<std::size_t> relayed_media(const session& s) {
  const auto found = std::ranges::find_if(s.media, [](const media_section& m) {
    return m.kind == "audio" && m.proto == "RTP/AVP" && m.port != 0;
  });
  if (found == s.media.end())
    return std::nullopt;
  return static_cast<std::size_t>(found - s.media.begin());
}

std::vector<std::size_t> relayed_video(const session& s) {
  std::vector<std::size_t> out;
  for (std::size_t i = 0; i < s.media.size() && out.size() + 1 < max_relayed_sections; ++i)
    if (is_relayable_video(s.media[i]))
      out.push_back(i);
  return out;
}

session anchor(const session& from_peer, const std::vector<placed_media>& places,
               const ip_address& address, const origin& ours) {
  const auto audio = relayed_media(from_peer);
  session out = from_peer;
  out.origin = ours;
  out.connection = make_connection(address);
  std::erase_if(out.attributes, speaks_of_transport);
  for (std::size_t i = 0; i < out.media.size(); ++i) {
    const auto place = std::ranges::find(places, i, &placed_media::section);
    if (place != places.end() && (i == audio || is_relayable_video(out.media[i])))
      anchor_relayed(out.media[i], from_peer, place->where);
    else
      out.media[i] = rejected(std::move(out.media[i]));
  }
  return out;
}

session anchor(const session& from_peer, const local_media& where, const origin& ours) {
  std::vector<placed_media> places;
  if (const auto audio = relayed_media(from_peer))
    places.push_back({*audio, where});
  return anchor(from_peer, places, where.address, ours);
}

session passed_on(session from_peer, const origin& ours) {
  from_peer.origin = ours;
  return from_peer;
}

session fit_offer(session offer, const session& before) {
  for (auto i = offer.media.size(); i < before.media.size(); ++i)
    offer.media.push_back(rejected(before.media[i]));
  return offer;
}

session fit_answer(session answer, const session& offer) {
  if (answer.media.size() > offer.media.size())
    answer.media.resize(offer.media.size());
  return fit_offer(std::move(answer), offer);
}

session echo_answer(const session& offer, const local_media& where, const origin& ours) {
  auto out = anchor(offer, where, ours);
  if (const auto i = relayed_media(out))
    set_direction(out.media[*i], mirrored(direction_of(out, out.media[*i])));
  return out;
}

session make_offer(const local_media& where, const origin& ours) {
  session from_nobody;
  from_nobody.media.push_back(audio_section());
  from_nobody.media[0].port = where.rtp_port;
  return anchor(from_nobody, where, ours);
}

} // namespace tandem::sdp
