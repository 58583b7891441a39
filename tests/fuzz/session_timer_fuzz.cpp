// Any messages for the session timer of one dialog (RFC 4028): no interval below what the peer
// bears nor above what he asked for, a refresh ahead of every end that is ours to refresh, nothing
// left running behind the end; a restore on another clock changes nothing.
#include "protocols/sip/session_timer.hpp"

#include "tests/fuzz/fuzzing.hpp"

#include <algorithm>

using namespace std::chrono_literals;
using namespace tandem;
using std::chrono::seconds;
using test::require;
using fields = sip::session_timer_fields;

namespace {

class subject {
public:
  explicit subject(std::uint8_t first)
    : rules_{.wanted = first & 1U ? 1800s : seconds{first & 2U ? 100 : 0},
             .least = first & 4U ? 200s : 90s},
      dialogs_{sip::session_timer{}} {}

  void feed(test::choices& in) {
    const auto event = in.byte();
    switch (event % 10) {
      case 0: agree(message(in)); break;
      case 1: {
        const auto f = message(in);
        dialogs_.give([&](auto& t, time_point now) { t.on_2xx(f, now); });
        require(timer().interval() == f.interval.value_or(0s));
        expect_running();
        break;
      }
      case 2: {
        const auto f = message(in);
        const bool again = dialogs_.give([&](auto& t, time_point) { return t.on_422(f); });
        require(!again || !raised_);
        raised_ = raised_ || again;
        break;
      }
      case 3:
        dialogs_.give([](auto& t, time_point now) { t.start(now); });
        expect_running();
        break;
      case 4: dialogs_.give([](auto& t, time_point now) { t.on_refresh_refused(now); }); break;
      case 5:
        dialogs_.give([](auto& t, time_point) { t.stop(); });
        require(!timer().next_deadline());
        break;
      case 6: wait(event * 1s); break;
      case 7: wait(timer().next_deadline().value_or(dialogs_.now()) - dialogs_.now()); break;
      default:
        dialogs_.move(
            1h * event, [](const auto& t, time_point now) { return t.snapshot_at(now); },
            [](const auto& s, time_point now) {
              return sip::session_timer{s, now};
            });
    }
    check_fields();
  }

private:
  [[nodiscard]] const sip::session_timer& timer() const { return dialogs_.get(); }

  /// As read_session_timer() gives them.
  static fields message(test::choices& in) {
    const auto how = in.byte();
    fields f{.supported = (how & 1U) != 0};
    if (how & 2U)
      f.interval = seconds{1 + in.word()};
    if (how & 4U)
      f.who = how & 8U ? fields::refresher::uac : fields::refresher::uas;
    if (how & 16U)
      f.least = std::max(seconds{in.word()}, 90s);
    return f;
  }

  void agree(const fields& f) {
    const auto before = timer().snapshot_at(dialogs_.now());
    const bool agreed =
        dialogs_.give([&](auto& t, time_point) { return t.agree(f, rules_).has_value(); });
    if (!agreed) { // §9: 422, and only to whom it tells something
      require(f.supported && f.interval && *f.interval < rules_.least);
      require(timer().snapshot_at(dialogs_.now()) == before);
    } else if (f.interval) {
      require(timer().interval() <= *f.interval);
      require(timer().interval() >= std::min(*f.interval, f.least));
      require(f.supported || timer().current() == sip::session_timer::refresher::us);
    }
  }

  void expect_running() {
    const auto next = timer().next_deadline();
    require(next.has_value() == (timer().interval() != 0s));
    require((timer().interval() == 0s)
            == (timer().current() == sip::session_timer::refresher::nobody));
    if (next && timer().current() == sip::session_timer::refresher::us)
      require(*next <= dialogs_.now() + timer().interval() / 2); // §7.2
  }

  void check_fields() const {
    const auto asks = timer().request_fields(rules_);
    require(asks.supported && asks.least >= 90s);
    require(!asks.interval || *asks.interval >= std::min(asks.least, timer().interval()));
    const auto answers = timer().response_fields();
    require(answers.interval.has_value() == answers.who.has_value());
  }

  void wait(duration by) {
    dialogs_.wait(by);
    const auto todo = dialogs_.give([](auto& t, time_point now) { return t.on_deadline(now); });
    for (const auto a : todo)
      if (a == sip::session_timer_action::expire)
        require(a == todo.back() && !timer().next_deadline());
    const auto next = timer().next_deadline();
    require(!next || *next > dialogs_.now());
  }

  sip::session_timer_rules rules_;
  test::twins<sip::session_timer> dialogs_;
  bool raised_ = false;
};

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  test::choices in{data, size};
  subject s{in.byte()};
  while (!in.empty())
    s.feed(in);
  return 0;
}
