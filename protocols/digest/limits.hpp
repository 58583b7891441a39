#pragma once

#include <cstddef>

namespace tandem::sip {

// What a stranger may make us read or hold. Every bound is tested at n and n + 1.
constexpr std::size_t max_auth_value_bytes = 2'048; ///< one Authorization or WWW-Authenticate
constexpr std::size_t max_auth_parameters = 24;     ///< in one of them
constexpr std::size_t max_auth_headers = 8;         ///< credentials or challenges in one message

/// Nonces by which somebody has logged in, of one shard. When one more comes, the oldest is
/// forgotten, and every nonce issued before it becomes stale.
constexpr std::size_t max_nonces_in_use = 50'000;
/// nc values below the highest that may still come, in any order.
constexpr unsigned nonce_count_window = 64;
/// Latest requests of a nonce whose retransmission is recognised.
constexpr std::size_t repeatable_requests = 4;

/// Challenges to one request of ours that we answer: the first, and one that says "stale".
constexpr unsigned max_answered_challenges = 2;

} // namespace tandem::sip
