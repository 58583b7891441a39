#include "actors/faults/armed_faults.hpp"

#include "actors/faults/limits.hpp"

#include <catch2/catch.hpp>

using namespace std::chrono_literals;

using namespace tandem;
using namespace tandem::actors;

using act = fault_plan::act;

namespace {

const key128 one{1, 1};
const key128 other{2, 2};

fault at(std::string_view path) {
  fault f;
  f.path = fault_path::parse(path).value();
  return f;
}

struct plan {
  int exits = 0;
  armed_faults faults{[this] { ++exits; }};

  std::vector<act> enter(const std::string& path, int times, const key128& key = one) {
    std::vector<act> out;
    for (int i = 0; i < times; ++i)
      out.push_back(faults.on_entry(key, child_kind::leg, path));
    return out;
  }
};

} // namespace

TEST_CASE("armed faults: the Nth entry, and no other") {
  plan p;
  auto f = at("calls/*/leg 0");
  f.entry = 3;
  REQUIRE(p.faults.arm(f) == 1U);
  CHECK(p.enter("leg 1", 3) == std::vector{act::proceed, act::proceed, act::proceed});
  CHECK(p.enter("leg 0", 4)
        == std::vector{act::proceed, act::proceed, act::throw_before_commit, act::proceed});
  const auto seen = p.faults.list().at(0);
  CHECK(seen.seen == 4);
  CHECK(seen.fired == 1);
}

TEST_CASE("armed faults: several in a row, and without end") {
  plan p;
  auto f = at("calls/*/leg 0");
  f.what = fault::kind::drop;
  f.times = 2;
  REQUIRE(p.faults.arm(f));
  CHECK(p.enter("leg 0", 3) == std::vector{act::drop_message, act::drop_message, act::proceed});
  f.what = fault::kind::throw_after_commit;
  f.times = 0;
  REQUIRE(p.faults.arm(f));
  CHECK(p.enter("leg 0", 3) == std::vector(3, act::throw_after_commit));
}

TEST_CASE("armed faults: one call, one kind") {
  plan p;
  auto f = at("calls/" + to_string(one) + "/**");
  f.who = child_kind::dialog;
  f.times = 0;
  REQUIRE(p.faults.arm(f));
  CHECK(p.faults.on_entry(one, child_kind::leg, "leg 0") == act::proceed);
  CHECK(p.faults.on_entry(one, std::nullopt, "") == act::proceed);
  CHECK(p.faults.on_entry(other, child_kind::dialog, "leg 0/dialog") == act::proceed);
  CHECK(p.faults.on_entry(one, child_kind::dialog, "leg 0/dialog") == act::throw_before_commit);
}

TEST_CASE("armed faults: a call is frozen for the time that was asked for") {
  plan p;
  auto f = at("calls/*");
  f.what = fault::kind::freeze;
  f.freeze = 40ms;
  REQUIRE(p.faults.arm(f));
  CHECK(p.faults.freeze_time(one) == 0ms);
  CHECK(p.faults.on_entry(one, std::nullopt, "") == act::freeze);
  CHECK(p.faults.freeze_time(one) == 40ms);
  f.freeze = limits::longest_freeze;
  CHECK(p.faults.arm(f));
  for (const duration wrong : {duration{}, duration{limits::longest_freeze + 1ms}}) {
    f.freeze = wrong;
    CHECK(p.faults.arm(f).error() == "freeze_ms is from 1 to 10000");
  }
}

TEST_CASE("armed faults: the process ends at its point") {
  plan p;
  fault f;
  f.what = fault::kind::exit;
  f.point = turn_point::after_commit;
  f.entry = 2;
  REQUIRE(p.faults.arm(f));
  for (const auto point : {turn_point::before_commit, turn_point::after_commit,
                           turn_point::after_flush, turn_point::before_commit})
    p.faults.on_point(point);
  CHECK(p.exits == 0);
  p.faults.on_point(turn_point::after_commit);
  CHECK(p.exits == 1);
  CHECK(p.enter("leg 0", 1) == std::vector{act::proceed});
}

TEST_CASE("armed faults: what each new call costs, some of them or all") {
  duration spent{};
  armed_faults faults{[] {}, [&spent](duration d) { spent += d; }};
  fault f;
  f.what = fault::kind::cost;
  f.cost = 4ms;
  f.entry = 2;
  f.times = 0;
  REQUIRE(faults.arm(f));
  f.times = 1;
  f.cost = limits::highest_cost;
  REQUIRE(faults.arm(f));
  faults.on_call();
  CHECK(spent == 0ms);
  faults.on_call();
  CHECK(spent == 4ms + limits::highest_cost);
  faults.on_call();
  CHECK(spent == 8ms + limits::highest_cost);
  CHECK(faults.on_entry(one, std::nullopt, "") == act::proceed);
  for (const duration wrong : {duration{}, duration{limits::highest_cost + 1ms}}) {
    f.cost = wrong;
    CHECK(faults.arm(f).error() == "cost_ms is from 1 to 100");
  }
}

TEST_CASE("armed faults: disarmed, nothing happens any more") {
  plan p;
  auto f = at("calls/*/leg 0");
  f.times = 0;
  const auto first = p.faults.arm(f).value();
  f.what = fault::kind::drop;
  const auto second = p.faults.arm(f).value();
  CHECK(p.enter("leg 0", 1) == std::vector{act::throw_before_commit}); // the eldest
  CHECK(p.faults.disarm(first));
  CHECK_FALSE(p.faults.disarm(first));
  CHECK(p.enter("leg 0", 1) == std::vector{act::drop_message});
  CHECK(p.faults.list().at(0).id == second);
  CHECK(p.faults.disarm_all() == 1);
  CHECK(p.enter("leg 0", 1) == std::vector{act::proceed});
}

TEST_CASE("armed faults: as many as the limit, and one more") {
  plan p;
  for (std::size_t i = 0; i < limits::armed_faults; ++i)
    REQUIRE(p.faults.arm(at("calls/*")));
  CHECK(p.faults.arm(at("calls/*")).error()
        == "64 faults are armed, which is the most; disarm some");
  CHECK(p.faults.disarm(1));
  CHECK(p.faults.arm(at("calls/*")));
  auto f = at("calls/*");
  f.entry = 0;
  CHECK(p.faults.arm(f).error() == "entry counts from 1");
}
