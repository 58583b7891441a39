#include "apps/bridge/bridge.hpp"
#include "apps/built_in.hpp"
#include "tests/actors/world.hpp"

#include <stdexcept>
#include <utility>

using namespace std::chrono_literals;

namespace tandem::test {

using namespace actors;

namespace {

enum class moment : char { incoming, progress, answer, end, timer, save, restore };

/// A bridge with a bug: it throws at one moment. Of progress only 183 is bad, of timers all, of
/// saving and restoring those after the answer.
template <moment When>
class faulty final : public call_app {
public:
  explicit faulty(std::string_view saved) : bridge_(apps::make_bridge(saved)) {
    if (bridge_->state() == bridged)
      fail_at(moment::restore);
  }

  void on_incoming(call_control& call, const incoming_call& in) override {
    bridge_->on_incoming(call, in);
    if (When == moment::timer)
      (void) call.start_timer(10s);
    fail_at(moment::incoming);
  }
  void on_progress(call_control& call, leg_number leg, const progress& p) override {
    bridge_->on_progress(call, leg, p);
    if (p.status == 183)
      fail_at(moment::progress);
  }
  void on_answer(call_control& call, leg_number leg) override {
    bridge_->on_answer(call, leg);
    answered_ = true;
    fail_at(moment::answer);
  }
  void on_end(call_control& call, leg_number leg, const leg_end& end) override {
    bridge_->on_end(call, leg, end);
    fail_at(moment::end);
  }
  void on_timer(call_control&, timer_number) override { fail_at(moment::timer); }

  [[nodiscard]] const char* state() const override { return bridge_->state(); }
  [[nodiscard]] std::string save() const override {
    if (answered_)
      fail_at(moment::save);
    return bridge_->save();
  }

private:
  static constexpr std::string_view bridged = "bridged";

  static void fail_at(moment now) {
    if (now == When)
      throw std::runtime_error{"a bug in the application"};
  }
  std::unique_ptr<call_app> bridge_;
  bool answered_ = false;
};

/// Rings at once, answers with echo after five seconds, hangs up after thirty more.
class slow_echo final : public call_app {
public:
  explicit slow_echo(std::string_view saved) : answered_(saved == "answered") {}

  void on_incoming(call_control& call, const incoming_call&) override {
    call.ring(caller);
    (void) call.start_timer(5s);
    call.stop_timer(call.start_timer(1s));
  }
  void on_timer(call_control& call, timer_number) override {
    if (std::exchange(answered_, true))
      return call.hang_up(caller);
    call.answer_with_echo(caller);
    (void) call.start_timer(30s);
  }
  [[nodiscard]] const char* state() const override { return answered_ ? "answered" : "ringing"; }
  [[nodiscard]] std::string save() const override { return answered_ ? "answered" : "new"; }

private:
  bool answered_ = false;
};

/// Dials `Legs` legs, or starts `Timers` timers of a minute, all in one input; then rejects.
template <int Legs, int Timers>
class greedy final : public call_app {
public:
  explicit greedy(std::string_view) {}

  void on_incoming(call_control& call, const incoming_call& in) override {
    for (int i = 0; i < Legs; ++i)
      (void) call.dial({.to = in.target});
    for (int i = 0; i < Timers; ++i)
      (void) call.start_timer(60s);
    for (int i = 0; i < Legs; ++i)
      call.hang_up({static_cast<std::uint8_t>(i + 1)});
    call.reject(caller, 486);
  }
  [[nodiscard]] const char* state() const override { return "greedy"; }
  [[nodiscard]] std::string save() const override { return "x"; }
};

/// A bridge to a user who is registered at 127.0.0.1:5080, 5081 …: `First` phones that are to ring
/// first, and `Later` ones with a lower q.
template <int First, int Later>
class registered final : public call_app {
public:
  explicit registered(std::string_view saved) : bridge_(apps::make_bridge(saved)) {}

  void on_incoming(call_control& call, const incoming_call& in) override {
    auto routed = in;
    for (int i = 0; i < First + Later; ++i)
      routed.contacts.push_back({.uri = "sip:phone@127.0.0.1:" + std::to_string(5080 + i),
                                 .q_thousandths = std::uint16_t(i < First ? 1000 : 500)});
    bridge_->on_incoming(call, routed);
  }
  void on_progress(call_control& call, leg_number leg, const progress& p) override {
    bridge_->on_progress(call, leg, p);
  }
  void on_answer(call_control& call, leg_number leg) override { bridge_->on_answer(call, leg); }
  void on_end(call_control& call, leg_number leg, const leg_end& end) override {
    bridge_->on_end(call, leg, end);
  }
  [[nodiscard]] const char* state() const override { return bridge_->state(); }
  [[nodiscard]] std::string save() const override { return bridge_->save(); }

private:
  std::unique_ptr<call_app> bridge_;
};

/// Sends the caller elsewhere.
class elsewhere final : public call_app {
public:
  explicit elsewhere(std::string_view) {}
  void on_incoming(call_control& call, const incoming_call&) override {
    call.redirect(caller, {"sip:first@192.0.2.1", "sip:second@192.0.2.2"});
  }
  [[nodiscard]] const char* state() const override { return "redirecting"; }
  [[nodiscard]] std::string save() const override { return "x"; }
};

template <class App>
std::unique_ptr<call_app> make(std::string_view saved) {
  return std::make_unique<App>(saved);
}

struct named {
  const char* name;
  app_factory factory;
};

constexpr named all[]{
    {"throw_incoming", make<faulty<moment::incoming>>},
    {"throw_progress", make<faulty<moment::progress>>},
    {"throw_answer", make<faulty<moment::answer>>},
    {"throw_end", make<faulty<moment::end>>},
    {"throw_timer", make<faulty<moment::timer>>},
    {"throw_save", make<faulty<moment::save>>},
    {"throw_restore", make<faulty<moment::restore>>},
    {"slow_echo", make<slow_echo>},
    {"legs_16", make<greedy<15, 0>>}, // with the caller's
    {"legs_17", make<greedy<16, 0>>},
    {"timers_64", make<greedy<0, 64>>},
    {"timers_65", make<greedy<0, 65>>},
    {"elsewhere", make<elsewhere>},
    {"phones_2", make<registered<2, 0>>},
    {"phones_3", make<registered<3, 0>>},
    {"phones_1_then_2", make<registered<1, 2>>},
    {"phones_9", make<registered<9, 0>>},
    {"phones_16", make<registered<16, 0>>},
};

} // namespace

app_catalogue test_catalogue() {
  auto out = apps::built_in();
  for (const auto& a : all)
    out.add(a.name, a.factory);
  return out;
}

strings test_app_names() {
  strings out{"time_limit"};
  for (const auto& a : all)
    out.emplace_back(a.name);
  return out;
}

} // namespace tandem::test
