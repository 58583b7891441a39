#pragma once

#include "actors/faults/armed_faults.hpp"
#include "tests/actors/world.hpp"

#include <catch2/catch.hpp>

#include <cstdint>
#include <string_view>

namespace tandem::test {

/// A world in which faults can be armed.
struct faulty_world {
  int exits = 0;
  actors::armed_faults faults{[this] { ++exits; }};
  world w{{.faults = &faults}};

  void arm(std::string_view path, actors::fault::kind what, std::uint64_t entry = 1,
           duration freeze = std::chrono::milliseconds{50}) {
    actors::fault f;
    f.path = actors::fault_path::parse(path).value();
    f.what = what;
    f.entry = entry;
    f.freeze = freeze;
    REQUIRE(faults.arm(f));
  }
  /// From now on without end.
  void poison(std::string_view path,
              actors::fault::kind what = actors::fault::kind::throw_before_commit) {
    actors::fault f;
    f.path = actors::fault_path::parse(path).value();
    f.what = what;
    f.times = 0;
    REQUIRE(faults.arm(f));
  }
  [[nodiscard]] std::uint64_t fired() const {
    std::uint64_t n = 0;
    for (const auto& r : faults.list())
      n += r.fired;
    return n;
  }
};

} // namespace tandem::test
