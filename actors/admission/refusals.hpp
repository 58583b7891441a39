#pragma once

#include "actors/admission/limits.hpp"
#include "runtime/base/time.hpp"

#include <cstddef>
#include <cstdint>
#include <unordered_set>
#include <utility>

namespace tandem::actors {

/// Requests that were refused, so that a retransmission gets the same answer (RFC 3261 §8.2.7).
/// Each is kept for one to two periods; a period ends early when it is full.
class refusals {
public:
  void add(std::uint64_t id, time_point now) {
    if (young_.size() >= limits::refusals_remembered)
      turn_page(now);
    young_.insert(id);
  }
  [[nodiscard]] bool contains(std::uint64_t id) const {
    return young_.contains(id) || old_.contains(id);
  }
  /// From time to time: those of the period before the last are forgotten.
  void age(time_point now) {
    if (now - since_ >= limits::refusals_kept)
      turn_page(now);
  }
  [[nodiscard]] std::size_t size() const { return young_.size() + old_.size(); }

private:
  void turn_page(time_point now) {
    old_ = std::exchange(young_, {});
    since_ = now;
  }

  std::unordered_set<std::uint64_t> young_;
  std::unordered_set<std::uint64_t> old_;
  time_point since_{};
};

} // namespace tandem::actors
