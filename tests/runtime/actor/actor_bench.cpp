// What the runtime costs: a tree of 12 actors from birth to death, messages in place, timers, the
// tree. ./build/release/bin/actor_bench (target of this folder: it links CAF)
#include "runtime/actor/nested.hpp"
#include "runtime/actor/ref.hpp"
#include "tests/support/deterministic_shard.hpp"

#include <benchmark/benchmark.h>
#include <caf/event_based_actor.hpp>
#include <caf/send.hpp>

#include <array>
#include <memory>
#include <string>
#include <utility>
#include <vector>

using tandem::nested_actor;
using tandem::nested_place;
using tandem::nested_ptr;
using tandem::shard;
using tandem::tree_place;

namespace tandem::msg {

struct bench_visit {
  using stays_local = void;
  int* sum;
};

} // namespace tandem::msg

namespace {

using tandem::msg::bench_visit;

constexpr std::size_t kid_count = 11;
constexpr std::array<const char*, kid_count> names{"app",      "leg 0",   "leg 1",   "dialog 0",
                                                   "dialog 1", "media 0", "media 1", "invite 0",
                                                   "invite 1", "bye 0",   "bye 1"};

class child final : public nested_actor {
public:
  child(caf::actor_config& c, nested_place p) : nested_actor(c, std::move(p)) {}
  caf::behavior make_behavior() override {
    return {[](bench_visit& v) { ++*v.sum; }};
  }
};

class call final : public tandem::nesting<caf::event_based_actor> {
public:
  using nesting::nesting;
  void on_parcel(tandem::parcel) override {}
  caf::behavior make_behavior() override {
    for (std::size_t i = 0; i < kid_count; ++i)
      kids_[i] = start<child>("child", names[i]);
    return {[this](int visits) {
      for (int i = 0; i < visits; ++i)
        visit_all();
    }};
  }
  void visit_all() {
    bench_visit v{&sum_};
    for (auto& k : kids_)
      benchmark::DoNotOptimize(run(*k, v));
  }
  void on_exit() override { kids_ = {}; }

private:
  std::array<nested_ptr<child>, kid_count> kids_;
  int sum_ = 0;
};

caf::actor spawn_call(tandem::test::deterministic_shard& world, std::string name) {
  return world.system().spawn<call, caf::lazy_init>(
      world.home, tree_place{world.nodes.root(), "call", std::move(name)});
}

/// Spawn 12 actors, send each `range` messages in place, end them.
void call_lifetime(benchmark::State& state) {
  tandem::test::deterministic_shard world;
  const auto visits = static_cast<int>(state.range(0));
  for (auto _ : state) {
    auto c = spawn_call(world, "7f3a9c0d5e1b42668f3a9c0d5e1b4266");
    caf::anon_send(c, visits);
    caf::anon_send_exit(c, caf::exit_reason::user_shutdown);
    world.settle();
  }
}
BENCHMARK(call_lifetime)->Arg(0)->Arg(1)->Arg(10)->Unit(benchmark::kMicrosecond);

/// One message to one child, run in place.
void message_in_place(benchmark::State& state) {
  tandem::test::deterministic_shard world;
  auto handle = spawn_call(world, "c");
  caf::anon_send(handle, 1);
  world.settle();
  auto& c = *static_cast<call*>(caf::actor_cast<caf::abstract_actor*>(handle));
  for (auto _ : state)
    c.visit_all();
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(kid_count));
}
BENCHMARK(message_in_place);

/// One message through the mailbox of a sharded actor, with its turn.
void message_by_mailbox(benchmark::State& state) {
  tandem::test::deterministic_shard world;
  auto handle = spawn_call(world, "c");
  world.settle();
  for (auto _ : state) {
    caf::anon_send(handle, 0);
    world.settle();
  }
}
BENCHMARK(message_by_mailbox);

struct ticker {
  int fired = 0;
  tandem::timer t = tandem::timer::calling<&ticker::fire>(this);
  void fire() { ++fired; }
};

/// Start and stop among 10,000 running timers.
void timer_start_stop(benchmark::State& state) {
  using std::chrono::milliseconds;
  tandem::timer_wheel wheel{tandem::time_point{milliseconds{12'345}}};
  std::vector<std::unique_ptr<ticker>> running;
  for (int i = 0; i < 10'000; ++i) {
    running.push_back(std::make_unique<ticker>());
    running.back()->t.start(wheel, tandem::time_point{milliseconds{12'345 + 7 * i}});
  }
  ticker one;
  int i = 0;
  for (auto _ : state) {
    one.t.start(wheel, tandem::time_point{milliseconds{12'346 + (i++ & 0x7fff)}});
    one.t.stop();
  }
}
BENCHMARK(timer_start_stop);

/// Start and fire, 32 timers to a millisecond, 500 ms ahead: cascades included.
void timer_start_fire(benchmark::State& state) {
  using std::chrono::milliseconds;
  auto now = tandem::time_point{milliseconds{12'345}};
  tandem::timer_wheel wheel{now};
  std::vector<ticker> tickers(32 * 500);
  std::size_t next = 0;
  for (auto _ : state) {
    for (int k = 0; k < 32; ++k)
      tickers[next++ % tickers.size()].t.start(wheel, now + milliseconds{499});
    now += milliseconds{1};
    wheel.advance(now);
  }
  state.SetItemsProcessed(state.iterations() * 32);
}
BENCHMARK(timer_start_fire);

/// An entry of the tree among `range` siblings: made and removed.
void tree_entry_life(benchmark::State& state) {
  tandem::tree t{"a"};
  std::vector<tandem::tree_entry> siblings;
  for (int i = 0; i < state.range(0); ++i)
    siblings.emplace_back(tree_place{t.root(), "call", "sibling " + std::to_string(i)},
                          tandem::time_point{}, caf::weak_actor_ptr{});
  for (auto _ : state) {
    tandem::tree_entry e{{t.root(), "call", "leg 0"}, {}, {}};
    benchmark::DoNotOptimize(e.id());
  }
}
BENCHMARK(tree_entry_life)->Arg(10)->Arg(10'000);

void tree_find(benchmark::State& state) {
  tandem::tree t{"a"};
  const tandem::tree_entry calls{{t.root(), "supervisor", "calls"}, {}, {}};
  std::vector<tandem::tree_entry> all;
  for (int i = 0; i < 10'000; ++i)
    all.emplace_back(tree_place{calls.branch(), "call", "sibling " + std::to_string(i)},
                     tandem::time_point{}, caf::weak_actor_ptr{});
  for (auto _ : state)
    benchmark::DoNotOptimize(t.find("calls/sibling 7777"));
}
BENCHMARK(tree_find);

void tree_snapshot_10k(benchmark::State& state) {
  tandem::tree t{"a"};
  std::vector<tandem::tree_entry> all;
  for (int i = 0; i < 10'000; ++i)
    all.emplace_back(tree_place{t.root(), "call", "sibling " + std::to_string(i)},
                     tandem::time_point{}, caf::weak_actor_ptr{});
  for (auto _ : state)
    benchmark::DoNotOptimize(t.snapshot({}));
}
BENCHMARK(tree_snapshot_10k)->Unit(benchmark::kMillisecond);

} // namespace
