// Any sequence of inputs for an INVITE usage: the session ends once, no 2xx is sent again after it
// was acknowledged or given up, BYE is never refused while the session lasts, and a restore on
// another clock changes nothing.
#include "protocols/sip/invite_usage.hpp"

#include <algorithm>
#include <cstdlib>

using namespace std::chrono_literals;
using namespace tandem;
using usage = sip::invite_usage;
using act = sip::usage_action;

namespace {

class subject {
public:
  explicit subject(std::uint8_t first)
    : role_(first & 1 ? usage::role::uas : usage::role::uac), usage_(role_, {}) {}

  void feed(std::uint8_t event) {
    const bool uas = role_ == usage::role::uas;
    switch (event % 8) {
      case 0: note(uas ? usage_.on_ack() : usage_.on_2xx()); break;
      case 1: answer(); break;
      case 2: note(usage_.on_failure()); break;
      case 3: note(usage_.on_bye()); break;
      case 4:
        if (usage_.may_send_bye())
          usage_.on_bye_sent();
        break;
      case 5: note(usage_.on_bye_final()); break;
      case 6: wait(event * 40ms); break;
      case 7: move_to_another_host(std::chrono::hours{event}); break;
    }
  }

  void expect_end() {
    for (int i = 0; i < 20 && usage_.current() == usage::state::answered && !usage_.may_send_bye();
         ++i)
      wait(*usage_.next_deadline() - now_); // without ACK it must end by itself in 64*T1
    if (usage_.may_send_bye())
      usage_.on_bye_sent();
    note(usage_.on_bye_final());
    note(usage_.on_failure());
    expect(usage_.current() == usage::state::terminated && ended_ && !usage_.next_deadline());
  }

private:
  static void expect(bool holds) {
    if (!holds)
      std::abort();
  }

  void answer() {
    if (role_ == usage::role::uas && usage_.current() == usage::state::early)
      usage_.on_2xx_sent(now_);
    else if (role_ == usage::role::uas)
      usage_.on_provisional_sent(now_);
  }

  void wait(duration by) {
    now_ += std::max(duration{}, by);
    note(usage_.on_deadline(now_));
    const auto next = usage_.next_deadline();
    expect(!next || *next > now_);
  }

  void move_to_another_host(duration its_uptime) {
    const auto taken = usage_.snapshot_at(now_);
    now_ = time_point{its_uptime};
    usage_ = usage{taken, {}, now_};
    expect(usage_.snapshot_at(now_) == taken);
  }

  void note(const actions<act>& todo) {
    for (auto a : todo) {
      if (a == act::resend_2xx)
        expect(usage_.current() == usage::state::answered && usage_.next_deadline().has_value());
      if (a == act::refuse_bye)
        expect(ended_);
      if (a == act::report_ended) {
        expect(!ended_);
        ended_ = true;
      }
    }
    expect(ended_ == (usage_.current() == usage::state::terminated));
  }

  usage::role role_;
  time_point now_{};
  bool ended_ = false;
  usage usage_;
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
