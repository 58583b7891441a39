#pragma once

#include "runtime/actor/shard.hpp"
#include "runtime/actor/tree.hpp"

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/scheduler/test_coordinator.hpp>

#include <atomic>

namespace tandem::test {

/// Time that moves only when the test says so.
class deterministic_clock final : public clock {
public:
  [[nodiscard]] time_point now() const override { return now_; }
  [[nodiscard]] wall_time wall() const override { return {}; }
  void pass(duration d) { now_ += d; }

private:
  time_point now_{std::chrono::hours{1}};
};

/// A reactor without sockets that counts how often it was woken.
class counting_reactor final : public reactor {
public:
  void poll(std::optional<duration>) override {}
  void wake() override { ++rings_; }
  [[nodiscard]] int rings() const { return rings_; }

private:
  std::atomic<int> rings_{0};
};

/// CAF with its deterministic scheduler: nothing runs by itself, and its clock stands still.
class deterministic_system {
public:
  deterministic_system() : system_(configured()) {}
  [[nodiscard]] caf::actor_system& get() { return system_; }
  [[nodiscard]] caf::scheduler::test_coordinator& scheduler() {
    return dynamic_cast<caf::scheduler::test_coordinator&>(system_.scheduler());
  }

private:
  caf::actor_system_config& configured() {
    config_.set("scheduler.policy", caf::atom("testing"));
    return config_;
  }
  caf::actor_system_config config_;
  caf::actor_system system_;
};

/// One shard that the test steps, with a tree and a clock.
class deterministic_shard {
public:
  [[nodiscard]] caf::actor_system& system() { return system_.get(); }
  [[nodiscard]] caf::scheduler::test_coordinator& scheduler() { return system_.scheduler(); }

  /// Turns until nothing is left to do.
  void settle() {
    while (home.turn()) {
    }
  }
  /// Lets time pass, stopping at every deadline of the wheel on the way.
  void pass(duration d) {
    const auto end = clock.now() + d;
    for (;;) {
      const auto next = home.timers().next_deadline();
      if (!next || *next > end)
        break;
      clock.pass(std::max(duration{}, *next - clock.now()));
      settle();
    }
    clock.pass(end - clock.now());
    settle();
  }

private:
  deterministic_system system_;

public:
  deterministic_clock clock;
  counting_reactor bell;
  tree nodes{"a"};
  shard home{system_.get(), 0, clock, bell};
};

} // namespace tandem::test
