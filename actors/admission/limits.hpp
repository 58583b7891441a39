#pragma once

#include <chrono>
#include <cstddef>

namespace tandem::actors::limits {

/// What requests of one shard that wait to be begun take together, each counted with the least at
/// least: so there is a limit to their number, too.
constexpr std::size_t waiting_bytes = std::size_t{16} * 1024 * 1024;
constexpr std::size_t least_waiting_bytes = 4096;
constexpr std::size_t waiting_requests = waiting_bytes / least_waiting_bytes;

/// How long one may wait, whoever else waits. Longer, and its sender has repeated it (RFC 3261
/// §17.1.1.2: T1 is 500 ms).
constexpr std::chrono::milliseconds patient_wait{400};
/// How long one may wait who comes to a standing queue: it serves nobody better than a short one,
/// only later.
constexpr std::chrono::milliseconds overload_wait{50};
/// A source of which somebody has waited all this time sends more than is begun for it.
constexpr std::chrono::milliseconds standing_queue{300};

/// What a turn may take of a shard's time when requests wait: so long at most, one request aside,
/// calls in progress wait for those that begin.
constexpr std::chrono::milliseconds turn_budget{10};
/// Requests begun in one turn: the first guess, and the most.
constexpr std::size_t first_quota = 32;
constexpr std::size_t largest_quota = 512;

/// How many requests a trunk has begun for each one of another source.
constexpr std::size_t trunk_share = 8;

/// Refused requests that are known again when they are repeated, twice so many at most, and how
/// long: a client repeats an INVITE for 32 s (RFC 3261 §17.1.1.2, Timer B).
constexpr std::size_t refusals_remembered = 50'000;
constexpr std::chrono::seconds refusals_kept{16};

/// After so long without a refusal the overload is over.
constexpr std::chrono::seconds overload_quiet{5};

} // namespace tandem::actors::limits
