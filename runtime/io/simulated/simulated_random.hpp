#pragma once

#include "runtime/base/random.hpp"

namespace tandem {

/// Numbers drawn from a seed (SplitMix64): the same seed gives the same run on every host.
class simulated_random final : public random_source {
public:
  explicit simulated_random(std::uint64_t seed) : state_(seed) {}

  [[nodiscard]] std::uint64_t next() override;
  /// Evenly from 0 to `end` - 1; `end` is not 0.
  [[nodiscard]] std::uint64_t below(std::uint64_t end);
  /// True once in so many draws as `probability` (0 to 1) says.
  [[nodiscard]] bool chance(double probability);

private:
  std::uint64_t state_;
};

} // namespace tandem
