#pragma once

#include <chrono>

namespace tandem::actors::limits {

/// How often a shard looks for what has grown old.
constexpr std::chrono::seconds housekeeping{5};

} // namespace tandem::actors::limits
