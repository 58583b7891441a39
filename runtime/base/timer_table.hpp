#pragma once

#include "runtime/base/time.hpp"

#include <array>
#include <cstddef>
#include <optional>

namespace tandem {

/// One optional deadline per timer of a state machine. `Timer` is an enum whose last
/// enumerator is `count`; timers that expire together fire in enumerator order.
template <class Timer>
class timer_table {
public:
  void start(Timer t, time_point deadline) { at(t) = deadline; }
  void stop(Timer t) { at(t).reset(); }
  void stop_all() { deadlines_.fill(std::nullopt); }
  [[nodiscard]] bool is_running(Timer t) const {
    return deadlines_[static_cast<std::size_t>(t)].has_value();
  }

  [[nodiscard]] std::optional<time_point> deadline(Timer t) const {
    return deadlines_[static_cast<std::size_t>(t)];
  }

  /// Returns the earliest deadline, or nullopt when nothing is running.
  [[nodiscard]] std::optional<time_point> next() const {
    std::optional<time_point> first;
    for (const auto& d : deadlines_)
      if (d && (!first || *d < *first))
        first = d;
    return first;
  }

  /// Stops and returns the first timer due at `now`; call in a loop until nullopt.
  [[nodiscard]] std::optional<Timer> pop_expired(time_point now) {
    for (std::size_t i = 0; i < size; ++i)
      if (deadlines_[i] && *deadlines_[i] <= now) {
        deadlines_[i].reset();
        return static_cast<Timer>(i);
      }
    return std::nullopt;
  }

  /// Time left per running timer. Points in time mean nothing on another host, so this is what a
  /// snapshot carries.
  using remaining = std::array<std::optional<duration>, static_cast<std::size_t>(Timer::count)>;

  [[nodiscard]] remaining remaining_at(time_point now) const {
    remaining left;
    for (std::size_t i = 0; i < size; ++i)
      if (deadlines_[i])
        left[i] = *deadlines_[i] - now;
    return left;
  }

  /// Rebases `left` on the clock of whoever restores; what is overdue fires at once.
  [[nodiscard]] static timer_table restored(const remaining& left, time_point now) {
    timer_table t;
    for (std::size_t i = 0; i < size; ++i)
      if (left[i])
        t.deadlines_[i] = now + *left[i];
    return t;
  }

private:
  static constexpr auto size = static_cast<std::size_t>(Timer::count);
  std::optional<time_point>& at(Timer t) { return deadlines_[static_cast<std::size_t>(t)]; }
  std::array<std::optional<time_point>, size> deadlines_{};
};

} // namespace tandem
