#pragma once

#include "runtime/base/ip_endpoint.hpp"
#include "runtime/base/time.hpp"

#include <cstdint>
#include <optional>

namespace tandem::media {

/// Decides whose packets a stream takes and where its answers go (symmetric RTP, RFC 4961): the SDP
/// of a phone behind NAT names an address that nobody can reach, so the source of what it sends
/// counts instead. Sans-IO, and one rule keeps a third party out: a source, once locked to, is left
/// only after a new SDP, or after 2 s of silence for the same SSRC with a plausible sequence
/// number.
///
///     closed --SDP--> open --first valid RTP--> locked --SDP--> open
///                                               locked --silence, same stream elsewhere--> locked
///
/// Assumptions:
/// - After an SDP that moves the stream, packets of the old source are still under way. They are
///   heard but lock nothing for limits::latch_settle; any other source locks at once.
/// - A party that sends no RTP (on hold) still sends RTCP: before the lock it is taken from exactly
///   the address and port of the SDP.
/// - RTCP has a port of its own; rtcp-mux (RFC 5761) is not offered.
class latch {
public:
  enum class state : std::uint8_t { closed, open, locked };

  enum class verdict : std::uint8_t {
    heard,
    locked_now,   ///< heard, and from now on this source alone
    no_remote,    ///< no SDP yet
    wrong_source, ///< a third party
  };

  latch() = default;

  struct snapshot;
  [[nodiscard]] snapshot snapshot_at(time_point now) const;
  latch(const snapshot&, time_point now);

  /// The other side's description; a port of 0 or an unspecified address is "not known".
  void on_remote(const ip_endpoint& rtp, const ip_endpoint& rtcp, time_point now) noexcept;
  /// Locked to that source by an earlier process. Its place in the sequence is not known: should it
  /// have moved meanwhile, it is taken up again after the next SDP.
  void on_resumed(const ip_endpoint& source, std::uint32_t ssrc, time_point now) noexcept;
  /// Packets of the locked source that somebody else took for us, the last at `heard_at`.
  void on_heard(std::uint32_t ssrc, std::uint16_t sequence, time_point heard_at) noexcept {
    remember(ssrc, sequence, heard_at);
  }
  /// A packet that is valid RTP.
  verdict on_rtp(const ip_endpoint& from, std::uint32_t ssrc, std::uint16_t sequence,
                 time_point now) noexcept;
  /// A packet that is valid RTCP; `locked_now` is never returned.
  verdict on_rtcp(const ip_endpoint& from) noexcept;

  /// Where packets for the other side go; nullopt while that is not known.
  [[nodiscard]] std::optional<ip_endpoint> rtp_destination() const noexcept;
  [[nodiscard]] std::optional<ip_endpoint> rtcp_destination() const noexcept;

  [[nodiscard]] state current() const noexcept { return state_; }
  /// Where the last SDP said that RTP is.
  [[nodiscard]] const ip_endpoint& signalled() const noexcept { return signalled_rtp_; }
  /// The locked source; nullopt in any other state.
  [[nodiscard]] std::optional<ip_endpoint> source() const noexcept;

private:
  verdict lock_to(const ip_endpoint& from) noexcept;
  void remember(std::uint32_t ssrc, std::uint16_t sequence, time_point now) noexcept;
  [[nodiscard]] bool is_same_stream(std::uint32_t ssrc, std::uint16_t sequence) const noexcept;

  state state_ = state::closed;
  ip_endpoint signalled_rtp_, signalled_rtcp_;
  // Locked: the source. Open: the one before the SDP, which may still be sending.
  std::optional<ip_endpoint> source_;
  std::optional<ip_endpoint> rtcp_source_; // the last one accepted beside `source_`
  time_point settled_at_{};                // open: until then `source_` does not lock again
  bool moved_ = false;                     // open: the SDP named another address than before
  time_point heard_at_{};
  std::uint32_t ssrc_ = 0;
  std::uint16_t sequence_ = 0;
};

struct latch::snapshot {
  state current;
  ip_endpoint signalled_rtp, signalled_rtcp;
  std::optional<ip_endpoint> source, rtcp_source;
  duration until_settled;
  bool moved;
  duration since_heard;
  std::uint32_t ssrc;
  std::uint16_t sequence;

  bool operator==(const snapshot&) const = default;
};

} // namespace tandem::media
