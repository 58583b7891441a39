#pragma once

#include <cstddef>

namespace tandem::actors::limits {

/// Legs that one application may open in the life of a call, the caller's included.
constexpr std::size_t legs_per_call = 16;

/// Contacts of the called user that a call is given.
constexpr std::size_t contacts_per_call = 32;

/// Timers that one application may have running.
constexpr std::size_t timers_per_app = 64;

} // namespace tandem::actors::limits
