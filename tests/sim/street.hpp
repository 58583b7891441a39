#pragma once

#include "runtime/io/simulated/simulated_clock.hpp"
#include "runtime/io/simulated/simulated_network.hpp"
#include "runtime/io/simulated/simulated_random.hpp"
#include "runtime/io/simulated/simulated_reactor.hpp"
#include "tests/sim/plan.hpp"
#include "tests/sim/trace.hpp"

#include <algorithm>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace tandem::test {

class phone_call;

/// What all phones share: time, cable, the seed's draws, and the judge to whom they complain.
struct street {
  simulated_clock& time;
  simulated_reactor& bell;
  simulated_network& net;
  simulated_random& draw;
  verdict& judged;
  const run_plan& plan;
  ip_endpoint node;
  time_point start;
  std::map<unsigned, std::vector<phone_call*>> sides{}; ///< of each planned call, as they joined
  /// Commits of that planned call are gone with a power cut.
  std::function<bool(unsigned)> is_torn{};

  void after(duration d, std::function<void()> task) { bell.at(time.now() + d, std::move(task)); }
  /// Runs `check` that long after both now and the end of all faults.
  void once_calm(duration d, std::function<void()> check) {
    bell.at(std::max(time.now(), start + plan.faults_end) + d, std::move(check));
  }
  [[nodiscard]] duration elapsed() const { return time.now() - start; }
  void fail(std::string invariant, std::string seen) const {
    judged.fail(std::move(invariant), std::move(seen), elapsed());
  }
  /// Of what needs the node's memory of that call.
  void fail_unless_torn(unsigned call, std::string invariant, std::string seen) const {
    if (!is_torn(call))
      fail(std::move(invariant), std::move(seen));
  }
  [[nodiscard]] duration between(duration low, duration high) const {
    constexpr std::chrono::milliseconds unit{1};
    return low + unit * draw.below(static_cast<std::uint64_t>((high - low) / unit) + 1);
  }
};

} // namespace tandem::test
