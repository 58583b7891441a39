#pragma once

#include <cstddef>

namespace tandem::apps::limits {

/// Contacts that one call rings at the same time; those beyond come next, when these have failed.
constexpr std::size_t contacts_at_once = 8;

/// Contacts that one call tries at all, the best first.
constexpr std::size_t contacts_tried = 15; // and the caller's: legs_per_call

} // namespace tandem::apps::limits
