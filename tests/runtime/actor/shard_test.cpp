#include "runtime/actor/shard.hpp"

#include "runtime/actor/limits.hpp"
#include "runtime/actor/sharded.hpp"
#include "tests/support/deterministic_shard.hpp"

#include <caf/event_based_actor.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/send.hpp>
#include <catch2/catch.hpp>

#include <memory>
#include <string>
#include <thread>
#include <vector>

using namespace std::chrono_literals;
using tandem::shard;
using tandem::task;
using tandem::timer;
using tandem::tree_place;
using tandem::turn_stage;

namespace {

using lines = std::vector<std::string>;

/// Writes down what it is told.
class scribe final : public tandem::sharded<caf::event_based_actor> {
public:
  scribe(caf::actor_config& c, shard& s, tree_place p, lines* l)
    : sharded(c, s, std::move(p)), log_(l) {}
  caf::behavior make_behavior() override {
    return {[this](const std::string& what) {
      log_->push_back(what);
      return what.size();
    }};
  }

private:
  lines* log_;
};

/// Sends itself a message for each that it gets.
class busy final : public tandem::sharded<caf::event_based_actor> {
public:
  using sharded::sharded;
  caf::behavior make_behavior() override {
    return {[this](int n) {
      handled = n;
      send(this, n + 1);
    }};
  }
  int handled = 0;
};

} // namespace

TEST_CASE("task: moves its captures, runs, destroys them once", "[actor][task]") {
  auto counted = std::make_shared<int>(0);
  {
    task t{[counted] { ++*counted; }};
    CHECK(counted.use_count() == 2);
    task moved{std::move(t)};
    CHECK(counted.use_count() == 2);
    moved();
    CHECK(*counted == 1);
  }
  CHECK(counted.use_count() == 1);
}

TEST_CASE("shard: a turn is inbox, timers, actors, commit, flush", "[actor][shard]") {
  tandem::test::deterministic_shard world;
  lines l;
  struct stage final : turn_stage {
    lines& l;
    std::string name = "scribe commits";
    int releases = 2;
    caf::actor to;
    explicit stage(lines& x) : l(x) {}
    bool commit() override {
      l.push_back("commit");
      if (releases-- <= 0)
        return false;
      caf::anon_send(to, std::string{"released"});
      return true;
    }
    void flush() override { l.push_back("flush"); }
  } stage{l};
  struct on_time {
    lines& l;
    timer t = timer::calling<&on_time::ring>(this);
    void ring() { l.push_back("timer"); }
  } due{l};
  auto actor =
      world.system().spawn<scribe>(world.home, tree_place{world.nodes.root(), "test", "s"}, &l);
  world.settle();
  stage.to = actor;
  world.home.set_stage(&stage);
  due.t.start(world.home.timers(), world.clock.now());
  caf::anon_send(actor, std::string{"message"});
  CHECK(world.home.post([&l] { l.push_back("posted"); }));
  CHECK(!world.home.turn());
  CHECK(l
        == lines{"posted", "timer", "message", "commit", "released", "commit", "released", "commit",
                 "flush"});
  world.home.set_stage(nullptr);
}

TEST_CASE("shard: time stands still within a turn", "[actor][shard]") {
  tandem::test::deterministic_shard world;
  std::vector<tandem::time_point> seen;
  const auto start = world.clock.now();
  CHECK(world.home.post([&] {
    seen.push_back(world.home.now());
    world.clock.pass(5ms);
    seen.push_back(world.home.now());
  }));
  world.home.turn();
  CHECK(seen == std::vector{start, start});
  (void) world.home.fall_asleep();
  CHECK(world.home.now() == start + 5ms); // a socket's handler after a sleep sees the new time
}

TEST_CASE("shard: how long it may sleep", "[actor][shard]") {
  tandem::test::deterministic_shard world;
  auto& home = world.home;
  home.turn();
  CHECK(home.fall_asleep() == std::nullopt);
  home.awake();
  struct never {
    timer t = timer::calling<&never::ring>(this);
    void ring() {}
  } n;
  n.t.start(home.timers(), world.clock.now() + 10ms);
  CHECK(home.fall_asleep() == 10ms);
  home.awake();
  world.clock.pass(30ms);
  CHECK(home.fall_asleep() == 0ms);
  home.awake();
  home.turn();
  CHECK(home.post([] {}));
  CHECK(home.fall_asleep() == 0ms);
}

