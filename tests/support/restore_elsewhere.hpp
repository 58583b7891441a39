#pragma once

#include "tests/support/virtual_time.hpp"

#include <catch2/catch.hpp>

namespace tandem::test {

/// Takes a snapshot of `machine`, whose clock is `here`, brings it to life on a host that booted
/// 1,000 hours earlier, and checks that both do the same at the same time from then on.
/// `Machine{snapshot, settings, now}` restores.
template <class Machine, class Settings>
void restore_elsewhere(Machine machine, const Settings& settings, virtual_time here) {
  using namespace std::chrono_literals;
  const auto taken = machine.snapshot_at(here.now());
  virtual_time there{1000h};
  Machine restored{taken, settings, there.now()};
  CHECK(restored.snapshot_at(there.now()) == taken);
  CHECK(restored.current() == machine.current());

  const auto since = here.elapsed();
  auto expected = here.run(machine, since + 120s);
  for (auto& [at, what] : expected)
    at -= since;
  CHECK(there.run(restored, 120s) == expected);
  CHECK(restored.current() == machine.current());
}

} // namespace tandem::test
