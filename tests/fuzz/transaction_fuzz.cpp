// Any sequence of inputs, for each of the four machines of RFC 3261 §17: `destroy` comes once and
// last, no deadline is left behind, a twin that is moved from host to host does the same, and
// whoever is owed nothing any more ends within 64*T1.
#include "protocols/sip/transaction.hpp"

#include "tests/fuzz/fuzzing.hpp"

#include <algorithm>

using namespace std::chrono_literals;
using namespace tandem;
using test::require;

namespace {

sip::any_transaction make(unsigned kind, sip::transport_kind transport, time_point now) {
  switch (kind % 4) {
    case 0: return sip::invite_server_transaction{transport, {}, now};
    case 1: return sip::invite_client_transaction{transport, {}, now};
    case 2: return sip::non_invite_server_transaction{transport, {}, now};
    default: return sip::non_invite_client_transaction{transport, {}, now};
  }
}

class subject {
public:
  explicit subject(std::uint8_t first)
    : twins_(make(first,
                  first & 4 ? sip::transport_kind::reliable : sip::transport_kind::unreliable,
                  time_point{})) {
    const auto todo = give([](auto& t, time_point) { return on_start(t); });
    require(todo.size() == (is_server(get()) ? 0U : 1U));
  }

  void feed(std::uint8_t event) {
    const auto code = sip::status_code{100 + 100 * (event / 8 % 6) + event / 64};
    switch (event % 8) {
      case 0:
        note(is_server(get()) ? give([](auto& t, time_point) { return on_request_again(t); })
                              : answer(code));
        break;
      case 1: note(is_server(get()) ? respond(code) : answer(code)); break;
      case 2: acknowledge_or_cancel(); break;
      case 3: note(give([](auto& t, time_point) { return on_transport_error(t); })); break;
      case 4: move_to_another_host(std::chrono::hours{event}); break;
      case 5: wait(event * 40ms); break;
      case 6: wait(event * 1ms); break;
      case 7: wait(next_deadline(get()).value_or(twins_.now()) - twins_.now()); break;
    }
    const auto next = next_deadline(get());
    require(!next || !is_terminated(get()));
  }

  void expect_end() {
    note(is_server(get()) ? respond(486) : answer(486));
    const auto limit =
        twins_.now() + 64s; // 64*T1 from here, and the timer that may have run before
    while (const auto next = next_deadline(get())) {
      require(*next <= limit);
      wait(std::max(duration{}, *next - twins_.now()));
    }
    require(is_terminated(get()) && destroyed_);
  }

private:
  sip::transaction_actions answer(sip::status_code code) {
    return give([&](auto& t, time_point now) { return on_response(t, code, now); });
  }
  sip::transaction_actions respond(sip::status_code code) {
    return give([&](auto& t, time_point now) { return on_user_response(t, code, now); });
  }

  void acknowledge_or_cancel() {
    if (std::holds_alternative<sip::invite_server_transaction>(get()))
      note(give([](auto& t, time_point now) { return on_ack(t, now); }));
    if (std::holds_alternative<sip::invite_client_transaction>(get()))
      twins_.give([](auto& t, time_point now) { on_cancel_sent(t, now); });
  }

  void wait(duration by) {
    twins_.wait(by);
    const auto due = [](auto& t, time_point now) { return on_deadline(t, now); };
    note(give(due));
    const auto next = next_deadline(get());
    require(!next || *next > twins_.now());
    require(give(due).empty());
  }

  void move_to_another_host(duration its_uptime) {
    twins_.move(
        its_uptime, [](const auto& t, time_point now) { return snapshot_at(t, now); },
        [](const auto& s, time_point now) { return restored(s, {}, now); });
  }

  template <class Input>
  sip::transaction_actions give(Input input) {
    return twins_.give(input);
  }
  [[nodiscard]] const sip::any_transaction& get() const { return twins_.get(); }

  void note(const sip::transaction_actions& todo) {
    for (auto a : todo) {
      require(!destroyed_);
      destroyed_ = a == sip::transaction_action::destroy;
    }
    require(destroyed_ == is_terminated(get()));
  }

  test::twins<sip::any_transaction> twins_;
  bool destroyed_ = false;
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
