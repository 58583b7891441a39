#pragma once

#include "runtime/base/time.hpp"

#include <cstdint>
#include <optional>

namespace tandem::rtp {

/// A receiver's bookkeeping of one incoming stream: RFC 3550 A.1 (sequence), A.3 (loss) and A.8
/// (interarrival jitter). Sans-IO: the host gives every packet with the time of its arrival.
///
/// A stream may change its SSRC (§8.2) or restart its numbering (A.1, two packets in sequence far
/// off the old ones). Loss and jitter then start anew; what was counted before is kept in the sums.
///
///     new SSRC -> probation --2 in sequence--> valid --far jump--> expects bad_seq --+--> valid
class stream_statistics {
public:
  /// `clock_rate_hz` is that of the timestamps, above 0 (RFC 3551 §4).
  explicit stream_statistics(std::uint32_t clock_rate_hz) noexcept;

  struct snapshot;
  [[nodiscard]] snapshot snapshot_at(time_point now) const noexcept;
  stream_statistics(const snapshot&, time_point now) noexcept;

  /// What A.1 says of the packet; a relay passes it on in any case.
  enum class verdict : std::uint8_t {
    probation, ///< not yet two in sequence: not counted
    counted,   ///< received
    suspect,   ///< a far jump: counted only if the next packet continues it
  };
  verdict on_packet(std::uint32_t ssrc, std::uint16_t sequence, std::uint32_t timestamp,
                    time_point now) noexcept;

  /// Where the numbering and the jitter of a stream stand.
  struct position {
    std::uint32_t ssrc = 0;
    std::uint16_t highest = 0;
    std::uint32_t cycles = 0; ///< wraps × 2^16
    std::uint32_t transit = 0;
    std::uint64_t jitter_x16 = 0;

    bool operator==(const position&) const = default;
    [[nodiscard]] std::uint32_t extended() const noexcept { return cycles + highest; }
  };
  /// For whoever counts the next packets in our stead; nullopt of a source on probation, or before
  /// a jump has been confirmed or refuted.
  [[nodiscard]] std::optional<position> hand_over() const noexcept;
  /// `packets` were counted elsewhere, and then the stream stood at `where`. A source that is new
  /// here counts as valid from there on.
  void take_back(const position& where, std::uint64_t packets) noexcept;

  /// A new description changed the clock of the timestamps: jitter starts anew, the rest goes on.
  void on_clock_rate(std::uint32_t clock_rate_hz) noexcept;

  [[nodiscard]] std::uint32_t clock_rate_hz() const noexcept { return clock_rate_hz_; }
  [[nodiscard]] std::optional<std::uint32_t> ssrc() const noexcept { return ssrc_; }
  [[nodiscard]] std::uint16_t highest_sequence() const noexcept { return max_seq_; }
  /// A.1, A.3: the highest sequence number with the count of wraps above it.
  [[nodiscard]] std::uint32_t extended_highest() const noexcept { return cycles_ + max_seq_; }

  /// Packets that should have come, over all SSRCs (A.3).
  [[nodiscard]] std::uint64_t expected() const noexcept {
    return expected_before_ + expected_now();
  }
  [[nodiscard]] std::uint64_t received() const noexcept { return received_before_ + received_; }
  /// A.3; negative when packets were duplicated. Not clamped to the 24 bits of a report.
  [[nodiscard]] std::int64_t lost() const noexcept {
    return static_cast<std::int64_t>(expected() - received());
  }
  /// A.3: the share lost since the last call, in 1/256; for one report block.
  [[nodiscard]] std::uint8_t take_fraction_lost() noexcept;

  /// A.8, in timestamp units, as a report block carries it.
  [[nodiscard]] std::uint32_t jitter() const noexcept;
  [[nodiscard]] duration jitter_time() const noexcept;

private:
  void begin(std::uint32_t ssrc, std::uint16_t sequence) noexcept;
  void keep_sums() noexcept;
  void number_from(std::uint16_t sequence) noexcept;
  [[nodiscard]] bool update_sequence(std::uint16_t sequence) noexcept;
  void update_jitter(std::uint32_t timestamp, time_point now) noexcept;
  [[nodiscard]] std::uint64_t expected_now() const noexcept;

  std::uint32_t clock_rate_hz_;
  std::optional<std::uint32_t> ssrc_;
  std::uint16_t max_seq_ = 0;
  std::uint32_t cycles_ = 0; // shifted: wraps × 2^16
  std::uint32_t base_seq_ = 0;
  std::optional<std::uint16_t> bad_seq_; // the number that would confirm a jump
  std::uint16_t probation_ = 0;
  std::uint64_t received_ = 0;
  std::uint64_t expected_before_ = 0, received_before_ = 0; // of earlier numberings
  std::uint64_t expected_prior_ = 0, received_prior_ = 0;   // at the last fraction
  std::optional<std::uint32_t> transit_;
  std::uint64_t jitter_x16_ = 0; // A.8's integer form keeps four fractional bits
};

struct stream_statistics::snapshot {
  std::uint32_t clock_rate_hz;
  std::optional<std::uint32_t> ssrc;
  std::uint16_t max_seq;
  std::uint32_t cycles, base_seq;
  std::optional<std::uint16_t> bad_seq;
  std::uint16_t probation;
  std::uint64_t received, expected_before, received_before, expected_prior, received_prior;
  std::optional<std::uint32_t> timestamp_now; // where the stream's own clock stands: clock-free
  std::uint64_t jitter_x16;

  bool operator==(const snapshot&) const = default;
};

} // namespace tandem::rtp
