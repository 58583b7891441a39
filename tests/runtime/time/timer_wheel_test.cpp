#include "runtime/time/timer_wheel.hpp"

#include <catch2/catch.hpp>

#include <map>
#include <memory>
#include <random>
#include <stdexcept>
#include <vector>

using namespace std::chrono_literals;
using tandem::time_point;
using tandem::timer;
using tandem::timer_wheel;

namespace {

/// Writes down when and as what it fires.
struct bell {
  std::vector<int>& log;
  int number;
  timer t = timer::calling<&bell::ring>(this);

  bell(std::vector<int>& l, int n) : log(l), number(n) {}
  void ring() { log.push_back(number); }
};

time_point at(tandem::duration d) {
  return time_point{d};
}

} // namespace

TEST_CASE("timer wheel: fires at its deadline, never before, at every distance", "[time]") {
  // Distances around the borders of every level (powers of 64 ms), from several starting points.
  for (const auto origin : {0ms, 1ms, 63ms, 64ms, 4'095ms, 1'000'003ms})
    for (const auto distance : {1ms, 2ms, 62ms, 63ms, 64ms, 65ms, 4'095ms, 4'096ms, 4'097ms,
                                262'143ms, 262'144ms, 262'145ms, 16'777'216ms, 31'536'000'000ms}) {
      INFO("origin " << origin.count() << " distance " << distance.count());
      std::vector<int> log;
      timer_wheel wheel{at(origin)};
      bell b{log, 1};
      b.t.start(wheel, at(origin + distance));
      CHECK(b.t.running());
      CHECK(wheel.size() == 1);
      wheel.advance(at(origin + distance - 1ns));
      CHECK(log.empty());
      wheel.advance(at(origin + distance));
      CHECK(log == std::vector{1});
      CHECK(!b.t.running());
      CHECK(wheel.size() == 0);
      CHECK(wheel.next_deadline() == std::nullopt);
    }
}

TEST_CASE("timer wheel: a deadline between two milliseconds fires with the later one", "[time]") {
  std::vector<int> log;
  timer_wheel wheel{at(0ms)};
  bell b{log, 1};
  b.t.start(wheel, at(10ms + 1ns));
  CHECK(b.t.deadline() == at(10ms + 1ns));
  CHECK(wheel.next_deadline() == at(11ms));
  wheel.advance(at(11ms - 1ns));
  CHECK(log.empty());
  wheel.advance(at(11ms));
  CHECK(log == std::vector{1});
}

TEST_CASE("timer wheel: the same millisecond fires in the order of starting", "[time]") {
  std::vector<int> log;
  timer_wheel wheel{at(0ms)};
  std::vector<std::unique_ptr<bell>> bells;
  for (int i = 0; i < 100; ++i) {
    bells.push_back(std::make_unique<bell>(log, i));
    bells.back()->t.start(wheel, at(5s));
    wheel.advance(at(i * 49ms)); // the later ones start nearer, on lower levels
  }
  wheel.advance(at(5s));
  REQUIRE(log.size() == 100);
  CHECK(std::is_sorted(log.begin(), log.end()));
}

TEST_CASE("timer wheel: stop, restart and destruction cancel", "[time]") {
  std::vector<int> log;
  timer_wheel wheel{at(0ms)};
  bell kept{log, 1};
  {
    bell stopped{log, 2};
    bell destroyed{log, 3};
    stopped.t.start(wheel, at(10ms));
    destroyed.t.start(wheel, at(10ms));
    kept.t.start(wheel, at(10ms));
    kept.t.start(wheel, at(20ms)); // replaces
    CHECK(wheel.size() == 3);
    stopped.t.stop();
    stopped.t.stop();
    CHECK(wheel.size() == 2);
  }
  CHECK(wheel.size() == 1);
  CHECK(wheel.next_deadline() == at(20ms));
  wheel.advance(at(19ms));
  CHECK(log.empty());
  wheel.advance(at(20ms));
  CHECK(log == std::vector{1});
}

TEST_CASE("timer wheel: what is overdue fires in the next advance, not in the same", "[time]") {
  struct eager {
    timer_wheel& wheel;
    int fired = 0;
    timer t = timer::calling<&eager::again>(this);
    void again() {
      ++fired;
      t.start(wheel, at(0ms));
    }
  };
  timer_wheel wheel{at(100ms)};
  eager e{wheel};
  e.t.start(wheel, at(50ms));
  CHECK(wheel.next_deadline() == at(100ms)); // at once
  wheel.advance(at(100ms));
  CHECK(e.fired == 1);
  CHECK(wheel.next_deadline() == at(100ms));
  wheel.advance(at(100ms));
  CHECK(e.fired == 2);
}

TEST_CASE("timer wheel: a callback may stop, start and destroy any timer", "[time]") {
  std::vector<int> log;
  timer_wheel wheel{at(0ms)};
  auto victim = std::make_unique<bell>(log, 2);
  bell stopped{log, 3};
  bell started{log, 4};
  struct actor {
    timer_wheel& wheel;
    std::unique_ptr<bell>& victim;
    bell& stopped;
    bell& started;
    timer t = timer::calling<&actor::act>(this);
    void act() {
      victim.reset();
      stopped.t.stop();
      started.t.start(wheel, at(12ms));
    }
  };
  actor a{wheel, victim, stopped, started};
  a.t.start(wheel, at(10ms)); // fires first, the others in the same millisecond
  victim->t.start(wheel, at(10ms));
  stopped.t.start(wheel, at(10ms));
  wheel.advance(at(11ms));
  CHECK(log.empty());
  wheel.advance(at(12ms));
  CHECK(log == std::vector{4});
  CHECK(wheel.size() == 0);
}

TEST_CASE("timer wheel: a throwing callback loses no other timer", "[time]") {
  struct thrower {
    timer t = timer::calling<&thrower::fail>(this);
    void fail() { throw std::runtime_error{"x"}; }
  };
  std::vector<int> log;
  timer_wheel wheel{at(0ms)};
  thrower th;
  bell same{log, 1};
  bell later{log, 2};
  th.t.start(wheel, at(10ms));
  same.t.start(wheel, at(10ms));
  later.t.start(wheel, at(15ms));
  CHECK_THROWS_AS(wheel.advance(at(20ms)), std::runtime_error);
  CHECK(wheel.next_deadline() <= at(20ms));
  wheel.advance(at(20ms));
  CHECK(log == std::vector{1, 2});
}

TEST_CASE("timer wheel: timers may outlive it", "[time]") {
  std::vector<int> log;
  bell b{log, 1};
  {
    timer_wheel wheel{at(0ms)};
    b.t.start(wheel, at(10ms));
  }
  CHECK(!b.t.running());
  b.t.stop();
}

TEST_CASE("timer wheel: agrees with a sorted map over random operations", "[time]") {
  for (std::uint32_t seed = 1; seed <= 20; ++seed) {
    INFO("seed " << seed);
    std::mt19937 random{seed};
    auto now = at(std::chrono::milliseconds{random() % 100'000});
    timer_wheel wheel{now};
    std::vector<int> log;
    std::vector<std::unique_ptr<bell>> bells;
    for (int i = 0; i < 200; ++i)
      bells.push_back(std::make_unique<bell>(log, i));
    std::map<int, time_point> model;
    for (int step = 0; step < 2'000; ++step) {
      const auto which = random() % bells.size();
      const auto number = static_cast<int>(which);
      switch (random() % 4) {
        case 0:
        case 1: {
          const auto level = random() % 6;
          const auto distance = std::chrono::milliseconds{1 + random() % (1U << (4 * level + 4))};
          bells[which]->t.start(wheel, now + distance);
          model[number] = now + distance;
          break;
        }
        case 2:
          bells[which]->t.stop();
          model.erase(number);
          break;
        default: {
          // Never later than the first deadline; going there step by step ends in firing it.
          const auto next = wheel.next_deadline();
          REQUIRE(next.has_value() == !model.empty());
          if (!next)
            break;
          std::map<time_point, std::vector<int>> due;
          for (const auto& [n, deadline] : model)
            due[deadline].push_back(n);
          REQUIRE(*next <= due.begin()->first);
          now = random() % 2 == 0 ? *next : now + std::chrono::milliseconds{random() % 5'000};
          log.clear();
          wheel.advance(now);
          std::sort(log.begin(), log.end());
          std::vector<int> expected;
          for (const auto& [deadline, numbers] : due)
            if (deadline <= now)
              expected.insert(expected.end(), numbers.begin(), numbers.end());
          std::sort(expected.begin(), expected.end());
          REQUIRE(log == expected);
          for (const auto n : expected)
            model.erase(n);
        }
      }
      REQUIRE(wheel.size() == model.size());
    }
  }
}

TEST_CASE("timer wheel: a wait costs at most one early wake-up per level", "[time]") {
  std::vector<int> log;
  timer_wheel wheel{at(12'345ms)};
  bell b{log, 1};
  b.t.start(wheel, at(12'345ms + 32s));
  int wake_ups = 0;
  while (const auto next = wheel.next_deadline()) {
    wheel.advance(*next);
    ++wake_ups;
  }
  CHECK(log == std::vector{1});
  CHECK(wake_ups <= 3); // 32 s stand on level 2
}