TEST_CASE("shard: the bell rings once per sleep, and not for its own thread", "[actor][shard]") {
  tandem::test::deterministic_shard world;
  auto& home = world.home;
  lines l;
  auto actor = world.system().spawn<scribe>(home, tree_place{world.nodes.root(), "test", "s"}, &l);
  home.turn();
  const auto elsewhere = [&](auto f) { std::thread{f}.join(); };
  const auto post = [&] { (void) home.post([] {}); };

  elsewhere(post);
  CHECK(world.bell.rings() == 0); // awake
  home.turn();
  (void) home.fall_asleep();
  elsewhere(post);
  elsewhere(post);
  elsewhere([&] { caf::anon_send(actor, std::string{"x"}); });
  CHECK(world.bell.rings() == 1);
  home.awake();
  home.turn();
  (void) home.fall_asleep();
  elsewhere([&] { caf::anon_send(actor, std::string{"y"}); });
  CHECK(world.bell.rings() == 2);
  home.awake();
  home.turn();
  CHECK(l == lines{"x", "y"});
  (void) home.fall_asleep();
  post(); // from a socket's handler: the turn that follows takes it
  CHECK(world.bell.rings() == 2);
}

TEST_CASE("shard: its actors run on its thread alone, whoever sends", "[actor][shard]") {
  tandem::test::deterministic_shard world;
  lines l;
  auto actor =
      world.system().spawn<scribe>(world.home, tree_place{world.nodes.root(), "test", "s"}, &l);
  world.settle();
  std::thread{[&] { caf::anon_send(actor, std::string{"from outside"}); }}.join();
  world.scheduler().run(); // CAF's own scheduler must not have got it
  CHECK(l.empty());
  world.settle();
  CHECK(l == lines{"from outside"});
  std::thread{[&] { CHECK_THROWS_AS(world.home.run_here(), tandem::check_failure); }}.join();
}

TEST_CASE("shard: a runaway actor ends neither the turn's limit nor its timers",
          "[actor][shard][limits]") {
  tandem::test::deterministic_shard world;
  auto actor =
      world.system().spawn<busy>(world.home, tree_place{world.nodes.root(), "test", "busy"});
  const auto* self = static_cast<busy*>(caf::actor_cast<caf::abstract_actor*>(actor));
  caf::anon_send(actor, 1);
  CHECK(world.home.turn()); // work is left
  const auto first = self->handled;
  CHECK(first <= int(tandem::max_resumes_per_turn * tandem::max_messages_per_resume));
  CHECK(first >= int(tandem::max_resumes_per_turn));
  CHECK(world.home.fall_asleep() == 0ms);
  world.home.turn();
  CHECK(self->handled > first);
}

TEST_CASE("shard: the inbox takes n tasks, not n+1", "[actor][shard][limits]") {
  tandem::test::deterministic_shard world;
  std::size_t ran = 0;
  std::size_t taken = 0;
  while (taken <= tandem::max_posted_tasks && world.home.post([&ran] { ++ran; }))
    ++taken;
  CHECK(taken == tandem::max_posted_tasks);
  world.home.turn();
  CHECK(ran == tandem::max_posted_tasks);
  CHECK(world.home.post([] {}));
}

TEST_CASE("shard: what throws in a task, a timer or a stage is contained and shown",
          "[actor][shard]") {
  tandem::test::deterministic_shard world;
  auto& home = world.home;
  int after = 0;
  CHECK(home.post([] { throw std::runtime_error{"in a task"}; }));
  CHECK(home.post([&after] { ++after; }));
  home.turn();
  CHECK(after == 1);
  CHECK(home.faults() == 1);
  CHECK(home.last_fault() == "in a task");

  struct bad_timer {
    timer t = timer::calling<&bad_timer::ring>(this);
    void ring() { throw std::runtime_error{"in a timer"}; }
  } bad;
  bad.t.start(home.timers(), world.clock.now());
  home.turn();
  CHECK(home.last_fault() == "in a timer");

  struct bad_stage final : turn_stage {
    bool commit() override { throw std::runtime_error{"in commit"}; }
    void flush() override { throw 42; }
  } stage;
  home.set_stage(&stage);
  home.turn();
  CHECK(home.faults() == 4);
  CHECK(home.last_fault() == "unknown exception");
  home.set_stage(nullptr);
}

TEST_CASE("shard: actors that it wakes but does not own go to CAF's scheduler", "[actor][shard]") {
  tandem::test::deterministic_shard world;
  auto& system = world.system();
  int got = 0;
  auto pooled = system.spawn([&got](caf::event_based_actor*,
                                    int) -> caf::behavior { return {[&got](int n) { got = n; }}; },
                             0);
  world.scheduler().run();
  class teller final : public tandem::sharded<caf::event_based_actor> {
  public:
    teller(caf::actor_config& c, shard& s, tree_place p, caf::actor to)
      : sharded(c, s, std::move(p)), to_(std::move(to)) {}
    caf::behavior make_behavior() override {
      return {[this](int n) { send(to_, n); }};
    }
    void on_exit() override { to_ = nullptr; }

  private:
    caf::actor to_;
  };
  auto actor =
      system.spawn<teller>(world.home, tree_place{world.nodes.root(), "test", "t"}, pooled);
  caf::anon_send(actor, 7);
  world.settle();
  CHECK(got == 0);
  world.scheduler().run();
  CHECK(got == 7);
  caf::anon_send_exit(pooled, caf::exit_reason::kill);
  world.scheduler().run();
}
