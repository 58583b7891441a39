#pragma once

#include "actors/calls/limits.hpp"

#include <cstddef>

namespace tandem::actors::limits {

/// Messages of one shard at a time, those included that have been answered and only absorb
/// retransmissions (32 s over UDP); one more is answered 503.
constexpr std::size_t messages_per_shard = 20'000;

/// Of those, how many one sender may have that are not answered yet, and how many in all: one more
/// of his is answered 503.
constexpr caller_allowances message_senders{
    .user = {100, 1'000}, .address = {500, 5'000}, .trunk = {5'000, messages_per_shard}};

/// A whole MESSAGE that we take; a longer one is answered 513.
constexpr std::size_t message_bytes = std::size_t{16} * 1024;

/// And one that we send over UDP (RFC 3428 §8): nothing slows it down when the network is crowded.
/// To a phone that could only be given a longer one it is not sent.
constexpr std::size_t message_bytes_over_udp = 1300;

} // namespace tandem::actors::limits
