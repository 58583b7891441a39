#include "runtime/base/check.hpp"
#include "runtime/io/real_clock.hpp"
#include "runtime/io/simulated/simulated_clock.hpp"
#include "runtime/io/simulated/simulated_random.hpp"
#include "runtime/io/system_random.hpp"

#include <catch2/catch.hpp>

#include <set>

using namespace tandem;
using namespace std::chrono_literals;

TEST_CASE("real clock: counts from boot, never goes back, the wall shows this century", "[io]") {
  const real_clock time;
  auto last = time.now();
  CHECK(last > time_point{});
  for (int i = 0; i < 1000; ++i) {
    const auto now = time.now();
    REQUIRE(now >= last);
    last = now;
  }
  CHECK(time.wall() > wall_time{1'767'225'600s}); // 2026
}

TEST_CASE("simulated clock: moves when told, never back, a jump of the wall moves no timer",
          "[io][simulated]") {
  simulated_clock time{5s};
  CHECK(time.now() == time_point{5s});
  const auto wall = time.wall();
  time.advance(20ms);
  CHECK(time.now() == time_point{5s + 20ms});
  CHECK(time.wall() - wall == 20ms);
  time.jump_wall(-3600s);
  CHECK(time.now() == time_point{5s + 20ms});
  CHECK(time.wall() - wall == 20ms - 3600s);
  CHECK_THROWS_AS(time.advance_to(time_point{5s}), check_failure);
}

TEST_CASE("random: the system's numbers do not repeat, over several refills of the pool", "[io]") {
  system_random bits;
  std::set<std::uint64_t> seen;
  for (int i = 0; i < 1000; ++i)
    seen.insert(bits.next());
  CHECK(seen.size() == 1000);
}

TEST_CASE("random: a seed gives its own sequence, SplitMix64 of 0 begins as published",
          "[io][simulated]") {
  simulated_random zero{0};
  CHECK(zero.next() == 0xe220a8397b1dcdafU);
  CHECK(zero.next() == 0x6e789e6aa1b965f4U);

  simulated_random a{7}, b{7}, c{8};
  CHECK(a.next() == b.next());
  CHECK(a.next() != c.next());

  int hits = 0;
  for (int i = 0; i < 10'000; ++i)
    hits += a.chance(0.25) ? 1 : 0;
  CHECK(hits > 2'300);
  CHECK(hits < 2'700);
  for (int i = 0; i < 100; ++i) {
    CHECK(a.below(3) < 3);
    CHECK_FALSE(a.chance(0));
    CHECK(a.chance(1));
  }
}
