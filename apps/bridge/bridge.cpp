#include "apps/bridge/bridge.hpp"

#include "protocols/sip/status_mapping.hpp"

namespace tandem::apps {

using namespace actors;

namespace {

enum class stage : char { calling = 'c', ringing = 'r', answered = 'a', over = 'o' };

class bridge final : public call_app {
public:
  explicit bridge(std::string_view saved) {
    if (saved.size() == 2) {
      stage_ = stage{saved[0]};
      callee_ = leg_number{static_cast<std::uint8_t>(saved[1])};
    }
  }

  void on_incoming(call_control& call, const incoming_call& in) override {
    callee_ = call.dial({.to = in.target, .media_with = caller});
  }

  void on_progress(call_control& call, leg_number, const progress& p) override {
    stage_ = stage::ringing;
    if (p.early_media)
      call.ring_with_media(caller, callee_, p.status, p.reason);
    else
      call.ring(caller, p.status, p.reason);
  }

  void on_answer(call_control& call, leg_number leg) override {
    if (leg == callee_ && stage_ != stage::over) {
      stage_ = stage::answered;
      call.answer(caller, callee_);
    }
  }

  void on_end(call_control& call, leg_number leg, const leg_end& end) override {
    const bool unanswered = stage_ == stage::calling || stage_ == stage::ringing;
    stage_ = stage::over;
    if (leg == caller)
      call.hang_up(callee_, end.cause);
    else if (unanswered && end.contacts.empty())
      call.reject(caller, sip::passed_on(end.status), end.reason);
    else if (unanswered)
      call.redirect(caller, end.contacts);
    else
      call.hang_up(caller, end.cause);
  }

  [[nodiscard]] const char* state() const override {
    switch (stage_) {
      case stage::calling: return "calling";
      case stage::ringing: return "ringing";
      case stage::answered: return "bridged";
      case stage::over: return "over";
    }
    return "";
  }
  [[nodiscard]] std::string save() const override {
    return {static_cast<char>(stage_), static_cast<char>(callee_.value)};
  }

private:
  stage stage_ = stage::calling;
  leg_number callee_{1};
};

} // namespace

std::unique_ptr<call_app> make_bridge(std::string_view saved) {
  return std::make_unique<bridge>(saved);
}

} // namespace tandem::apps
