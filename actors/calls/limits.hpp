#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace tandem::actors::limits {

/// Calls of one shard at a time, those included whose transactions still linger; one more INVITE is
/// answered 503.
constexpr std::size_t calls_per_shard = 50'000;

/// Of those, how many one caller may have that are not answered yet, and how many in all: one more
/// INVITE of his is answered 503. A user who has logged in is a person with some phones; an address
/// that nobody asks for a login may be anything.
struct caller_allowance {
  std::size_t pending, calls;
};
struct caller_allowances {
  caller_allowance user{100, 1'000};
  caller_allowance address{1'000, 20'000};
  caller_allowance trunk{10'000, calls_per_shard};
};

/// How often the node may die of bringing a call to life before the call is given up.
constexpr std::uint32_t restore_attempts = 3;

/// How often a call that died as an actor is brought back.
constexpr std::uint32_t revivals_per_call = 3;

/// By how much CSeq and branch numbers and o= versions of a restored call rise: more than one
/// dialog uses in the moments that a torn log may have lost.
constexpr std::uint32_t numbers_skipped = 100;

/// Restored calls that are asked to re-INVITE their legs, in one step; and the time between steps.
constexpr std::size_t reinvites_per_step = 20;
constexpr std::chrono::milliseconds reinvite_step{100};

/// Calls that a restart names in the log one by one; the rest is counted.
constexpr std::size_t restore_failures_logged = 10;

} // namespace tandem::actors::limits
