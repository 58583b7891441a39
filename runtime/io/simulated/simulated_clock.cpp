#include "runtime/io/simulated/simulated_clock.hpp"

#include "runtime/base/check.hpp"

namespace tandem {

namespace {

/// Every simulation starts on 2026-01-01 00:00:00 UTC, so that traces are the same in every run.
constexpr wall_time simulation_epoch{std::chrono::seconds{1'767'225'600}};

} // namespace

wall_time simulated_clock::wall() const {
  using wall_duration = wall_time::duration;
  return simulation_epoch + wall_offset_
         + std::chrono::duration_cast<wall_duration>(now_.time_since_epoch());
}

void simulated_clock::advance_to(time_point t) {
  TANDEM_CHECK(t >= now_);
  now_ = t;
}

} // namespace tandem
