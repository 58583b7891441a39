#pragma once

#include <cstddef>

namespace tandem::actors::limits {

/// Dialogs that the answers to one forked INVITE may make; those of further tags are ignored.
constexpr std::size_t dialogs_per_leg = 16;

} // namespace tandem::actors::limits
