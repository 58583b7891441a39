#include "runtime/actor/supervisor.hpp"

#include "tests/support/deterministic_shard.hpp"

#include <caf/event_based_actor.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/send.hpp>
#include <catch2/catch.hpp>

#include <string>
#include <vector>

using namespace std::chrono_literals;
using tandem::child_row;
using tandem::dynamic_row;
using tandem::dynamic_supervisor;
using tandem::restart_strategy;
using tandem::restart_type;
using tandem::shard;
using tandem::shutdown_time;
using tandem::supervisor;
using tandem::tree_place;

namespace {

/// Throws what it is told; "quit" ends it; "refuse" makes it ignore the order to end.
class worker final : public tandem::sharded<caf::event_based_actor> {
public:
  using sharded::sharded;
  caf::behavior make_behavior() override {
    return {[this](const std::string& s) {
      if (s == "quit")
        quit();
      else if (s == "refuse")
        set_exit_handler([](caf::scheduled_actor*, caf::exit_msg&) {});
      else
        throw std::runtime_error{s};
    }};
  }
};

struct fixture {
  tandem::test::deterministic_shard world;
  std::vector<caf::actor> spawned;

  tandem::child_starter starter() {
    return [this](tree_place p) {
      spawned.push_back(world.system().spawn<worker>(world.home, std::move(p)));
      return spawned.back();
    };
  }
  child_row row(std::string name) {
    return {std::move(name), "worker", restart_type::permanent, {5s}, starter()};
  }
  template <class Supervisor, class... Ts>
  caf::actor spawn(Ts&&... xs) {
    auto s = world.system().spawn<Supervisor>(
        world.home, tree_place{world.nodes.root(), "supervisor", "top"}, std::forward<Ts>(xs)...);
    world.settle();
    return s;
  }
  caf::actor supervise(restart_strategy s, tandem::restart_limit l, std::vector<child_row> rows) {
    return spawn<supervisor>(s, l, std::move(rows));
  }
  void tell(std::size_t who, const std::string& what) {
    caf::anon_send(spawned.at(who), what);
    world.settle();
  }
  /// "name restarts last_error" of each child.
  std::vector<std::string> shown() {
    std::vector<std::string> lines;
    const auto views = world.nodes.snapshot(world.clock.now(), "top");
    for (std::size_t i = 1; i < views.size(); ++i)
      lines.push_back(views[i].name + " " + std::to_string(views[i].restarts)
                      + (views[i].last_error.empty() ? "" : " " + views[i].last_error));
    return lines;
  }
};

using lines = std::vector<std::string>;

} // namespace

TEST_CASE("supervisor: restarts a child, and the tree says how often and why", "[actor][otp]") {
  fixture f;
  auto s = f.supervise(restart_strategy::one_for_one, {3, 5s}, {f.row("a"), f.row("b")});
  CHECK(f.shown() == lines{"a 0", "b 0"});
  f.tell(0, "boom");
  CHECK(f.shown() == lines{"b 0", "a 1 boom"});
  f.tell(2, "bang");
  CHECK(f.shown() == lines{"b 0", "a 2 bang"});
  CHECK(f.world.nodes.snapshot(f.world.clock.now(), "top").at(0).last_error == "a: bang");
  f.tell(3, "quit"); // permanent: also after a normal end
  CHECK(f.shown() == lines{"b 0", "a 3 bang"});
}

TEST_CASE("supervisor: one_for_all and giving up, seen from above", "[actor][otp]") {
  fixture f;
  caf::scoped_actor above{f.world.system()};
  auto s = f.supervise(restart_strategy::one_for_all, {1, 5s}, {f.row("a"), f.row("b")});
  above->monitor(s);
  f.tell(0, "boom");
  CHECK(f.shown() == lines{"a 1 boom", "b 0"});
  CHECK(f.spawned.size() == 4);
  f.tell(3, "again");
  CHECK(f.world.nodes.size() == 0);
  caf::error reason;
  above->receive([&](caf::down_msg& d) { reason = d.reason; });
  CHECK(tandem::exit_kind(reason) == tandem::child_exit::shutdown);
}

TEST_CASE("supervisor: an escalation ends in the supervisor above", "[actor][otp]") {
  fixture f;
  tandem::child_starter inner = [&f](tree_place p) {
    return f.world.system().spawn<supervisor>(
        f.world.home, std::move(p), restart_strategy::one_for_one, tandem::restart_limit{0, 5s},
        std::vector<child_row>{f.row("a")});
  };
  auto s = f.supervise(restart_strategy::one_for_one, {1, 5s},
                       {{"inner", "supervisor", restart_type::permanent, {5s}, inner}});
  CHECK(f.shown() == lines{"inner 0", "a 0"});
  f.tell(0, "boom"); // too much for inner, not for the one above
  CHECK(f.shown() == lines{"inner 1", "a 0"});
  f.tell(1, "boom");
  CHECK(f.world.nodes.size() == 0);
}

TEST_CASE("supervisor: ends its children in reverse, killing who does not end in time",
          "[actor][otp]") {
  fixture f;
  auto s = f.supervise(restart_strategy::one_for_one, {1, 5s}, {f.row("a"), f.row("b")});
  f.tell(1, "refuse");
  caf::anon_send_exit(s, caf::exit_reason::user_shutdown);
  f.world.settle();
  f.world.pass(4999ms);
  CHECK(f.shown() == lines{"a 0", "b 0"});
  f.world.pass(1ms);
  CHECK(f.world.nodes.size() == 0);
}

