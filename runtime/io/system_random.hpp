#pragma once

#include "runtime/base/random.hpp"

#include <array>
#include <cstddef>
#include <cstdint>

namespace tandem {

/// getrandom(2), read 64 numbers at a time. One object per thread.
class system_random final : public random_source {
public:
  /// Throws std::system_error if the kernel has no random bits to give, which it always has.
  [[nodiscard]] std::uint64_t next() override;

private:
  std::array<std::uint64_t, 64> pool_{};
  std::size_t used_ = 64;
};

} // namespace tandem
