#pragma once

#include <cstddef>

namespace tandem::limits {

/// Lines that the console remembers.
constexpr int history_lines = 500;
/// Words that Tab offers at once.
constexpr std::size_t words_offered = 200;

} // namespace tandem::limits
