#pragma once

#include <cstddef>

namespace tandem::actors::limits {

/// Calls of one shard at a time, those included whose transactions still linger; one more INVITE is
/// answered 503.
constexpr std::size_t calls_per_shard = 50'000;

} // namespace tandem::actors::limits
