// sharded<> replaces the cleanup of CAF 0.17.6, leaving out its clock. These tests fail when the
// library's internals change their meaning: each states one thing that CAF's own cleanup does for
// others and ours must do too, or the one thing that ours must not do.
#include "runtime/actor/nested.hpp"
#include "runtime/actor/sharded.hpp"
#include "tests/support/deterministic_shard.hpp"

#include <caf/actor_registry.hpp>
#include <caf/config.hpp>
#include <caf/detail/test_actor_clock.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/send.hpp>
#include <catch2/catch.hpp>

#include <atomic>
#include <memory>
#include <string>

using tandem::shard;
using tandem::tree_place;

namespace {

/// Says when its memory is released.
struct witness {
  std::atomic<int>& alive;
  explicit witness(std::atomic<int>& n) : alive(n) { ++alive; }
  ~witness() { --alive; }
};

class subject final : public tandem::sharded<caf::event_based_actor> {
public:
  subject(caf::actor_config& c, shard& s, tree_place p, std::atomic<int>* alive)
    : sharded(c, s, std::move(p)), witness_(*alive) {}
  caf::behavior make_behavior() override {
    return {[this](const std::string& s) {
              if (s == "quit")
                quit(caf::make_error(caf::sec::runtime_error, s));
              else
                throw std::runtime_error{s};
            },
            [this](const caf::actor& other) { request(other, caf::infinite, 1).then([](int) {}); },
            [](int n) -> caf::result<int> {
              if (n == 0)
                return caf::skip();
              return n;
            }};
  }

private:
  witness witness_;
};

class leaf final : public tandem::nested_actor {
public:
  using nested_actor::nested_actor;
  caf::behavior make_behavior() override {
    return {[](int&) { throw std::runtime_error{"boom"}; }};
  }
};

/// Its first child throws, its second ends with it.
class parent final : public tandem::nesting<caf::event_based_actor> {
public:
  using nesting::nesting;
  void on_parcel(tandem::parcel) override {}
  caf::behavior make_behavior() override {
    return {[this](int n) {
      const auto first = start<leaf>("leaf", "first");
      (void) start<leaf>("leaf", "second");
      CHECK(run(*first, n).terminated());
      quit();
    }};
  }
};

/// Counts what reaches CAF's clock.
class spying_clock final : public caf::detail::test_actor_clock {
public:
  explicit spying_clock(std::atomic<int>& n) : touched_(n) {}
  void cancel_timeouts(caf::abstract_actor* a) override {
    ++touched_;
    test_actor_clock::cancel_timeouts(a);
  }
  void set_request_timeout(time_point t, caf::abstract_actor* a, caf::message_id id) override {
    ++touched_;
    test_actor_clock::set_request_timeout(t, a, id);
  }
  void schedule_message(time_point t, caf::strong_actor_ptr to,
                        caf::mailbox_element_ptr what) override {
    ++touched_;
    test_actor_clock::schedule_message(t, std::move(to), std::move(what));
  }
  using test_actor_clock::schedule_message;

private:
  std::atomic<int>& touched_;
};

class spying_coordinator final : public caf::scheduler::test_coordinator {
public:
  using test_coordinator::test_coordinator;
  caf::detail::test_actor_clock& clock() noexcept override { return clock_; }
  std::atomic<int> touched{0};

private:
  spying_clock clock_{touched};
};

class spying_system {
public:
  spying_system() : system_(configured()) {}
  caf::actor_system& get() { return system_; }
  spying_coordinator& scheduler() { return dynamic_cast<spying_coordinator&>(system_.scheduler()); }

private:
  caf::actor_system_config& configured() {
    config_.module_factories.push_back([](caf::actor_system& s) -> caf::actor_system::module* {
      return std::make_unique<spying_coordinator>(s).release(); // the system owns it
    });
    return config_;
  }
  caf::actor_system_config config_;
  caf::actor_system system_;
};

struct fixture {
  std::atomic<int> alive{0};
  tandem::test::deterministic_shard world;
  caf::scoped_actor other{world.system()};

  caf::actor spawn() {
    return world.system().spawn<subject>(world.home, tree_place{world.nodes.root(), "test", "x"},
                                         &alive);
  }
};

} // namespace

TEST_CASE("CAF guard: this is the version whose internals were read", "[actor][guard]") {
  CHECK(CAF_VERSION == 1706);
}

TEST_CASE("CAF guard: a nested actor is not the weight of a scheduled one", "[actor][guard]") {
  CHECK(4 * sizeof(tandem::nested_actor) <= sizeof(caf::event_based_actor));
}

