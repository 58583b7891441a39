#pragma once

#include <chrono>

namespace tandem::actors::limits {

/// How often a shard looks for what has grown old.
constexpr std::chrono::seconds housekeeping{5};

/// How long call detail records wait for company on their way to the disk.
constexpr std::chrono::milliseconds detail_delay{100};

} // namespace tandem::actors::limits
