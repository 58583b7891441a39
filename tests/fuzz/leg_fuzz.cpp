// Any sequence of inputs for both sides of a call: every end is reported once, or was asked for;
// each leg says one final answer, one BYE at most, nothing after its end that the RFC does not ask
// for, and ends; a restore on another clock changes nothing.
#include "protocols/sip/incoming_leg.hpp"
#include "protocols/sip/outgoing_leg.hpp"
#include "tests/fuzz/fuzzing.hpp"

#include <algorithm>

using namespace std::chrono_literals;
using namespace tandem;
using test::require;
using kind = sip::leg_action::kind;
using cause = sip::end_cause;

namespace {

constexpr cause causes[] = {cause::hung_up, cause::operator_request, cause::rejected,
                            cause::session_expired};

/// What was asked of the host so far, whichever leg it was.
class account {
public:
  void note(const actions<sip::leg_action>& todo) {
    for (const auto& a : todo) {
      ++seen_[static_cast<std::size_t>(a.what)];
      const bool answers = a.what == kind::send_provisional || a.what == kind::send_2xx;
      require(!answers || count(kind::send_final) == 0);
      require(a.what != kind::send_final || (a.status >= 300 && a.status < 700));
    }
    for (const auto once : {kind::send_2xx, kind::send_final, kind::report_answered,
                            kind::report_ended, kind::send_bye, kind::send_cancel})
      require(count(once) <= 1);
    require(count(kind::send_final) + count(kind::send_2xx) <= 2);
  }
  void asked_to_end() { asked_ = true; }
  void was_cancelled_by_peer() { peer_left_ = true; }
  void expect_told() const { require(asked_ || peer_left_ || count(kind::report_ended) == 1); }
  [[nodiscard]] unsigned count(kind k) const { return seen_[static_cast<std::size_t>(k)]; }

private:
  unsigned seen_[static_cast<std::size_t>(kind::report_ended) + 1] = {};
  bool asked_ = false, peer_left_ = false;
};

class callee {
public:
  void feed(std::uint8_t event) {
    const auto choice = static_cast<std::uint8_t>(event / 16);
    switch (event % 12) {
      case 0: give([&](auto& l) { return l.on_ring(choice % 2 ? 183 : 180); }); break;
      case 1: give([](auto& l) { return l.on_answer(); }); break;
      case 2:
        account_.asked_to_end();
        give([](auto& l) { return l.on_reject(486); });
        break;
      case 3:
        account_.asked_to_end();
        give([&](auto& l) { return l.on_hangup(causes[choice % 4]); });
        break;
      case 4: leave([](auto& l) { return l.on_cancel(); }); break;
      case 5: give([](auto& l) { return l.on_ack(); }); break;
      case 6: give([](auto& l) { return l.on_ack_timeout(); }); break;
      case 7: leave([](auto& l) { return l.on_bye(); }); break;
      case 8: give([](auto& l) { return l.on_rtp_timeout(); }); break;
      case 9: give([&](auto& l) { return l.on_session_lost(causes[choice % 4]); }); break;
      case 10: give([](auto& l) { return l.on_bye_final(); }); break;
      default:
        legs_.move(
            1h * event, [](const auto& l, time_point) { return l.snapshot_now(); },
            [](const auto& s, time_point) { return sip::incoming_leg{s}; });
    }
  }
  void expect_end() {
    for (const unsigned event : {5U, 3U, 5U, 10U}) // acknowledged, hung up, BYE answered
      feed(static_cast<std::uint8_t>(event));
    require(legs_.get().current() == sip::incoming_leg::state::ended);
    require(legs_.get().cause().has_value());
    require(account_.count(kind::send_bye) == 0 || account_.count(kind::send_2xx) == 1);
  }

private:
  template <class Input>
  void give(Input input) {
    const bool over = legs_.get().current() == sip::incoming_leg::state::ended;
    const auto todo = legs_.give([&](auto& l, time_point) { return input(l); });
    require(!over || todo.empty());
    account_.note(todo);
    if (legs_.get().current() == sip::incoming_leg::state::ended)
      account_.expect_told();
  }
  template <class Input>
  void leave(Input input) {
    account_.was_cancelled_by_peer();
    give(input);
  }

  test::twins<sip::incoming_leg> legs_{sip::incoming_leg{}};
  account account_;
};

class caller {
public:
  void feed(std::uint8_t event) {
    const auto choice = static_cast<std::uint8_t>(event / 16);
    using from = sip::outgoing_leg::answer_from;
    switch (event % 14) {
      case 0:
        account_.asked_to_end();
        give([&](auto& l, time_point now) { return l.on_hangup(causes[choice % 4], now); });
        break;
      case 1:
        give([&](auto& l, time_point now) { return l.on_provisional(choice ? 180 : 100, now); });
        break;
      case 2: give([](auto& l, time_point) { return l.on_2xx(from::answering_dialog); }); break;
      case 3: give([](auto& l, time_point) { return l.on_2xx(from::another_dialog); }); break;
      case 4: give([](auto& l, time_point) { return l.on_failure(486); }); break;
      case 5: give([](auto& l, time_point) { return l.on_curable_failure(401); }); break;
      case 6:
        give([](auto& l, time_point) { return l.on_transaction_failed(cause::no_response); });
        break;
      case 7: leave([](auto& l, time_point) { return l.on_bye(); }); break;
      case 8: give([](auto& l, time_point) { return l.on_bye_final(); }); break;
      case 9: give([](auto& l, time_point) { return l.on_rtp_timeout(); }); break;
      case 10:
        give([&](auto& l, time_point) { return l.on_session_lost(causes[choice % 4]); });
        break;
      case 11: wait(1s * event); break;
      case 12: wait(legs_.get().next_deadline().value_or(legs_.now()) - legs_.now()); break;
      default:
        legs_.move(
            1h * event, [](const auto& l, time_point now) { return l.snapshot_at(now); },
            [](const auto& s, time_point now) {
              return sip::outgoing_leg{s, {}, now};
            });
    }
  }
  void expect_end() {
    feed(0);  // hang up
    feed(1);  // the 100 that a CANCEL may have waited for (RFC 3261 §9.1)
    feed(12); // 64*T1 without a final answer
    feed(8);  // the final answer to a BYE
    require(legs_.get().current() == sip::outgoing_leg::state::ended);
    require(legs_.get().cause() && !legs_.get().next_deadline());
  }

private:
  template <class Input>
  void give(Input input) {
    const bool over = legs_.get().current() == sip::outgoing_leg::state::ended;
    const auto todo = legs_.give(input);
    for (const auto& a : todo)
      require(!over || a.what == kind::release_surplus); // a fork that answers late, §13.2.2.4
    account_.note(todo);
    if (legs_.get().current() == sip::outgoing_leg::state::ended)
      account_.expect_told();
    const auto next = legs_.get().next_deadline();
    require(!next || legs_.get().current() != sip::outgoing_leg::state::established);
  }
  template <class Input>
  void leave(Input input) {
    account_.was_cancelled_by_peer();
    give(input);
  }
  void wait(duration by) {
    legs_.wait(by);
    give([](auto& l, time_point now) { return l.on_deadline(now); });
    const auto next = legs_.get().next_deadline();
    require(!next || *next > legs_.now());
  }

  test::twins<sip::outgoing_leg> legs_{sip::outgoing_leg{180s, {}, time_point{}}};
  account account_;
};

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  callee a;
  caller b;
  for (std::size_t i = 0; i < size; ++i) {
    a.feed(data[i]);
    b.feed(data[i]);
  }
  a.expect_end();
  b.expect_end();
  return 0;
}
