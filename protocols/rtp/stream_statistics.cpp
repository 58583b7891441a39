#include "protocols/rtp/stream_statistics.hpp"

#include "protocols/rtp/sequence.hpp"

namespace tandem::rtp {

namespace {

constexpr std::uint32_t sequence_mod = 1U << 16;

// RFC 3551 §4: 8000 is what an unknown audio payload most likely has; 0 would divide.
std::uint32_t usable(std::uint32_t clock_rate_hz) noexcept {
  return clock_rate_hz == 0 ? 8000 : clock_rate_hz;
}

// The arrival time in timestamp units, modulo 2^32 as the timestamps are. Seconds and their
// fraction are scaled apart: nanoseconds × 48,000 would overflow after two days of uptime.
std::uint32_t in_timestamp_units(time_point now, std::uint32_t rate) noexcept {
  constexpr std::int64_t second = 1'000'000'000;
  const auto ns = now.time_since_epoch().count();
  const auto units = ns / second * rate + ns % second * rate / second;
  return static_cast<std::uint32_t>(units);
}

} // namespace

stream_statistics::stream_statistics(std::uint32_t clock_rate_hz) noexcept
  : clock_rate_hz_(usable(clock_rate_hz)) {
}

stream_statistics::stream_statistics(const snapshot& s, time_point now) noexcept
  : clock_rate_hz_(s.clock_rate_hz), ssrc_(s.ssrc), max_seq_(s.max_seq), cycles_(s.cycles),
    base_seq_(s.base_seq), bad_seq_(s.bad_seq), probation_(s.probation), received_(s.received),
    expected_before_(s.expected_before), received_before_(s.received_before),
    expected_prior_(s.expected_prior), received_prior_(s.received_prior),
    jitter_x16_(s.jitter_x16) {
  if (s.timestamp_now)
    transit_ = in_timestamp_units(now, clock_rate_hz_) - *s.timestamp_now;
}

auto stream_statistics::snapshot_at(time_point now) const noexcept -> snapshot {
  snapshot s{clock_rate_hz_,  ssrc_,           max_seq_,  cycles_,          base_seq_,
             bad_seq_,        probation_,      received_, expected_before_, received_before_,
             expected_prior_, received_prior_, {},        jitter_x16_};
  if (transit_)
    s.timestamp_now = in_timestamp_units(now, clock_rate_hz_) - *transit_;
  return s;
}

auto stream_statistics::on_packet(std::uint32_t ssrc, std::uint16_t sequence,
                                  std::uint32_t timestamp, time_point now) noexcept -> verdict {
  if (ssrc_ != ssrc)
    begin(ssrc, sequence);
  const bool was_valid = probation_ == 0;
  if (!update_sequence(sequence))
    return was_valid ? verdict::suspect : verdict::probation;
  update_jitter(timestamp, now);
  return verdict::counted;
}

void stream_statistics::on_clock_rate(std::uint32_t clock_rate_hz) noexcept {
  if (clock_rate_hz_ == usable(clock_rate_hz))
    return;
  clock_rate_hz_ = usable(clock_rate_hz);
  transit_.reset();
  jitter_x16_ = 0;
}

auto stream_statistics::hand_over() const noexcept -> std::optional<position> {
  if (!ssrc_ || probation_ > 0 || bad_seq_ || !transit_)
    return std::nullopt;
  return position{*ssrc_, max_seq_, cycles_, *transit_, jitter_x16_};
}

void stream_statistics::take_back(const position& where, std::uint64_t packets) noexcept {
  if (ssrc_ != where.ssrc) {
    keep_sums();
    ssrc_ = where.ssrc;
    probation_ = 0;
    max_seq_ = where.highest;
    cycles_ = where.cycles;
    base_seq_ = where.extended() + 1; // nothing is due yet
  } else if (static_cast<std::int32_t>(where.extended() - extended_highest()) > 0) {
    max_seq_ = where.highest; // it may have heard some that the other had not
    cycles_ = where.cycles;
  }
  received_ += packets;
  transit_ = where.transit;
  jitter_x16_ = where.jitter_x16;
}

void stream_statistics::begin(std::uint32_t ssrc, std::uint16_t sequence) noexcept {
  keep_sums();
  ssrc_ = ssrc;
  max_seq_ = static_cast<std::uint16_t>(sequence - 1); // so that this packet is in sequence
  probation_ = min_sequential;
  transit_.reset();
  jitter_x16_ = 0;
}

// What was counted under the old numbering stays in the sums.
void stream_statistics::keep_sums() noexcept {
  expected_before_ = expected();
  received_before_ = received();
  received_ = 0;
  bad_seq_.reset();
}

// A.1 init_seq()
void stream_statistics::number_from(std::uint16_t sequence) noexcept {
  base_seq_ = sequence;
  max_seq_ = sequence;
  cycles_ = 0;
  received_ = 0;
  bad_seq_.reset();
}

// A.1 update_seq(); true if the packet counts as received.
bool stream_statistics::update_sequence(std::uint16_t sequence) noexcept {
  const auto ahead = steps_ahead(max_seq_, sequence);
  if (probation_ > 0) {
    if (ahead == 1) {
      max_seq_ = sequence;
      if (--probation_ > 0)
        return false;
      number_from(sequence);
      ++received_;
      return true;
    }
    probation_ = min_sequential - 1;
    max_seq_ = sequence;
    return false;
  }
  if (ahead < max_dropout) {
    if (sequence < max_seq_)
      cycles_ += sequence_mod; // the 16 bits wrapped
    max_seq_ = sequence;
  } else if (ahead <= sequence_mod - max_misorder) {
    if (bad_seq_ != sequence) {
      bad_seq_ = static_cast<std::uint16_t>(sequence + 1);
      return false;
    }
    keep_sums(); // two in sequence: the sender restarted without saying so
    number_from(sequence);
    transit_.reset(); // its timestamps have most likely jumped as well
  }                   // else: duplicate or late, and received all the same
  ++received_;
  return true;
}

// A.8 in its integer form.
void stream_statistics::update_jitter(std::uint32_t timestamp, time_point now) noexcept {
  const std::uint32_t transit = in_timestamp_units(now, clock_rate_hz_) - timestamp;
  if (transit_) {
    const auto d = static_cast<std::int32_t>(transit - *transit_);
    const std::uint64_t distance =
        d < 0 ? 0U - static_cast<std::uint32_t>(d) : static_cast<std::uint32_t>(d);
    jitter_x16_ += distance;
    jitter_x16_ -= (jitter_x16_ - distance + 8) >> 4;
  }
  transit_ = transit;
}

std::uint64_t stream_statistics::expected_now() const noexcept {
  if (probation_ > 0 || !ssrc_)
    return 0;
  return std::uint64_t{extended_highest()} - base_seq_ + 1; // A.3
}

std::uint8_t stream_statistics::take_fraction_lost() noexcept {
  const auto expected_interval = static_cast<std::int64_t>(expected() - expected_prior_);
  const auto received_interval = static_cast<std::int64_t>(received() - received_prior_);
  expected_prior_ = expected();
  received_prior_ = received();
  const auto lost_interval = expected_interval - received_interval;
  if (expected_interval <= 0 || lost_interval <= 0)
    return 0;
  // All of them lost would be 256, which eight bits do not hold.
  const auto fraction = lost_interval * 256 / expected_interval;
  return static_cast<std::uint8_t>(fraction > 255 ? 255 : fraction);
}

std::uint32_t stream_statistics::jitter() const noexcept {
  return static_cast<std::uint32_t>(jitter_x16_ >> 4);
}

duration stream_statistics::jitter_time() const noexcept {
  return std::chrono::nanoseconds{std::int64_t{jitter()} * 1'000'000'000 / clock_rate_hz_};
}

} // namespace tandem::rtp
