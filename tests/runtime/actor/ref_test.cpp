#include "runtime/actor/ref.hpp"

#include "runtime/actor/sharded.hpp"
#include "tests/support/deterministic_shard.hpp"

#include <caf/event_based_actor.hpp>
#include <caf/scoped_actor.hpp>
#include <catch2/catch.hpp>

#include <string>

using tandem::ref;
using tandem::shard;
using tandem::tree_place;
using tandem::unresolved;
using tandem::msg::ref_down;

namespace {

class listener final : public tandem::sharded<caf::event_based_actor> {
public:
  using sharded::sharded;
  caf::behavior make_behavior() override {
    return {[this](int n) { last = n; },
            [this](const std::string& s) { quit(caf::make_error(caf::sec::runtime_error, s)); }};
  }
  int last = 0;
};

struct fixture {
  tandem::test::deterministic_shard world;
  caf::scoped_actor watcher{world.system()};

  caf::actor spawn(const std::string& name) {
    return world.system().spawn<listener>(world.home, tree_place{world.nodes.root(), "test", name});
  }
  static listener& state_of(const caf::actor& a) {
    return *static_cast<listener*>(caf::actor_cast<caf::abstract_actor*>(a));
  }
  std::string down_reason() {
    std::string reason;
    watcher->receive([&](const ref_down& d) { reason = d.reason; });
    return reason;
  }
  caf::actor watcher_address() { return caf::actor{watcher.ptr()}; }
};

} // namespace

TEST_CASE("ref: leads to the actor, or says why not", "[actor][ref]") {
  fixture f;
  auto& nodes = f.world.nodes;
  auto a = f.spawn("x");
  const auto to = ref_to(nodes, fixture::state_of(a).entry());
  CHECK(to.node == "a");
  CHECK(to.path == "x");
  CHECK(resolve(nodes, to) == a);
  CHECK(resolve(nodes, ref{"a", "x", 0}) == a);
  CHECK(resolve(nodes, ref{"b", "x", 0}).error() == unresolved::no_such_node);
  CHECK(resolve(nodes, ref{"a", "y", 0}).error() == unresolved::gone);

  CHECK(send_to(nodes, to, 5).has_value());
  f.world.settle();
  CHECK(fixture::state_of(a).last == 5);

  caf::anon_send_exit(a, caf::exit_reason::kill);
  f.world.settle();
  CHECK(resolve(nodes, to).error() == unresolved::gone);
  CHECK(send_to(nodes, to, 6).error() == unresolved::gone);

  auto successor = f.spawn("x"); // a restart
  CHECK(resolve(nodes, to).error() == unresolved::restarted);
  CHECK(send_to(nodes, to, 6).error() == unresolved::restarted);
  CHECK(resolve(nodes, ref{"a", "x", 0}) == successor);
  f.world.settle();
  CHECK(fixture::state_of(successor).last == 0);
}

TEST_CASE("ref: a monitor fires once, with the reason, when the actor dies", "[actor][ref]") {
  fixture f;
  auto a = f.spawn("x");
  const auto to = ref_to(f.world.nodes, fixture::state_of(a).entry());
  const auto watch = monitor(f.world.nodes, to, f.watcher_address());
  f.world.settle();
  CHECK(!f.watcher->has_next_message());
  caf::anon_send(a, std::string{"boom"});
  f.world.settle();
  CHECK(f.down_reason() == "boom");
  CHECK(!f.watcher->has_next_message());
}

TEST_CASE("ref: monitoring what is gone, restarted or elsewhere fires at once", "[actor][ref]") {
  fixture f;
  auto a = f.spawn("x");
  const auto generation = fixture::state_of(a).entry().id();
  const auto fire = [&](const ref& r) {
    const auto w = monitor(f.world.nodes, r, f.watcher_address());
    return f.down_reason();
  };
  CHECK(fire({"a", "nobody", 0}) == "gone");
  CHECK(fire({"a", "x", generation + 100}) == "restarted");
  CHECK(fire({"b", "x", 0}) == "no such node");
}

TEST_CASE("ref: a watch that ended fires no more", "[actor][ref]") {
  fixture f;
  auto a = f.spawn("x");
  const ref to{"a", "x", 0};
  {
    auto dropped = monitor(f.world.nodes, to, f.watcher_address());
    auto kept = monitor(f.world.nodes, to, f.watcher_address());
    auto moved = std::move(kept);
    dropped.stop();
    caf::anon_send(a, std::string{"boom"});
    f.world.settle();
  }
  CHECK(f.down_reason() == "boom");
  CHECK(!f.watcher->has_next_message());
}
