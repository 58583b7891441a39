#include "runtime/io/simulated/simulated_random.hpp"

#include "runtime/base/check.hpp"

namespace tandem {

// SplitMix64 (Steele, Lea and Flood, 2014).
std::uint64_t simulated_random::next() {
  state_ += 0x9e3779b97f4a7c15U;
  std::uint64_t z = state_;
  z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9U;
  z = (z ^ z >> 27) * 0x94d049bb133111ebU;
  return z ^ z >> 31;
}

std::uint64_t simulated_random::below(std::uint64_t end) {
  TANDEM_CHECK(end > 0);
  return next() % end; // the bias is below 2^-32 for the small ranges of a simulation
}

bool simulated_random::chance(double probability) {
  // Always draws, so that changing one probability does not shift all later draws.
  constexpr double two_to_53 = 9'007'199'254'740'992.0;
  return static_cast<double>(next() >> 11) < probability * two_to_53;
}

} // namespace tandem
