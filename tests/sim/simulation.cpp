#include "tests/sim/simulation.hpp"

#include "actors/call/fault_plan.hpp"
#include "tests/actors/node_life.hpp"
#include "tests/actors/world.hpp"
#include "tests/sim/edge.hpp"
#include "tests/sim/judge.hpp"
#include "tests/sim/phone.hpp"
#include "tests/sim/phone_call.hpp"
#include "tests/sim/street.hpp"

#include <algorithm>
#include <optional>
#include <stdexcept>

using namespace std::chrono_literals;

namespace tandem::test {

namespace {

constexpr duration longest = 300s;           ///< beyond it a run has got stuck
constexpr duration settling = 3s;            ///< after a start or a stall
constexpr duration lingering = 40s;          ///< 64*T1, and the patience of calls that are over
constexpr duration refreshed_within = 1000s; ///< half of the node's sip.session_expires_s, and some

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
    for (const auto* media : {"anchored", "direct"})
      text += "[[routes]]\nmatch = \"^" + (*media == 'd' ? direct_prefix + match : match)
              + "$\"\napp = \"" + app + "\"\nto = \"sip:{user}@127.0.0.1:" + std::to_string(port)
              + "\"\nmedia = \"" + media + "\"\n";
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
  std::vector<std::unique_ptr<edge_store>> marks;
  std::unique_ptr<node_life> node;
};

class simulation final : private actors::fault_plan {
public:
  explicit simulation(const run_plan& plan)
    : plan_(plan), draw_(plan.seed ^ 0x5eed), fate_(plan.seed ^ 0xfa7e),
      net_(plan.seed, plan.network), street_{time_,
                                             bell_,
                                             net_,
                                             draw_,
                                             out_.judged,
                                             plan_,
                                             *parse_ip_endpoint("127.0.0.1:5060"),
                                             time_.now()} {
    calls_.resize(plan.shards);
    marks_.resize(plan.shards);
    registrations_.resize(plan.shards);
    street_.is_torn = [this](unsigned call) {
      return torn_.contains(hash_("call-" + std::to_string(call), "from-" + std::to_string(call)));
    };
    start_node();
    rows_at_rest_ = life_->node->rows_at_rest;
    timers_at_rest_ = life_->node->timers_at_rest;
    for (unsigned i = 0; i < phone_count; ++i)
      phones_.push_back(std::make_unique<phone>(street_, i));
    for (const auto& c : plan_.calls)
      street_.after(c.start, [this, &c] { phones_[c.caller]->call(c); });
    for (const auto& c : plan_.crashes)
      street_.after(c.at, [this, &c] { doom(c); });
    for (const auto& s : plan_.stalls)
      street_.after(s.at, [this, &s] { stall(s.lasts); });
    look_at_media();
    street_.after(plan_.faults_end, [this] {
      note("the faults end");
      doomed_ = nullptr;
      net_.set_conditions({.latency = 1ms});
    });
  }

  run_result run() {
    const auto last = street_.start + longest;
    while (time_.now() < last && !is_over())
      advance(last);
    check_all_are_over();
    linger();
    if (!torn_.empty() && records() > 0) { // calls whose end was torn off
      silence_media();
      linger();
    }
    if (!torn_.empty() && records() > 0) // of direct ones a refresh finds out (RFC 4028 §10)
      linger(refreshed_within);
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
    up_since_ = time_.now();
    life_ = std::make_unique<life_on_edge>();
    auto& l = *life_;
    const notary notes = [this](trace_line line) { note(std::move(line)); };
    l.net = std::make_unique<edge_network>(net_, l.on, notes);
    std::vector<actors::shard_stores> disks;
    for (std::size_t i = 0; i < plan_.shards; ++i) {
      l.stores.push_back(std::make_unique<edge_store>(calls_[i], l.on, notes));
      l.stores.push_back(std::make_unique<edge_store>(registrations_[i], l.on, notes));
      l.marks.push_back(std::make_unique<edge_store>(marks_[i], l.on, [](const trace_line&) {}));
      disks.push_back({*l.stores[2 * i], *l.stores[2 * i + 1], l.marks[i].get()});
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
        this,
        [this](const key128& key, wall_time started) {
          return written_.contains(to_string(key) + actors::utc_text(started));
        },
        boot_};
    l.node = std::make_unique<node_life>(
        on,
        node_shape{.settings = settings_for(plan_), .apps = test_catalogue(), .ring_timeout = 20s});
  }

  // -- fate --------------------------------------------------------------------------------------

  act on_entry(const key128& call, std::optional<actors::child_kind>,
               const std::string& path) override {
    if (!life_ || !life_->on->on || street_.elapsed() >= plan_.faults_end)
      return act::proceed;
    meet(planned_crash::moment::handler);
    if (!fate_.chance(plan_.throws.chance) || thrown_[call] >= plan_.throws.per_call)
      return act::proceed;
    ++thrown_[call];
    ++out_.throws;
    const auto how = fate_.chance(0.5) ? act::throw_before_commit : act::throw_after_commit;
    note({.is = trace_line::kind::fate,
          .key = call,
          .bytes = (path.empty() ? "the call" : path) + " of " + to_string(call) + " throws "
                   + (how == act::throw_before_commit ? "before" : "after") + " the commit"});
    return how;
  }

