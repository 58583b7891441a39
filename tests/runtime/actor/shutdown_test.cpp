// The stop order of a node, under load and with senders that come too late. Real threads; the
// reactor is a condition variable.
#include "runtime/actor/nested.hpp"
#include "runtime/actor/shard_thread.hpp"
#include "tests/support/deterministic_shard.hpp"

#include <caf/actor_registry.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/send.hpp>
#include <catch2/catch.hpp>

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

using namespace std::chrono_literals;
using tandem::nested_actor;
using tandem::nested_place;
using tandem::parcel;
using tandem::shard;
using tandem::shard_thread;
using tandem::tree_place;

namespace {

/// A reactor with a bell and no sockets.
class bell_only final : public tandem::reactor {
public:
  void poll(std::optional<tandem::duration> at_most) override {
    std::unique_lock guard{lock_};
    const auto rung = [this] { return rung_; };
    if (at_most)
      changed_.wait_for(guard, *at_most, rung);
    else
      changed_.wait(guard, rung);
    rung_ = false;
  }
  void wake() override {
    const std::lock_guard guard{lock_};
    rung_ = true;
    changed_.notify_one();
  }

private:
  std::mutex lock_;
  std::condition_variable changed_;
  bool rung_ = false;
};

class leaf final : public nested_actor {
public:
  leaf(caf::actor_config& c, nested_place p) : nested_actor(c, std::move(p)) {}
  caf::behavior make_behavior() override {
    return {[](int n) { return n; }};
  }
};

/// Answers itself and through a child; ends when told.
class call final : public tandem::nesting<caf::event_based_actor> {
public:
  call(caf::actor_config& c, shard& s, tree_place p, std::atomic<int>* handled)
    : nesting(c, s, std::move(p)), handled_(*handled) {}
  caf::behavior make_behavior() override {
    child_ = start<leaf>("leaf", "leaf");
    return {[this](int n) {
              ++handled_;
              return n;
            },
            [this](const std::string&) { return child_.address(); }};
  }
  void on_parcel(parcel p) override {
    (void) run(p);
    release_replies();
  }
  void on_exit() override { child_.reset(); }

private:
  tandem::nested_ptr<leaf> child_;
  std::atomic<int>& handled_;
};

struct fixture {
  caf::actor_system_config config;
  caf::actor_system system{configured()};
  tandem::test::deterministic_clock clock;
  bell_only bell;
  tandem::tree nodes{"a"};
  std::atomic<int> handled{0};

  caf::actor_system_config& configured() {
    config.set("scheduler.policy", caf::atom("sharing"));
    config.set("scheduler.max-threads", std::size_t{1});
    return config;
  }
  caf::actor spawn(shard& home) {
    return system.spawn<call, caf::lazy_init>(home, tree_place{nodes.root(), "call", "c"},
                                              &handled);
  }
};

std::string ask(caf::scoped_actor& self, const caf::actor& whom, int n) {
  std::string text;
  self->request(whom, caf::infinite, n)
      .receive([&](int) { text = "answered"; }, [&](caf::error&) { text = "bounced"; });
  return text;
}

caf::actor child_of(caf::scoped_actor& self, const caf::actor& whom) {
  caf::actor child;
  self->request(whom, caf::infinite, std::string{"child"})
      .receive([&](caf::actor& a) { child = a; }, [](caf::error&) {});
  return child;
}

} // namespace

TEST_CASE("shutdown: a running shard answers, from any thread", "[actor][shutdown]") {
  fixture f;
  shard home{f.system, 0, f.clock, f.bell};
  shard_thread thread{home, f.bell};
  caf::scoped_actor self{f.system};
  auto c = f.spawn(home);
  CHECK(ask(self, c, 1) == "answered");
  CHECK(ask(self, child_of(self, c), 1) == "answered");
  const std::vector<caf::actor> supervisors{c};
  const std::vector<shard_thread*> threads{&thread};
  CHECK(stop_node(f.system, supervisors, threads, 10s));
  CHECK(f.nodes.size() == 0);
}

