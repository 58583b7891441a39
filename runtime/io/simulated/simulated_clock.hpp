#pragma once

#include "runtime/base/time.hpp"

namespace tandem {

/// One simulated host's clocks; time moves only when told to.
class simulated_clock final : public clock {
public:
  /// `uptime`: hosts that booted at different times share no time line.
  explicit simulated_clock(duration uptime = std::chrono::hours{1}) : now_{uptime} {}

  [[nodiscard]] time_point now() const override { return now_; }
  [[nodiscard]] wall_time wall() const override;

  void advance(duration by) { advance_to(now_ + by); }
  /// Never backwards: `boot_clock` is monotonic.
  void advance_to(time_point);
  /// What an operator or NTP does: the wall clock moves, `now()` does not.
  void jump_wall(std::chrono::milliseconds by) { wall_offset_ += by; }

private:
  time_point now_;
  std::chrono::milliseconds wall_offset_{};
};

} // namespace tandem
