#pragma once

#include "runtime/base/ip_endpoint.hpp"
#include "runtime/base/time.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace tandem::media {

/// Why a datagram was not relayed. Each one that is read is either relayed or counted here once.
enum class drop : std::uint8_t {
  not_rtp,        ///< fails the checks of RFC 3550 A.1
  not_rtcp,       ///< fails the checks of RFC 3550 A.2
  wrong_source,   ///< a third party, or RTCP from another host than the RTP
  no_remote,      ///< arrived before any SDP of the other side
  no_peer,        ///< nothing is connected
  not_allowed,    ///< hold or mute: the direction forbids it on either side
  no_destination, ///< the connected side has neither an address nor a latched source
  flood,          ///< more than limits::packets_per_second
  oversize,       ///< longer than limits::datagram_bytes
  send_failed,    ///< the kernel did not take it
  count
};
[[nodiscard]] std::string_view to_string(drop);

/// What a call's detail record says of a stream, and what it keeps over a restart.
struct packet_counters {
  std::uint64_t received = 0;
  std::uint64_t sent = 0;
  std::int64_t lost = 0;

  bool operator==(const packet_counters&) const = default;
};

constexpr auto drop_reasons = static_cast<std::size_t>(drop::count);

/// One slot, as its worker last published it. `received` and what follows speak of the stream that
/// comes in here; `sent` of what leaves here.
struct slot_statistics {
  std::uint64_t rtp_packets_received = 0; ///< from the latched source, valid
  std::uint64_t rtp_bytes_received = 0;   ///< UDP payload
  std::uint64_t rtcp_packets_received = 0;
  std::uint64_t rtp_packets_sent = 0;
  std::uint64_t rtp_bytes_sent = 0;
  std::uint64_t rtcp_packets_sent = 0;
  std::uint64_t rtp_packets_carried = 0;  ///< of those received: by a flow (flow_table.hpp)
  std::uint64_t rtp_packets_expected = 0; ///< RFC 3550 A.3, summed over the SSRCs seen
  std::int64_t rtp_packets_lost = 0;      ///< RFC 3550 A.3; negative with duplicates
  std::array<std::uint64_t, drop_reasons> dropped{};
  duration jitter{};         ///< RFC 3550 A.8, of the current SSRC
  time_point last_rtp_at{};  ///< meaningful once a packet was received
  std::uint32_t ssrc = 0;    ///< the current one
  std::uint32_t latches = 0; ///< how often a source was locked to
  ip_endpoint source;        ///< port 0: none latched

  bool operator==(const slot_statistics&) const = default;

  [[nodiscard]] packet_counters packets() const {
    return {rtp_packets_received, rtp_packets_sent, rtp_packets_lost};
  }
  [[nodiscard]] std::uint64_t dropped_for(drop why) const {
    return dropped[static_cast<std::size_t>(why)];
  }
};

} // namespace tandem::media
