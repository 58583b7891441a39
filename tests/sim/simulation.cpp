#include "tests/sim/simulation.hpp"

#include "cluster/store/memory_store.hpp"
#include "tests/actors/node_life.hpp"
#include "tests/actors/world.hpp"
#include "tests/sim/edge.hpp"
#include "tests/sim/judge.hpp"
#include "tests/sim/phone.hpp"
#include "tests/sim/phone_call.hpp"
#include "tests/sim/street.hpp"

#include <optional>
#include <stdexcept>

using namespace std::chrono_literals;

namespace tandem::test {

namespace {

constexpr duration longest = 300s;  ///< beyond it a run has got stuck
constexpr duration lingering = 40s; ///< 64*T1, and the patience of calls that are over

configuration settings_for(const run_plan& plan) {
  std::string text = R"(
[node]
name = "a"
data = "var/a"
[auth]
realm = "example.test"
[[sip.listen]]
transport = "udp"
address = "127.0.0.1:5060"
[admin]
listen = "127.0.0.1:8080"
[media]
address = "127.0.0.1"
)";
  const auto route = [&text](const std::string& match, const char* app, unsigned port) {
    text += "[[routes]]\nmatch = \"^" + match + "$\"\napp = \"" + app
            + "\"\nto = \"sip:{user}@127.0.0.1:" + std::to_string(port) + "\"\n";
  };
  for (unsigned i = 0; i < phone_count; ++i)
    route("7" + std::to_string(i), "bridge", 5080 + i);
  route("phones_2", "phones_2", 5080);
  route("phones_3", "phones_3", 5080);
  text += "[[routes]]\nmatch = \"^9196$\"\napp = \"echo\"\n[sip]\nshards = "
          + std::to_string(plan.shards) + "\n";
  auto read = parse_configuration(text, "sim.toml");
  if (!read)
    throw std::logic_error{to_string(read.error().front())};
  return std::move(*read);
}

/// One life of the node with its view of the world.
struct life_on_edge {
  std::shared_ptr<power> on = std::make_shared<power>();
  std::unique_ptr<edge_network> net;
  std::vector<std::unique_ptr<edge_store>> stores;
  std::unique_ptr<node_life> node;
};

class simulation {
public:
  explicit simulation(const run_plan& plan)
    : plan_(plan), draw_(plan.seed ^ 0x5eed), net_(plan.seed, plan.network),
      street_{
          time_,      bell_, net_, draw_, out_.judged, plan_, *parse_ip_endpoint("127.0.0.1:5060"),
          time_.now()} {
    calls_.resize(plan.shards);
    marks_.resize(plan.shards);
    registrations_.resize(plan.shards);
    start_node();
    rows_at_rest_ = life_->node->rows_at_rest;
    timers_at_rest_ = life_->node->timers_at_rest;
    for (unsigned i = 0; i < phone_count; ++i)
      phones_.push_back(std::make_unique<phone>(street_, i));
    for (const auto& c : plan_.calls)
      street_.after(c.start, [this, &c] { phones_[c.caller]->call(c); });
    for (const auto& c : plan_.crashes)
      street_.after(c.at, [this, &c] { crash(c); });
    for (const auto& s : plan_.stalls)
      street_.after(s.at, [this, &s] { stall(s.lasts); });
    street_.after(plan_.faults_end, [this] {
      note("the faults end");
      net_.set_conditions({.latency = 1ms});
    });
  }

  run_result run() {
    const auto last = street_.start + longest;
    while (time_.now() < last && !is_over())
      advance(last);
    check_all_are_over();
    const auto end = time_.now() + lingering;
    while (time_.now() < end)
      advance(end);
    check_nothing_left();
    judge(out_.trace, torn_, out_.judged);
    out_.hash = out_.trace.hash() ^ net_.trace_hash();
    life_.reset();
    return std::move(out_);
  }

private:
  void note(std::string what) { note({.is = trace_line::kind::fate, .bytes = std::move(what)}); }
  void note(trace_line l) {
    l.at = street_.elapsed();
    out_.trace.add(std::move(l));
  }

  void start_node() {
    note("the node starts");
    life_ = std::make_unique<life_on_edge>();
    auto& l = *life_;
    const notary notes = [this](trace_line line) { note(std::move(line)); };
    l.net = std::make_unique<edge_network>(net_, l.on, notes);
    std::vector<actors::shard_stores> disks;
    for (std::size_t i = 0; i < plan_.shards; ++i) {
      l.stores.push_back(std::make_unique<edge_store>(calls_[i], l.on, notes));
      l.stores.push_back(std::make_unique<edge_store>(registrations_[i], l.on, notes));
      disks.push_back({*l.stores[2 * i], *l.stores[2 * i + 1], &marks_[i]});
    }
    const node_grounds on{
        time_,
        *l.net,
        std::move(disks),
        [this, alive = l.on](std::string_view line) {
          if (alive->on)
            note({.is = trace_line::kind::log, .bytes = std::string(line)});
        },
        [this, alive = l.on](const actors::call_detail& d) {
          if (!alive->on)
            return;
          note({.is = trace_line::kind::detail, .key = d.key, .bytes = actors::to_json(d)});
          written_.insert(to_string(d.key) + actors::utc_text(d.start));
        },
        nullptr,
        [this](const key128& key, wall_time started) {
          return written_.contains(to_string(key) + actors::utc_text(started));
        }};
    l.node = std::make_unique<node_life>(
        on,
        node_shape{.settings = settings_for(plan_), .apps = test_catalogue(), .ring_timeout = 20s});
  }

