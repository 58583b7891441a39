#pragma once

#include <chrono>
#include <cstddef>

namespace tandem::actors::limits {

/// Bindings of a node at a time; a REGISTER that would add one more is answered 503.
constexpr std::size_t bindings_per_node = 500'000;

/// The heap of deadlines is rebuilt when it holds this many entries more than twice the users.
constexpr std::size_t stale_deadlines = 1024;

} // namespace tandem::actors::limits
