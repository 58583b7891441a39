#pragma once

namespace tandem::test {

/// From here on every allocation of the calling thread is counted.
void count_this_thread() noexcept;
[[nodiscard]] unsigned long allocations_of_this_thread() noexcept;

} // namespace tandem::test
