#pragma once

#include <cstddef>

namespace tandem::actors::limits {

/// Requests (INFO, MESSAGE) that may be on their way through one dialog, either way: more are
/// answered 500.
constexpr std::size_t relays_per_dialog = 16;

} // namespace tandem::actors::limits
