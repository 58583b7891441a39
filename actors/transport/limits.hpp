#pragma once

#include <chrono>
#include <cstddef>

namespace tandem::actors::limits {

/// A peer that does not answer our connect for so long is not there.
constexpr std::chrono::seconds connect_time{5};

/// Messages for one peer that wait while its connection is being opened.
constexpr std::size_t waiting_for_connection = 64;

/// What a connection that we close, or whose peer has finished sending, may still take to end.
constexpr std::chrono::seconds closing_time{1};

/// When all connections are taken, so many that have long been silent are asked whether somebody
/// uses them, to make room for another peer's.
constexpr std::size_t asked_for_room = 8;

/// How long an idle connection waits for another shard to say that a call of its uses it.
constexpr std::chrono::seconds asking_time{1};

} // namespace tandem::actors::limits
