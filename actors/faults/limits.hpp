#pragma once

#include <chrono>
#include <cstddef>

namespace tandem::actors::limits {

/// Faults armed at a time.
constexpr std::size_t armed_faults = 64;

/// Characters of a fault's path.
constexpr std::size_t fault_path_size = 256;

/// What one fault may take of a shard's time for each new call.
constexpr std::chrono::milliseconds highest_cost{100};

/// How long one fault may freeze a call.
constexpr std::chrono::milliseconds longest_freeze{10'000};

} // namespace tandem::actors::limits
