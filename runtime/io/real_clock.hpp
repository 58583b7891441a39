#pragma once

#include "runtime/base/time.hpp"

namespace tandem {

/// The host's clocks: CLOCK_BOOTTIME (monotonic, counts suspend) and the system's wall clock.
/// Any thread.
class real_clock final : public clock {
public:
  [[nodiscard]] time_point now() const override;
  [[nodiscard]] wall_time wall() const override;
};

} // namespace tandem
