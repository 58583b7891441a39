#include "apps/bridge/bridge.hpp"

#include "apps/bridge/fork.hpp"
#include "protocols/sip/status_mapping.hpp"

namespace tandem::apps {

using namespace actors;

namespace {

/// The callee is the route's target or, if the route leads to a user, wherever that one is
/// registered: all contacts of the highest q ring at once, then those of the next (RFC 3261 §16.6).
/// The first to answer is connected and the others are cancelled; when all have refused, the caller
/// is told the best of what they said (§16.7 step 6).
class bridge final : public call_app {
public:
  explicit bridge(std::string_view saved) : s_(parse_fork(saved)) {}

  void on_incoming(call_control& call, const incoming_call& in) override {
    s_.later = by_preference(in.contacts);
    if (s_.later.empty())
      s_.later.push_back({.uri = in.target});
    dial_next(call);
  }

  void on_progress(call_control& call, leg_number leg, const progress& p) override {
    if (is_settled() || !s_.is_open(leg))
      return;
    s_.now = stage::ringing;
    if (p.early_media && (s_.heard == 0 || s_.heard == leg.value)) {
      s_.heard = leg.value;
      call.ring_with_media(caller, leg, p.status, p.reason);
    } else if (is_news(leg, p)) {
      call.ring(caller, p.status, p.reason);
    } else {
      return;
    }
    s_.told = p.status;
  }

  void on_answer(call_control& call, leg_number leg) override {
    if (leg == caller || is_settled())
      return;
    s_.now = stage::answered;
    s_.callee = leg.value;
    s_.close(leg);
    call.answer(caller, leg);
    hang_up_open(call, sip::end_cause::answered_elsewhere);
  }

  void on_end(call_control& call, leg_number leg, const leg_end& end) override {
    if (leg == caller) {
      if (s_.now == stage::answered)
        call.hang_up({s_.callee}, end.cause);
      hang_up_open(call, end.cause);
      s_.now = stage::over;
    } else if (s_.now == stage::answered && leg.value == s_.callee) {
      s_.now = stage::over;
      call.hang_up(caller, end.cause);
    } else if (s_.is_open(leg)) {
      on_refusal(call, leg, end);
    }
  }

  [[nodiscard]] const char* state() const override {
    switch (s_.now) {
      case stage::calling: return "calling";
      case stage::ringing: return "ringing";
      case stage::answered: return "bridged";
      case stage::over: return "over";
    }
    return "";
  }
  [[nodiscard]] std::string save() const override { return to_text(s_); }

private:
  using stage = call_fork::stage;

  [[nodiscard]] bool is_settled() const {
    return s_.now == stage::answered || s_.now == stage::over;
  }

  /// Of one callee everything is. Of several, what would not talk over the early media that the
  /// caller hears (RFC 3960 §3.2: a 180 would start his own ringing tone), and each status once.
  [[nodiscard]] bool is_news(leg_number leg, const progress& p) const {
    if (s_.dialled == 1 || s_.heard == leg.value)
      return true;
    return s_.heard == 0 && s_.told != p.status;
  }

  void dial_next(call_control& call) {
    for (const auto& c : s_.take_group()) {
      const auto leg = call.dial({.to = c.uri, .media_with = caller, .by = c.reached_by});
      ++s_.dialled;
      s_.open.push_back(leg.value);
    }
  }

  void hang_up_open(call_control& call, sip::end_cause why) {
    for (const auto leg : s_.open)
      call.hang_up({leg}, why);
    s_.open.clear();
    s_.later.clear();
  }

  void on_refusal(call_control& call, leg_number leg, const leg_end& end) {
    s_.close(leg);
    s_.note_refusal(end);
    if (end.status >= 600) // §16.7 step 5: nobody else is to ring any more
      hang_up_open(call, sip::end_cause::hung_up);
    if (s_.open.empty())
      dial_next(call);
    if (!s_.open.empty())
      return;
    s_.now = stage::over;
    if (s_.moved_to.empty())
      call.reject(caller, sip::passed_on(s_.refusal), s_.reason);
    else
      call.redirect(caller, s_.moved_to);
  }

  call_fork s_;
};

} // namespace

std::unique_ptr<call_app> make_bridge(std::string_view saved) {
  return std::make_unique<bridge>(saved);
}

} // namespace tandem::apps
