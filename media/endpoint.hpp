#pragma once

#include "media/engine.hpp"
#include "media/flow_table.hpp"
#include "media/latch.hpp"
#include "media/limits.hpp"
#include "media/statistics.hpp"
#include "protocols/rtp/stream_statistics.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace tandem::media {

/// The two sockets of a slot.
enum class lane : std::uint8_t { rtp, rtcp };

/// What one slot knows of its other side: latch, direction, counters. Sans-IO; it judges each
/// datagram and the worker, who alone knows sockets and peers, carries the judgement out. Nothing
/// here allocates, locks or throws.
class endpoint {
public:
  endpoint() = default;
  explicit endpoint(std::uint32_t packets_per_second) noexcept
    : packets_per_second_(packets_per_second) {}

  void on_remote(const set_remote&, time_point now) noexcept;
  void on_direction(direction, time_point now) noexcept;
  void on_resumed(const resume&, time_point now) noexcept;

  struct verdict {
    std::optional<drop> why; ///< nullopt: take it
    bool latched = false;    ///< the source was locked to by this packet
    bool first = false;      ///< the first valid RTP of this use
  };
  /// Checks the bytes and their source, and counts them.
  [[nodiscard]] verdict on_datagram(lane, const ip_endpoint& from, std::span<const std::uint8_t>,
                                    time_point now) noexcept;

  /// The locked source and its place, once neither is in doubt.
  [[nodiscard]] std::optional<ip_endpoint> locked_source() const noexcept {
    return latch_.source();
  }
  [[nodiscard]] std::optional<rtp::stream_statistics::position> position() const noexcept {
    return stream_.hand_over();
  }
  [[nodiscard]] std::uint32_t clock_rate_hz() const noexcept { return stream_.clock_rate_hz(); }
  [[nodiscard]] bool is_described() const noexcept {
    return latch_.current() != latch::state::closed;
  }
  [[nodiscard]] const ip_endpoint& described() const noexcept { return latch_.signalled(); }
  /// A flow of the process before this one says to whom it had locked.
  void on_claimed(const ip_endpoint& source, std::uint32_t ssrc, time_point now) noexcept;
  /// What a flow has taken for us since it was last asked.
  void on_carried(const flow_counts& since, time_point now) noexcept;

  /// Does the direction let RTP of the other side in, or out to it?
  [[nodiscard]] bool may_receive() const noexcept;
  [[nodiscard]] bool may_send() const noexcept;
  [[nodiscard]] std::optional<ip_endpoint> destination(lane) const noexcept;

  void count_sent(lane, std::size_t packets, std::size_t size_bytes) noexcept;
  void count_dropped(drop) noexcept;

  /// The silence when RTP has been missing for `limit` from a stream that flows both ways; once per
  /// silence.
  [[nodiscard]] std::optional<duration> take_timeout(duration limit, time_point now) noexcept;

  [[nodiscard]] const slot_statistics& statistics() const noexcept { return counted_; }

private:
  verdict on_rtp(const ip_endpoint& from, std::span<const std::uint8_t>, time_point now) noexcept;
  verdict on_rtcp(const ip_endpoint& from, std::span<const std::uint8_t>) noexcept;
  [[nodiscard]] bool is_flooded(time_point now) noexcept;
  void count_received(std::uint32_t ssrc, std::uint64_t packets, std::uint64_t size_bytes,
                      time_point heard_at) noexcept;
  void arm(time_point now) noexcept;

  latch latch_;
  rtp::stream_statistics stream_{8000};
  direction allowed_ = direction::inactive;
  std::optional<time_point> quiet_since_; // RTP should come and the time-out was not yet said
  std::uint32_t packets_per_second_ = limits::packets_per_second;
  std::uint32_t taken_this_second_ = 0;
  time_point second_began_{};
  slot_statistics counted_;
  std::int64_t lost_before_ = 0; // by an earlier process
};

} // namespace tandem::media
