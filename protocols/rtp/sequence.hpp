#pragma once

#include <cstdint>

namespace tandem::rtp {

/// RFC 3550 A.1: how far a sequence number may jump and still be the same stream.
constexpr std::uint16_t max_dropout = 3000;
/// RFC 3550 A.1: how far behind the highest a late packet may be.
constexpr std::uint16_t max_misorder = 100;
/// RFC 3550 A.1: packets in sequence before a source counts as valid.
constexpr std::uint16_t min_sequential = 2;

/// How far `to` is ahead of `from`, modulo 2^16.
[[nodiscard]] constexpr std::uint16_t steps_ahead(std::uint16_t from, std::uint16_t to) noexcept {
  return static_cast<std::uint16_t>(to - from);
}

/// Can `next` come after `highest` in one stream, with packets lost in between?
[[nodiscard]] constexpr bool continues(std::uint16_t highest, std::uint16_t next) noexcept {
  const auto ahead = steps_ahead(highest, next);
  return ahead > 0 && ahead < max_dropout;
}

} // namespace tandem::rtp
