#include "tests/sim/plan.hpp"

#include "runtime/io/simulated/simulated_random.hpp"

#include <algorithm>

using namespace std::chrono_literals;

namespace tandem::test {

namespace {

class planner {
public:
  explicit planner(std::uint64_t seed) : draw_(seed), ways_(seed ^ 0xd12ec7) { out_.seed = seed; }

  run_plan plan() {
    out_.shards = draw_.chance(0.25) ? 2 : 1;
    out_.faults_end = between(20s, 45s);
    draw_network();
    const auto calls = 3 + draw_.below(6);
    for (unsigned i = 0; i < calls; ++i)
      draw_call(i);
    draw_throws();
    if (draw_.chance(0.3))
      out_.stalls.push_back({between(1s, out_.faults_end), between(50ms, 1500ms)});
    draw_crashes();
    return out_;
  }

private:
  duration between(duration low, duration high) {
    const auto span = static_cast<std::uint64_t>((high - low) / 1ms) + 1;
    return low + std::chrono::milliseconds{draw_.below(span)};
  }

  /// A third of the runs has a good network, so that other faults are seen alone.
  void draw_network() {
    auto& n = out_.network;
    n.latency = between(1ms, 20ms);
    if (draw_.chance(0.33))
      return;
    n.jitter = between(0ms, 30ms);
    n.loss = static_cast<double>(draw_.below(16)) / 100;
    n.duplication = static_cast<double>(draw_.below(11)) / 100;
    n.reorder = static_cast<double>(draw_.below(16)) / 100;
    n.reorder_delay = between(10ms, 700ms);
  }

  /// Mostly fewer than would end a call.
  void draw_throws() {
    if (!draw_.chance(0.4))
      return;
    out_.throws.chance = static_cast<double>(1 + draw_.below(20)) / 1000;
    if (draw_.chance(0.2))
      out_.throws.per_call = 100;
  }

  /// The process dies at a moment of its own; one time in five the power fails with it.
  void draw_crashes() {
    if (!draw_.chance(0.6))
      return;
    const auto n = 1 + draw_.below(3);
    const bool power = draw_.chance(0.2);
    for (std::size_t i = 0; i < n; ++i) {
      planned_crash c;
      c.at = between(500ms, out_.faults_end - 8s);
      c.when = static_cast<planned_crash::moment>(draw_.below(3));
      c.countdown = static_cast<unsigned>(draw_.below(30));
      c.down = draw_.chance(0.3) ? between(0ms, 20ms) : between(0ms, 5s);
      c.torn = power ? 1 + draw_.below(6) : 0;
      out_.crashes.push_back(c);
    }
  }

  call_kind draw_kind() {
    constexpr call_kind kinds[]{call_kind::bridge, call_kind::bridge,      call_kind::bridge,
                                call_kind::bridge, call_kind::early_media, call_kind::echo,
                                call_kind::fork,   call_kind::fork,        call_kind::busy,
                                call_kind::cancel, call_kind::no_answer};
    return kinds[draw_.below(std::size(kinds))];
  }

  void draw_call(unsigned number) {
    call_plan c{.number = number, .kind = draw_kind()};
    c.caller = static_cast<unsigned>(draw_.below(phone_count));
    c.start = between(0s, 12s);
    c.talks = draw_.chance(0.25) ? between(50s, 110s) : between(2s, 40s);
    c.ends_by = static_cast<hanging_up>(draw_.below(3));
    c.late_offer = draw_.chance(0.1);
    c.routes = draw_.chance(0.4);
    c.timed = draw_.chance(0.4);
    c.cancel_after = between(0ms, 4s);
    draw_callees(c);
    if (c.kind == call_kind::echo) {
      c.dialled = "9196";
      c.ends_by = hanging_up::caller;
    }
    c.direct = c.kind != call_kind::echo && ways_.chance(0.25);
    if (c.direct)
      c.dialled.insert(0, direct_prefix);
    draw_acts(c);
    out_.calls.push_back(std::move(c));
  }

  void draw_callees(call_plan& c) {
    using answer = callee_plan::answer;
    if (c.kind == call_kind::echo)
      return;
    if (c.kind == call_kind::fork)
      return draw_fork(c);
    callee_plan one{.phone = static_cast<unsigned>(draw_.below(phone_count))};
    if (one.phone == c.caller)
      one.phone = (one.phone + 1) % phone_count;
    one.rings = between(0ms, 5s);
    one.early_media = c.kind == call_kind::early_media;
    if (c.kind == call_kind::busy)
      one.does = answer::is_busy;
    if (c.kind == call_kind::no_answer || (c.kind == call_kind::cancel && draw_.chance(0.7)))
      one.does = answer::only_rings;
    c.dialled = "7" + std::to_string(one.phone);
    c.callees.push_back(one);
  }