  void on_point(actors::turn_point) override { meet(planned_crash::moment::turn_point); }

  /// A crash whose time has come: at once, or after so many handlers or points.
  void doom(const planned_crash& c) {
    if (c.when == planned_crash::moment::between_turns || !life_)
      return crash(c);
    doomed_ = &c;
    countdown_ = c.countdown;
  }

  /// From here on nothing is stored or sent; what the process would still do, it does in vain.
  void meet(planned_crash::moment m) {
    if (doomed_ == nullptr || doomed_->when != m || countdown_-- > 0)
      return;
    life_->on->on = false;
    note(m == planned_crash::moment::handler ? "dies in a handler" : "dies at a point of its turn");
  }

  void crash(const planned_crash& c) {
    doomed_ = nullptr;
    if (!life_)
      return; // it is down already
    life_->on->on = false;
    life_.reset();
    for (auto& disk : calls_)
      torn_.merge(disk.tear(c.torn));
    ++out_.crashes;
    if (c.torn > 0)
      boot_ += "'";
    note("the node is dead, " + std::to_string(c.torn) + " commits are lost");
    street_.after(c.down, [this] { start_node(); });
  }

  void stall(duration lasts) {
    note("the node stalls");
    stalled_until_ = time_.now() + lasts;
    street_.after(lasts, [] {}); // to be woken
  }

  [[nodiscard]] std::size_t records() const {
    std::size_t n = 0;
    for (const auto& disk : calls_)
      n += disk.size();
    return n;
  }

  void linger(duration how_long = lingering) {
    const auto end = time_.now() + how_long;
    while (time_.now() < end)
      advance(end);
  }

  /// Nobody talks any more: a minute later the media workers say so.
  void silence_media() {
    auto& engine = life_->node->media;
    for (std::uint16_t port = 20000; port < 20200; port = static_cast<std::uint16_t>(port + 2))
      if (const auto* e = engine.at_port(port))
        engine.say(e->slot.id, media::rtp_timeout{60s});
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
      if (!life_->on->on)
        crash(*doomed_);
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

  // -- audio -------------------------------------------------------------------------------------

  /// Every few seconds: whoever talks steadily is connected with the other side, and his media goes
  /// where he wants it and in the directions that both want.
  void look_at_media() {
    street_.after(3s, [this] {
      if (runs() && time_.now() - up_since_ > settling && time_.now() - stalled_until_ > settling)
        for (const auto& [number, sides] : street_.sides)
          for (const auto* side : sides)
            if (const auto* other = side->partner();
                other != nullptr && side->is_steady() && other->is_steady())
              check_audio(*side, *other);
      look_at_media();
    });
  }

  void check_audio(const phone_call& side, const phone_call& other) {
    if (plan_.calls.at(side.number()).direct) {
      if (side.node_port() != other.rtp_port())
        street_.fail_unless_torn(side.number(), "audio",
                                 side.name() + " was not told where " + other.name() + " listens");
      return;
    }
    const auto* ours = life_->node->media.at_port(side.node_port());
    const auto* theirs = life_->node->media.at_port(other.node_port());
    if (ours == nullptr || theirs == nullptr)
      return street_.fail_unless_torn(side.number(), "audio",
                                      side.name() + ": the port that it was told is closed");
    if (!life_->node->media.are_connected(ours->slot.id, theirs->slot.id))
      return street_.fail_unless_torn(side.number(), "audio",
                                      side.name() + " is not connected with " + other.name());
    if (!ours->remote || ours->remote->rtp.port != side.rtp_port())
      street_.fail_unless_torn(side.number(), "audio", side.name() + ": its media goes elsewhere");
    using enum media::direction;
    const auto from = theirs->allowed == send_receive || theirs->allowed == receive_only;
    const auto to = ours->allowed == send_receive || ours->allowed == send_only;
    if ((from && to) == side.is_holding())
      street_.fail_unless_torn(side.number(), "audio",
                               side.name()
                                   + (side.is_holding() ? " holds, and hears " : " does not hear ")
                                   + other.name());
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
  simulated_random fate_; ///< of its own, so that a fault more does not change the phones' draws
  simulated_network net_;
  simulated_reactor bell_{time_}; ///< of the phones, and of fate
  run_result out_;
  street street_;
  std::vector<edge_disk> calls_;
  std::vector<edge_disk> marks_;
  std::string boot_ = "boot";     ///< another one after a power cut
  std::set<std::string> written_; ///< CDRs, by key and start
  std::vector<edge_disk> registrations_;
  std::set<key128> torn_;
  siphash hash_{siphash::secret{1, 2, 3}}; ///< the node's, for the keys of calls
  std::unique_ptr<life_on_edge> life_;
  std::vector<std::unique_ptr<phone>> phones_;
  time_point stalled_until_;
  time_point up_since_;
  const planned_crash* doomed_ = nullptr;
  unsigned countdown_ = 0;
  std::map<key128, unsigned> thrown_;
  std::size_t rows_at_rest_ = 0;
  std::size_t timers_at_rest_ = 0;
};

} // namespace

run_result run_simulation(const run_plan& plan) {
  return simulation{plan}.run();
}

} // namespace tandem::test
