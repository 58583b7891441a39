#pragma once

#include <cstddef>

namespace tandem::actors::limits {

/// Legs that one application may open in the life of a call, the caller's included.
constexpr std::size_t legs_per_call = 16;

/// Timers that one application may have running.
constexpr std::size_t timers_per_app = 64;

} // namespace tandem::actors::limits