  /// Several phones ring at once; the first to answer gets the call, and sometimes two do.
  void draw_fork(call_plan& c) {
    using answer = callee_plan::answer;
    const auto n = static_cast<unsigned>(2 + draw_.below(2));
    c.caller =
        first_free_phone + static_cast<unsigned>(draw_.below(phone_count - first_free_phone));
    c.dialled = "phones_" + std::to_string(n);
    c.late_offer = false;
    const auto rings = between(0ms, 5s);
    const bool together = draw_.chance(0.3);
    for (unsigned i = 0; i < n; ++i)
      c.callees.push_back({.phone = i,
                           .does = static_cast<answer>(draw_.below(3)),
                           .early_media = draw_.chance(0.2),
                           .rings = together ? rings : between(0ms, 5s)});
    c.callees[draw_.below(n)].does = answer::accepts;
  }

  void draw_acts(call_plan& c) {
    const auto n = draw_.below(5);
    for (std::size_t i = 0; i < n; ++i) {
      planned_act a;
      a.is = static_cast<planned_act::what>(draw_.below(3));
      a.by_caller = c.kind == call_kind::echo || draw_.chance(0.5);
      a.after = between(100ms, std::max<duration>(c.talks, 1s));
      c.acts.push_back(a);
      if (c.kind != call_kind::echo && draw_.chance(0.2)) { // glare: both at once
        a.by_caller = !a.by_caller;
        c.acts.push_back(a);
      }
    }
  }

  simulated_random draw_;
  simulated_random ways_; ///< of its own: anchored or direct, all else of a seed is the same
  run_plan out_;
};

std::string ms(duration d) {
  return std::to_string(d / 1ms) + " ms";
}

std::string where(const planned_crash& c) {
  switch (c.when) {
    case planned_crash::moment::between_turns: return "";
    case planned_crash::moment::handler:
      return " in handler " + std::to_string(c.countdown) + " from there";
    case planned_crash::moment::turn_point:
      return " at point " + std::to_string(c.countdown) + " from there";
  }
  return "";
}

const char* name_of(call_kind k) {
  constexpr const char* names[]{"bridge", "early media", "echo",  "fork",
                                "busy",   "no answer",   "cancel"};
  return names[static_cast<std::size_t>(k)];
}

} // namespace

run_plan draw_plan(std::uint64_t seed) {
  return planner{seed}.plan();
}

std::string to_text(const run_plan& p) {
  auto out = "seed " + std::to_string(p.seed) + ": " + std::to_string(p.shards)
             + " shard(s), faults until " + ms(p.faults_end) + ", latency " + ms(p.network.latency)
             + " + " + ms(p.network.jitter) + ", loss " + std::to_string(p.network.loss)
             + ", duplication " + std::to_string(p.network.duplication) + ", reordering "
             + std::to_string(p.network.reorder) + " by " + ms(p.network.reorder_delay) + "\n";
  for (const auto& c : p.calls) {
    out += "  call c" + std::to_string(c.number) + ": " + name_of(c.kind) + ", phone "
           + std::to_string(c.caller) + " dials " + c.dialled + " at " + ms(c.start) + ", talks "
           + ms(c.talks) + (c.routes ? ", routes" : "") + (c.timed ? ", session timer" : "")
           + (c.late_offer ? ", late offer" : "") + (c.direct ? ", direct" : "") + "\n";
    for (const auto& a : c.acts)
      out += std::string("    ") + (a.by_caller ? "caller" : "callee") + " "
             + (a.is == planned_act::what::info       ? "INFO"
                : a.is == planned_act::what::reinvite ? "re-INVITE"
                                                      : "UPDATE")
             + " after " + ms(a.after) + "\n";
  }
  if (p.throws.chance > 0)
    out += "  handlers throw with " + std::to_string(p.throws.chance) + ", "
           + std::to_string(p.throws.per_call) + " times per call at most\n";
  for (const auto& s : p.stalls)
    out += "  stall at " + ms(s.at) + " for " + ms(s.lasts) + "\n";
  for (const auto& c : p.crashes)
    out += "  crash at " + ms(c.at) + where(c) + ", down " + ms(c.down) + ", "
           + std::to_string(c.torn) + " commits torn\n";
  return out;
}

} // namespace tandem::test
