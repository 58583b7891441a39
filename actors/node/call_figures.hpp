#pragma once

#include "actors/cdr/call_detail.hpp"
#include "runtime/telemetry/metrics.hpp"

#include <array>

namespace tandem::actors {

/// What became of calls, in numbers. All shards count into the same series.
class call_figures {
public:
  explicit call_figures(metrics&);

  void opened() { opened_.add(); }
  void answered() { answered_.add(); }
  void ended(const call_detail&);

private:
  static constexpr auto causes = static_cast<std::size_t>(sip::end_cause::bad_description) + 1;
  static constexpr auto closings = static_cast<std::size_t>(closing::unreadable) + 1;
  [[nodiscard]] static std::size_t row_of(const call_detail&);

  counter& opened_;
  counter& answered_;
  /// By cause, the ways to be closed without one behind them; and unanswered, answered.
  std::array<std::array<counter*, 2>, causes + closings - 1> ended_{};
};

} // namespace tandem::actors
