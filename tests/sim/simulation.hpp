#pragma once

#include "tests/sim/plan.hpp"
#include "tests/sim/trace.hpp"

#include <cstddef>
#include <cstdint>

namespace tandem::test {

/// What came of one seed.
struct run_result {
  verdict judged;
  run_trace trace;
  std::uint64_t hash = 0; ///< over everything that happened, and every delivery in the network
  std::size_t crashes = 0;
  std::size_t throws = 0;
  std::size_t answered = 0; ///< calls that were
};

/// Runs a whole node with its phones on simulated clock, network and store until nobody has
/// anything more to do, and judges it.
[[nodiscard]] run_result run_simulation(const run_plan&);

} // namespace tandem::test