  /// From here on nothing is stored or sent; then the process is gone.
  void crash(const planned_crash& c) {
    if (!life_)
      return; // it is down already
    life_->on->on = false;
    life_.reset();
    for (auto& disk : calls_)
      torn_.merge(disk.tear(c.torn));
    ++out_.crashes;
    note("the node is dead, " + std::to_string(c.torn) + " commits are lost");
    street_.after(c.down, [this] { start_node(); });
  }

  void stall(duration lasts) {
    note("the node stalls");
    stalled_until_ = time_.now() + lasts;
    street_.after(lasts, [] {}); // to be woken
  }

  [[nodiscard]] bool runs() const { return life_ && time_.now() >= stalled_until_; }

  /// One round of everybody; who comes first is drawn. True: there is more to do at this moment.
  bool step() {
    const bool phones_first = draw_.chance(0.5);
    if (phones_first)
      bell_.poll({});
    if (runs()) {
      const auto n = life_->node->shards.size();
      const auto first = draw_.below(n);
      for (std::size_t i = 0; i < n; ++i)
        life_->node->step((first + i) % n);
    }
    if (!phones_first)
      bell_.poll({});
    const bool more = bell_.next() && *bell_.next() <= time_.now();
    return (runs() && life_->node->is_busy()) || more;
  }

  void advance(time_point at_most) {
    constexpr int enough = 100'000;
    for (int i = 0; step(); ++i)
      if (i > enough)
        throw std::logic_error{"it never settles"};
    auto next = bell_.next().value_or(at_most);
    if (runs())
      next = std::min(next, life_->node->next().value_or(at_most));
    time_.advance_to(std::min(at_most, std::max(next, time_.now())));
  }

  [[nodiscard]] bool is_over() const {
    if (street_.elapsed() < plan_.faults_end || street_.sides.size() < plan_.calls.size())
      return false;
    for (const auto& [number, sides] : street_.sides)
      for (const auto* side : sides)
        if (!side->is_over())
          return false;
    return true;
  }

  void check_all_are_over() {
    for (const auto& [number, sides] : street_.sides)
      for (const auto* side : sides) {
        out_.answered += side->is_caller() && side->was_answered() ? 1 : 0;
        if (!side->is_over())
          street_.fail("progress", side->name() + " never ends");
      }
  }

  void check_nothing_left() {
    const auto left = [this](const char* what, std::size_t found, std::size_t at_rest) {
      if (found != at_rest)
        street_.fail("nothing_left", std::string(what) + ": " + std::to_string(found)
                                         + " instead of " + std::to_string(at_rest));
    };
    auto& n = *life_->node;
    left("rows of the tree", n.nodes.size(), rows_at_rest_);
    left("media slots", n.media.in_use(), 0);
    left("commands to slots never handed out", n.media.faults.size(), 0);
    for (std::size_t i = 0; i < n.shards.size(); ++i) {
      left("records", calls_[i].size(), 0);
      left("calls", n.shards[i]->calls(), 0);
      left("timers", n.shards[i]->home().timers().size(), timers_at_rest_);
      left("faults of the shard", n.shards[i]->home().faults(), 0);
    }
    if (!n.gave_up.empty())
      street_.fail("nothing_left", "a supervisor gave up: " + n.gave_up);
  }

  run_plan plan_;
  simulated_clock time_;
  simulated_random draw_;
  simulated_network net_;
  simulated_reactor bell_{time_}; ///< of the phones, and of fate
  run_result out_;
  street street_;
  std::vector<edge_disk> calls_;
  std::vector<cluster::memory_store> marks_;
  std::set<std::string> written_; ///< CDRs, by key and start
  std::vector<edge_disk> registrations_;
  std::set<key128> torn_;
  std::unique_ptr<life_on_edge> life_;
  std::vector<std::unique_ptr<phone>> phones_;
  time_point stalled_until_;
  std::size_t rows_at_rest_ = 0;
  std::size_t timers_at_rest_ = 0;
};

} // namespace

run_result run_simulation(const run_plan& plan) {
  return simulation{plan}.run();
}

} // namespace tandem::test
