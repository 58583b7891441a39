#pragma once

#include "runtime/io/reactor.hpp"

#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <utility>

namespace tandem {

/// A reactor that never waits: `poll()` runs what is due on the simulated clock and returns. The
/// driver of a simulation asks all reactors and timer wheels for their next moment, advances the
/// clock to the earliest and polls. One thread.
class simulated_reactor final : public reactor {
public:
  explicit simulated_reactor(const clock& time) : time_(time) {}

  void poll(std::optional<duration> at_most) override;
  void wake() override { rung_ = true; }

  /// Has `task` run inside the first `poll()` at or after `when`; those of one moment run in the
  /// order in which they were given.
  void at(time_point when, std::function<void()> task);
  /// When there is something to do: at once after `wake()`, else at the earliest task.
  [[nodiscard]] std::optional<time_point> next() const;
  [[nodiscard]] const clock& time() const { return time_; }

private:
  const clock& time_;
  std::map<std::pair<time_point, std::size_t>, std::function<void()>> tasks_;
  std::size_t order_ = 0;
  bool rung_ = false;
};

} // namespace tandem