TEST_CASE("supervisor: killed, it takes its children with it", "[actor][otp]") {
  fixture f;
  auto s = f.supervise(restart_strategy::one_for_one, {1, 5s}, {f.row("a"), f.row("b")});
  f.tell(1, "refuse");
  caf::anon_send_exit(s, caf::exit_reason::kill);
  f.world.settle();
  CHECK(f.world.nodes.size() == 0);
}

TEST_CASE("supervisor: a starter that throws is a child that did not start", "[actor][otp]") {
  fixture f;
  auto rows = std::vector{f.row("a"), f.row("b")};
  rows[1].start = [](tree_place) -> caf::actor { throw std::runtime_error{"no port"}; };
  caf::scoped_actor above{f.world.system()};
  auto s = f.world.system().spawn<supervisor>(
      f.world.home, tree_place{f.world.nodes.root(), "supervisor", "top"},
      restart_strategy::one_for_one, tandem::restart_limit{1, 5s}, std::move(rows));
  above->monitor(s);
  f.world.settle();
  caf::error reason;
  above->receive([&](caf::down_msg& d) { reason = d.reason; });
  CHECK(tandem::exit_kind(reason) == tandem::child_exit::failure);
  CHECK(f.world.nodes.size() == 0);
}

// -- dynamic_supervisor --------------------------------------------------------------------------

namespace {

struct dynamic_fixture : fixture {
  lines gave_up;
  caf::actor handle;
  dynamic_supervisor* calls = nullptr;

  explicit dynamic_fixture(restart_type type = restart_type::transient) {
    handle = spawn<dynamic_supervisor>(
        dynamic_row{"call",
                    type,
                    {2, 5s},
                    {5s},
                    starter(),
                    [this](const std::string& name, const std::string& why) {
                      gave_up.push_back(name + " " + why);
                    }});
    calls = static_cast<dynamic_supervisor*>(caf::actor_cast<caf::abstract_actor*>(handle));
  }
};

} // namespace

TEST_CASE("dynamic supervisor: children come, are found, restarted, and go", "[actor][otp]") {
  dynamic_fixture f;
  auto a = f.calls->start_child("a");
  auto b = f.calls->start_child("b");
  f.world.settle();
  CHECK(f.calls->find("a") == a);
  CHECK(f.calls->find("x") == nullptr);
  CHECK_THROWS_AS(f.calls->start_child("a"), tandem::check_failure);
  f.tell(0, "boom");
  CHECK(f.shown() == lines{"b 0", "a 1 boom"});
  CHECK(f.calls->find("a") != a);
  f.tell(1, "quit"); // transient: a normal end is the end
  CHECK(f.shown() == lines{"a 1 boom"});
  CHECK(f.calls->stop_child("a"));
  CHECK(!f.calls->stop_child("x"));
  f.world.settle();
  CHECK(f.calls->size() == 0);
  CHECK(f.shown().empty());
}

TEST_CASE("dynamic supervisor: too many failures of one child give up that one alone",
          "[actor][otp]") {
  dynamic_fixture f;
  (void) f.calls->start_child("a");
  (void) f.calls->start_child("b");
  f.tell(0, "1");
  f.tell(2, "2");
  CHECK(f.gave_up.empty());
  f.tell(3, "3");
  CHECK(f.gave_up == lines{"a 3"});
  CHECK(f.shown() == lines{"b 0"});
  f.tell(1, "boom"); // has its own limit
  CHECK(f.shown() == lines{"b 1 boom"});
}

TEST_CASE("dynamic supervisor: temporary children are never started again", "[actor][otp]") {
  dynamic_fixture f{restart_type::temporary};
  (void) f.calls->start_child("a");
  f.tell(0, "boom");
  CHECK(f.calls->size() == 0);
  CHECK(f.gave_up.empty());
  (void) f.calls->start_child("a"); // the name is free again
  CHECK(f.calls->size() == 1);
}

TEST_CASE("dynamic supervisor: ends all at once, kills the rest, starts nobody meanwhile",
          "[actor][otp]") {
  dynamic_fixture f;
  for (const auto* name : {"a", "b", "c"})
    (void) f.calls->start_child(name);
  f.world.settle();
  f.tell(1, "refuse");
  caf::anon_send_exit(f.handle, caf::exit_reason::user_shutdown);
  f.world.settle();
  CHECK(f.shown() == lines{"b 0"});
  CHECK(f.calls->start_child("d") == nullptr);
  f.world.pass(4999ms);
  CHECK(f.shown() == lines{"b 0"});
  f.world.pass(1ms);
  CHECK(f.world.nodes.size() == 0);
}

TEST_CASE("dynamic supervisor: ten thousand children", "[actor][otp]") {
  dynamic_fixture f;
  for (int i = 0; i < 10'000; ++i)
    (void) f.calls->start_child(std::to_string(i));
  f.world.settle();
  CHECK(f.calls->size() == 10'000);
  caf::anon_send_exit(f.handle, caf::exit_reason::user_shutdown);
  f.world.settle();
  CHECK(f.world.nodes.size() == 0);
}
