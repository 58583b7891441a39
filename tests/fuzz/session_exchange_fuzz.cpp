// Any sequence of offers both ways inside one dialog: never two at once (RFC 3261 §14.1, RFC 3311
// §5.1), one that is wanted is sent or given up, a restore on another clock changes nothing.
#include "protocols/sip/session_exchange.hpp"

#include "protocols/sip/limits.hpp"
#include "tests/fuzz/fuzzing.hpp"

#include <algorithm>

using namespace std::chrono_literals;
using namespace tandem;
using test::require;
using exchange = sip::session_exchange;

namespace {

class subject {
public:
  explicit subject(exchange::role who) : dialogs_{exchange{who}} {}

  void feed(std::uint8_t event) {
    const auto choice = static_cast<std::uint8_t>(event / 16);
    switch (event % 12) {
      case 0: offered([](auto& e, time_point) { return e.on_invite(); }); break;
      case 1: offered([](auto& e, time_point now) { return e.on_update(now); }); break;
      case 2:
        if (theirs() == exchange::theirs::invite || theirs() == exchange::theirs::update)
          give([&](auto& e, time_point) { return e.on_answered(choice % 2 ? 200 : 488); });
        break;
      case 3: give([](auto& e, time_point) { return e.on_ack(); }); break;
      case 4: want(); break;
      case 5:
        if (dialogs_.give([](auto& e, time_point) { return e.on_withdrawn(); }))
          tries_ = 0;
        break;
      case 6: refuse(491, std::nullopt, choice); break;
      case 7: refuse(500, std::chrono::seconds{choice * 3}, choice); break;
      case 8:
        if (is_sent())
          dialogs_.give([](auto& e, time_point) { e.on_concluded(); });
        break;
      case 9: wait(event * 50ms); break;
      case 10:
        wait(dialogs_.get().next_deadline().value_or(dialogs_.now()) - dialogs_.now());
        break;
      default:
        dialogs_.move(
            1h * event, [](const auto& e, time_point now) { return e.snapshot_at(now); },
            [](const auto& s, time_point now) {
              return exchange{s, {}, now};
            });
    }
  }

  /// What is owed is answered, and ours is refused until it is given up.
  void expect_end() {
    if (theirs() == exchange::theirs::invite || theirs() == exchange::theirs::update)
      give([](auto& e, time_point) { return e.on_answered(200); });
    give([](auto& e, time_point) { return e.on_ack(); });
    require(theirs() == exchange::theirs::none);
    for (unsigned i = 0; i <= sip::max_offer_attempts && ours() != exchange::ours::none; ++i) {
      feed(10);
      feed(6);
    }
    require(ours() == exchange::ours::none && !dialogs_.get().next_deadline());
    require(state_name(dialogs_.get().current()).empty());
  }

private:
  [[nodiscard]] exchange::ours ours() const { return dialogs_.get().current().of_us; }
  [[nodiscard]] exchange::theirs theirs() const { return dialogs_.get().current().of_peer; }
  [[nodiscard]] bool is_sent() const {
    return ours() == exchange::ours::invite || ours() == exchange::ours::update;
  }

  template <class Input>
  void offered(Input input) {
    const auto before = dialogs_.get().current();
    const auto said = dialogs_.give(input);
    const bool idle =
        before.of_us == exchange::ours::none && before.of_peer == exchange::theirs::none;
    require((said == exchange::verdict::accepted) == idle);
    require(idle || dialogs_.get().current() == before);
  }

  void want() {
    if (!dialogs_.get().may_want())
      return;
    tries_ = 0;
    give([](auto& e, time_point) { return e.on_wanted(); });
  }

  void refuse(std::uint16_t status, std::optional<std::chrono::seconds> after, std::uint32_t draw) {
    if (!is_sent())
      return;
    const auto said = dialogs_.give(
        [&](auto& e, time_point now) { return e.on_refused(status, after, draw * 1000U, now); });
    require((said == exchange::outcome::later) == (ours() == exchange::ours::waiting));
    if (said == exchange::outcome::over)
      tries_ = 0;
    else
      require(*dialogs_.get().next_deadline() <= dialogs_.now() + sip::longest_retry_after + 32s);
  }

  template <class Input>
  void give(Input input) {
    note(dialogs_.give(input));
  }

  void note(const actions<sip::exchange_action>& todo) {
    for (const auto a : todo) {
      if (a == sip::exchange_action::answer_504) {
        require(theirs() == exchange::theirs::update);
        note(dialogs_.give([](auto& e, time_point) { return e.on_answered(504); }));
        continue;
      }
      if (ours() != exchange::ours::waiting)
        continue; // the 504 has let it go
      require(theirs() == exchange::theirs::none && ++tries_ <= sip::max_offer_attempts);
      const auto how = tries_ % 2 ? exchange::method::invite : exchange::method::update;
      dialogs_.give([&](auto& e, time_point) { e.on_sent(how); });
    }
  }

  void wait(duration by) {
    dialogs_.wait(by);
    give([](auto& e, time_point now) { return e.on_deadline(now); });
    const auto next = dialogs_.get().next_deadline();
    require(!next || *next > dialogs_.now());
  }

  test::twins<exchange> dialogs_;
  unsigned tries_ = 0;
};

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0)
    return 0;
  subject s{data[0] & 1U ? exchange::role::uac : exchange::role::uas};
  for (std::size_t i = 1; i < size; ++i)
    s.feed(data[i]);
  s.expect_end();
  return 0;
}
