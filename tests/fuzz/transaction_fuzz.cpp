// Any sequence of inputs, for each of the four machines of RFC 3261 §17: `destroy` comes once and
// last, no deadline is left behind, a restore on another clock changes nothing, and whoever is owed
// nothing any more ends within 64*T1.
#include "protocols/sip/transaction.hpp"

#include <algorithm>
#include <cstdlib>

using namespace std::chrono_literals;
using namespace tandem;

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
    : transaction_(make(
        first, first & 4 ? sip::transport_kind::reliable : sip::transport_kind::unreliable, now_)) {
    expect(on_start(transaction_).size() == (is_server(transaction_) ? 0U : 1U));
  }

  void feed(std::uint8_t event) {
    const auto code = sip::status_code{100 + 100 * (event / 8 % 6) + event / 64};
    switch (event % 8) {
      case 0: note(is_server(transaction_) ? on_request_again(transaction_) : answer(code)); break;
      case 1: note(is_server(transaction_) ? respond(code) : answer(code)); break;
      case 2: acknowledge_or_cancel(); break;
      case 3: note(on_transport_error(transaction_)); break;
      case 4: move_to_another_host(std::chrono::hours{event}); break;
      case 5: wait(event * 40ms); break;
      case 6: wait(event * 1ms); break;
      case 7: wait(next_deadline(transaction_).value_or(now_) - now_); break;
    }
    const auto next = next_deadline(transaction_);
    expect(!next || !is_terminated(transaction_));
  }

  void expect_end() {
    note(is_server(transaction_) ? respond(486) : answer(486));
    const auto limit = now_ + 64s; // 64*T1 from here, and the timer that may have run before
    while (const auto next = next_deadline(transaction_)) {
      expect(*next <= limit);
      wait(std::max(duration{}, *next - now_));
    }
    expect(is_terminated(transaction_) && destroyed_);
  }

private:
  static void expect(bool holds) {
    if (!holds)
      std::abort();
  }

  sip::transaction_actions answer(sip::status_code code) {
    return on_response(transaction_, code, now_);
  }
  sip::transaction_actions respond(sip::status_code code) {
    return on_user_response(transaction_, code, now_);
  }

  void acknowledge_or_cancel() {
    if (std::holds_alternative<sip::invite_server_transaction>(transaction_))
      note(on_ack(transaction_, now_));
    if (std::holds_alternative<sip::invite_client_transaction>(transaction_))
      on_cancel_sent(transaction_, now_);
  }

  void wait(duration by) {
    now_ += std::max(duration{}, by);
    note(on_deadline(transaction_, now_));
    const auto next = next_deadline(transaction_);
    expect(!next || *next > now_);
    expect(on_deadline(transaction_, now_).empty());
  }

  void move_to_another_host(duration its_uptime) {
    const auto taken = snapshot_at(transaction_, now_);
    now_ = time_point{its_uptime};
    transaction_ = restored(taken, {}, now_);
    expect(snapshot_at(transaction_, now_) == taken);
  }

  void note(const sip::transaction_actions& todo) {
    for (auto a : todo) {
      expect(!destroyed_);
      destroyed_ = a == sip::transaction_action::destroy;
    }
    expect(destroyed_ == is_terminated(transaction_));
  }

  time_point now_{};
  bool destroyed_ = false;
  sip::any_transaction transaction_;
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
