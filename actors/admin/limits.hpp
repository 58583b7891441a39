#pragma once

#include <chrono>
#include <cstddef>

namespace tandem::actors::limits {

/// How long the API waits for a shard that is busy.
constexpr std::chrono::seconds answer_within{2};

/// Calls listed at once, unless ?limit= asks for fewer.
constexpr std::size_t calls_listed = 10'000;

/// Users listed at once, unless ?limit= asks for fewer.
constexpr std::size_t registrations_listed = 10'000;

/// Mailboxes and calls in an overview.
constexpr std::size_t overview_rows = 10;

/// Digits of a key that a request must name.
constexpr std::size_t key_digits_asked = 4;

} // namespace tandem::actors::limits
