#pragma once

#include "protocols/rtcp/compound.hpp"

namespace tandem::rtcp {

/// RFC 3550 §6.4.1: what a receiver says of one source.
struct report_block {
  std::uint32_t ssrc = 0;
  std::uint8_t fraction_lost = 0;   ///< 1/256
  std::int32_t cumulative_lost = 0; ///< 24 bits, signed
  std::uint32_t extended_highest = 0;
  std::uint32_t jitter = 0;              ///< timestamp units
  std::uint32_t last_sr = 0;             ///< middle 32 bits of the NTP timestamp
  std::uint32_t delay_since_last_sr = 0; ///< 1/65536 s

  bool operator==(const report_block&) const = default;
};

/// RFC 3550 §6.4.1: the sender's half of an SR.
struct sender_report {
  std::uint32_t ssrc = 0;
  std::uint64_t ntp_timestamp = 0;
  std::uint32_t rtp_timestamp = 0;
  std::uint32_t packets_sent = 0;
  std::uint32_t bytes_sent = 0;

  bool operator==(const sender_report&) const = default;
};

/// nullopt: not an SR, or shorter than its count says.
[[nodiscard]] std::optional<sender_report> read_sender_report(const packet&) noexcept;
/// The SSRC of the sender of an RR; nullopt: not an RR, or shorter than its count says.
[[nodiscard]] std::optional<std::uint32_t> read_receiver_report(const packet&) noexcept;
/// Block `i` of an SR or RR; nullopt from the packet's count on.
[[nodiscard]] std::optional<report_block> read_report_block(const packet&, std::size_t i) noexcept;

} // namespace tandem::rtcp
