#include "apps/time_limit/time_limit.hpp"

#include "protocols/sip/status_mapping.hpp"

namespace tandem::apps {

using namespace actors;

namespace {

constexpr std::chrono::minutes longest_talk{3};
constexpr leg_number callee{1}; // the first that we dial

class time_limit final : public call_app {
public:
  explicit time_limit(std::string_view saved) : talking_(saved == "talking") {}

  void on_incoming(call_control& call, const incoming_call& in) override {
    (void) call.dial({.to = in.target});
  }

  void on_progress(call_control& call, leg_number, const progress& p) override {
    call.ring(caller, p.status, p.reason);
  }

  void on_answer(call_control& call, leg_number leg) override {
    if (leg == caller)
      return;
    talking_ = true;
    call.answer(caller, callee);
    (void) call.start_timer(longest_talk);
  }

  void on_end(call_control& call, leg_number leg, const leg_end& end) override {
    if (leg == caller)
      call.hang_up(callee, end.cause);
    else if (talking_)
      call.hang_up(caller, end.cause);
    else
      call.reject(caller, sip::passed_on(end.status), end.reason);
  }

  void on_timer(call_control& call, timer_number) override {
    call.hang_up(callee);
    call.hang_up(caller);
  }

  [[nodiscard]] const char* state() const override { return talking_ ? "talking" : "calling"; }
  [[nodiscard]] std::string save() const override { return state(); }

private:
  bool talking_ = false;
};

} // namespace

std::unique_ptr<call_app> make_time_limit(std::string_view saved) {
  return std::make_unique<time_limit>(saved);
}

} // namespace tandem::apps
