#pragma once

#include <chrono>

namespace tandem {

/// The time line of one host: monotonic, counts suspend (CLOCK_BOOTTIME). It has no `now()`:
/// whoever needs the time is given it, and only runtime/io reads the real clock.
struct boot_clock {
  using duration = std::chrono::nanoseconds;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<boot_clock>;
  static constexpr bool is_steady = true;
};

using time_point = boot_clock::time_point;
using duration = boot_clock::duration;

/// Wall time is for people (logs, CDRs, Date headers); no timer depends on it.
using wall_time = std::chrono::system_clock::time_point;

/// Two implementations: `real_clock` (runtime/io) and the simulation's.
class clock {
public:
  virtual ~clock() = default;
  [[nodiscard]] virtual time_point now() const = 0;
  [[nodiscard]] virtual wall_time wall() const = 0;
};

} // namespace tandem
