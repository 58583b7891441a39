// Any sequence of inputs for an INVITE usage: the session ends once, no 2xx is sent again after it
// was acknowledged or given up, BYE is never refused while the session lasts, and a twin that
// is moved from host to host does the same.
#include "protocols/sip/invite_usage.hpp"

#include "tests/fuzz/fuzzing.hpp"

#include <algorithm>

using namespace std::chrono_literals;
using namespace tandem;
using test::require;
using usage = sip::invite_usage;
using act = sip::usage_action;

namespace {

class subject {
public:
  explicit subject(std::uint8_t first)
    : role_(first & 1 ? usage::role::uas : usage::role::uac), twins_(usage{role_, {}}) {}

  void feed(std::uint8_t event) {
    const bool uas = role_ == usage::role::uas;
    switch (event % 8) {
      case 0: give([uas](auto& u, time_point) { return uas ? u.on_ack() : u.on_2xx(); }); break;
      case 1: answer(); break;
      case 2: give([](auto& u, time_point) { return u.on_failure(); }); break;
      case 3: give([](auto& u, time_point) { return u.on_bye(); }); break;
      case 4:
        if (twins_.get().may_send_bye())
          twins_.give([](auto& u, time_point) { u.on_bye_sent(); });
        break;
      case 5: give([](auto& u, time_point) { return u.on_bye_final(); }); break;
      case 6: wait(event * 40ms); break;
      case 7: move_to_another_host(std::chrono::hours{event}); break;
    }
  }

  void expect_end() {
    for (int i = 0;
         i < 20 && twins_.get().current() == usage::state::answered && !twins_.get().may_send_bye();
         ++i)
      wait(*twins_.get().next_deadline()
           - twins_.now()); // without ACK it must end by itself in 64*T1
    if (twins_.get().may_send_bye())
      twins_.give([](auto& u, time_point) { u.on_bye_sent(); });
    give([](auto& u, time_point) { return u.on_bye_final(); });
    give([](auto& u, time_point) { return u.on_failure(); });
    require(twins_.get().current() == usage::state::terminated && ended_
            && !twins_.get().next_deadline());
  }

private:
  void answer() {
    if (role_ == usage::role::uas && twins_.get().current() == usage::state::early)
      twins_.give([](auto& u, time_point now) { u.on_2xx_sent(now); });
    else if (role_ == usage::role::uas)
      twins_.give([](auto& u, time_point now) { u.on_provisional_sent(now); });
  }

  void wait(duration by) {
    twins_.wait(by);
    give([](auto& u, time_point now) { return u.on_deadline(now); });
    const auto next = twins_.get().next_deadline();
    require(!next || *next > twins_.now());
  }

  void move_to_another_host(duration its_uptime) {
    twins_.move(
        its_uptime, [](const auto& u, time_point now) { return u.snapshot_at(now); },
        [](const auto& s, time_point now) {
          return usage{s, {}, now};
        });
  }

  template <class Input>
  void give(Input input) {
    note(twins_.give(input));
  }

  void note(const actions<act>& todo) {
    for (auto a : todo) {
      if (a == act::resend_2xx)
        require(twins_.get().current() == usage::state::answered
                && twins_.get().next_deadline().has_value());
      if (a == act::refuse_bye)
        require(ended_);
      if (a == act::report_ended) {
        require(!ended_);
        ended_ = true;
      }
    }
    require(ended_ == (twins_.get().current() == usage::state::terminated));
  }

  usage::role role_;
  bool ended_ = false;
  test::twins<usage> twins_;
};

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0)
    return 0;
  subject s{data[0]};
  for (std::size_t i = 1; i < size; ++i)
    s.feed(data[i]);
  s.expect_end();
  return 0;
}