TEST_CASE("shutdown: sends to a stopped shard are bounced", "[actor][shutdown]") {
  fixture f;
  caf::actor c;
  caf::actor child;
  caf::scoped_actor self{f.system};
  const auto both_bounce = [&] {
    CHECK(ask(self, c, 1) == "bounced");
    CHECK(ask(self, child, 1) == "bounced");
    caf::anon_send(c, 1);
    caf::anon_send(child, 1);
  };
  {
    shard home{f.system, 0, f.clock, f.bell};
    {
      shard_thread thread{home, f.bell};
      c = f.spawn(home);
      child = child_of(self, c);
    } // stopped without ending its actors first
    CHECK(f.nodes.size() == 0);
    both_bounce();
    CHECK(!home.post([] {}));
    CHECK(!home.turn());
    auto late = f.spawn(home); // ends at once
    CHECK(ask(self, late, 1) == "bounced");
    CHECK(f.nodes.size() == 0);
  }
  both_bounce();                             // the shard itself is gone
  CHECK(f.system.registry().running() == 1); // only `self`
}

TEST_CASE("shutdown: a supervisor that does not end costs the patience and no more",
          "[actor][shutdown]") {
  fixture f;
  class stubborn final : public tandem::sharded<caf::event_based_actor> {
  public:
    stubborn(caf::actor_config& c, shard& s, tree_place p) : sharded(c, s, std::move(p)) {
      set_exit_handler([](caf::scheduled_actor*, caf::exit_msg&) {});
    }
    caf::behavior make_behavior() override {
      return {[](int n) { return n; }};
    }
  };
  shard home{f.system, 0, f.clock, f.bell};
  shard_thread thread{home, f.bell};
  const std::vector<caf::actor> supervisors{
      f.system.spawn<stubborn>(home, tree_place{f.nodes.root(), "supervisor", "calls"})};
  const std::vector<shard_thread*> threads{&thread};
  CHECK(!stop_node(f.system, supervisors, threads, 20ms));
  CHECK(f.nodes.size() == 0);
}

TEST_CASE("shutdown: under load from three threads every request is answered or bounced",
          "[actor][shutdown][threads]") {
  for (int round = 0; round < 20; ++round) {
    fixture f;
    std::atomic<int> answered{0};
    std::atomic<int> bounced{0};
    std::atomic<bool> stop{false};
    std::vector<std::thread> senders;
    {
      shard home{f.system, 0, f.clock, f.bell};
      caf::actor c = f.spawn(home);
      caf::actor child;
      shard_thread thread{home, f.bell};
      {
        caf::scoped_actor self{f.system};
        child = child_of(self, c);
      }
      for (int i = 0; i < 3; ++i)
        senders.emplace_back([&, c, child] {
          caf::scoped_actor self{f.system};
          while (!stop || bounced == 0) {
            for (const auto& whom : {c, child}) {
              caf::anon_send(whom, 0);
              ++(ask(self, whom, 1) == "answered" ? answered : bounced);
            }
          }
        });
      while (answered < 50)
        std::this_thread::yield();
      if (round % 2 == 0) // in the right order, or straight away
        caf::anon_send_exit(c, caf::exit_reason::user_shutdown);
      thread.stop();
      stop = true;
      for (auto& s : senders)
        s.join();
    }
    CHECK(bounced > 0);
    CHECK(f.nodes.size() == 0);
    CHECK(f.system.registry().running() == 0);
  }
}

TEST_CASE("shutdown: actors of two shards that talk to each other end with either",
          "[actor][shutdown][threads]") {
  fixture f;
  bell_only other_bell;
  class echo final : public tandem::sharded<caf::event_based_actor> {
  public:
    echo(caf::actor_config& c, shard& s, tree_place p, std::atomic<int>* handled)
      : sharded(c, s, std::move(p)), handled_(*handled) {}
    caf::behavior make_behavior() override {
      return {[this](const caf::actor& peer, int n) {
        ++handled_;
        send(peer, caf::actor{this}, n + 1);
      }};
    }

  private:
    std::atomic<int>& handled_;
  };
  shard one{f.system, 0, f.clock, f.bell};
  shard two{f.system, 1, f.clock, other_bell};
  shard_thread thread_one{one, f.bell};
  shard_thread thread_two{two, other_bell};
  auto a = f.system.spawn<echo>(one, tree_place{f.nodes.root(), "test", "a"}, &f.handled);
  auto b = f.system.spawn<echo>(two, tree_place{f.nodes.root(), "test", "b"}, &f.handled);
  for (int i = 0; i < 100; ++i)
    caf::anon_send(a, b, i);
  while (f.handled < 10'000)
    std::this_thread::yield();
  thread_one.stop();
  thread_two.stop();
  CHECK(f.nodes.size() == 0);
  CHECK(one.faults() + two.faults() == 0);
}