TEST_CASE("CAF guard: monitors and links fire with the reason", "[actor][guard]") {
  fixture f;
  auto watched = f.spawn();
  auto linked = f.spawn();
  f.world.settle();
  caf::actor_cast<caf::abstract_actor*>(linked)->add_link(
      caf::actor_cast<caf::abstract_actor*>(watched));
  f.other->monitor(watched);
  f.other->monitor(linked);
  caf::anon_send(watched, std::string{"quit"});
  f.world.settle();
  int down = 0;
  for (int i = 0; i < 2; ++i)
    f.other->receive([&](caf::down_msg& d) {
      ++down;
      CHECK(tandem::exit_text(d.reason) == "quit");
    });
  CHECK(down == 2);
  f.other->monitor(watched); // dead already: at once
  f.other->receive([&](caf::down_msg& d) { CHECK(tandem::exit_text(d.reason) == "quit"); });
}

TEST_CASE("CAF guard: an exception's text is the exit reason and the answer", "[actor][guard]") {
  fixture f;
  auto a = f.spawn();
  f.other->monitor(a);
  auto request = f.other->request(a, caf::infinite, std::string{"boom"});
  f.world.settle();
  std::string text;
  request.receive([] {}, [&](caf::error& e) { text = tandem::exit_text(e); });
  CHECK(text == "boom");
  f.other->receive([&](caf::down_msg& d) { CHECK(tandem::exit_text(d.reason) == "boom"); });
}

TEST_CASE("CAF guard: pending requests of others are bounced, read or skipped or later",
          "[actor][guard]") {
  fixture f;
  auto a = f.spawn();
  f.world.settle();
  auto skipped = f.other->request(a, caf::infinite, 0);
  f.world.settle(); // now in the actor's cache
  caf::anon_send(a, std::string{"quit"});
  auto unread = f.other->request(a, caf::infinite, 1);
  f.world.settle();
  auto later = f.other->request(a, caf::infinite, 1);
  int bounced = 0;
  const auto count = [&](auto& r) { r.receive([](int) {}, [&](caf::error&) { ++bounced; }); };
  count(skipped);
  count(unread);
  count(later);
  CHECK(bounced == 3);
}

TEST_CASE("CAF guard: a dead actor is not counted as running and holds no memory",
          "[actor][guard]") {
  fixture f;
  const auto running = f.world.system().registry().running();
  {
    auto a = f.spawn();
    auto asks = f.spawn();
    f.world.settle();
    CHECK(f.world.system().registry().running() == running + 2);
    caf::anon_send(asks, a); // dies with a response pending
    caf::anon_send(a, 0);    // and this one with a message skipped
    f.world.settle();
    caf::anon_send(a, std::string{"throw"});
    caf::anon_send(asks, std::string{"quit"});
    f.world.settle();
    CHECK(f.world.system().registry().running() == running);
    CHECK(f.alive == 2); // our handles
  }
  CHECK(f.alive == 0);
  CHECK(f.world.nodes.size() == 0);
}

TEST_CASE("CAF guard: nobody touches CAF's clock, neither living nor dying", "[actor][guard]") {
  std::atomic<int> alive{0};
  spying_system spying;
  auto& touched = spying.scheduler().touched;
  tandem::test::deterministic_clock clock;
  tandem::test::counting_reactor bell;
  tandem::tree nodes{"a"};
  shard home{spying.get(), 0, clock, bell};

  auto plain = spying.get().spawn(
      [](caf::event_based_actor*, int) -> caf::behavior { return {[](int) {}}; }, 0);
  spying.scheduler().run();
  touched = 0;
  caf::anon_send_exit(plain, caf::exit_reason::kill);
  spying.scheduler().run();
  CHECK(touched > 0); // so the spy sees what it is to see

  touched = 0;
  auto a = spying.get().spawn<subject>(home, tree_place{nodes.root(), "test", "x"}, &alive);
  auto b = spying.get().spawn<subject>(home, tree_place{nodes.root(), "test", "y"}, &alive);
  home.turn();
  caf::anon_send(b, a);
  home.turn();
  caf::anon_send(a, std::string{"throw"});
  caf::anon_send_exit(b, caf::exit_reason::kill);
  home.turn();
  CHECK(nodes.size() == 0);
  CHECK(touched == 0);

  const auto c = spying.get().spawn<parent>(home, tree_place{nodes.root(), "test", "z"});
  caf::anon_send(c, 0);
  home.turn();
  CHECK(nodes.size() == 0);
  CHECK(touched == 0);
}
