// Any sequence of inputs for a MESSAGE on its way to several phones: one final answer, in time and
// never a 408 (RFC 4320 §4.2), the first 2xx at once; 100 once and only before it; nothing is sent
// for a phone that has answered; `destroy` once and last, and no deadline left behind.
#include "protocols/sip/pager_exchange.hpp"

#include "tests/fuzz/fuzzing.hpp"

using namespace std::chrono_literals;
using namespace tandem;
using sip::pager_exchange;
using test::require;
using kind = sip::pager_action::kind;

namespace {

sip::transport_kind carrier(unsigned bit) {
  return bit % 2 != 0 ? sip::transport_kind::reliable : sip::transport_kind::unreliable;
}

class subject {
public:
  explicit subject(std::uint8_t first) : by_(carrier(first)), m_(by_, {}, now_) {
    for (unsigned i = 0; i < first / 2U % 5; ++i)
      phones_ = m_.open_branch(carrier(first >> (3 + i)), now_) + 1U;
    if (first & 128)
      m_.note_refusal(513);
    note(m_.on_sent(now_));
  }

  void feed(std::uint8_t event) {
    const auto b = static_cast<std::uint8_t>(event / 8U % 8);
    switch (event % 8) {
      case 0: return note(m_.on_request_again());
      case 1: return answer(b, 200 + event / 64U);
      case 2: return answer(b, static_cast<std::uint16_t>(300 + 100 * (event / 64U)));
      case 3: return answer(b, event & 64 ? 408 : 180);
      case 4: return note(m_.on_undeliverable(b, now_));
      case 5: return challenge(b);
      case 6: return wait(event * 40ms);
      case 7: return wait(m_.next_deadline().value_or(now_) - now_);
    }
  }

  void expect_end() {
    const auto limit = now_ + 64s; // 64*T1 since any input
    while (m_.current() != pager_exchange::state::over) {
      const auto next = m_.next_deadline();
      require(next.has_value() && *next <= limit);
      wait(std::max(duration{}, *next - now_));
    }
    require(answered_ && destroyed_);
  }

private:
  void answer(std::uint8_t b, std::uint16_t status) {
    const bool wins = status / 100 == 2 && m_.awaits(b) && !answered_;
    note(m_.on_response(b, status, now_));
    require(!wins || (answered_ && told_ == status && told_by_ == b));
    require(status < 200 || !m_.awaits(b));
  }

  void challenge(std::uint8_t b) {
    if (!m_.awaits(b) || !m_.can_open())
      return;
    phones_ = m_.on_challenge(b, 401, carrier(b), now_) + 1U;
    require(m_.awaits(static_cast<std::uint8_t>(phones_ - 1)) && !m_.awaits(b));
  }

  /// Stops at every deadline on the way, as a host does.
  void wait(duration by) {
    const auto until = now_ + by;
    for (auto next = m_.next_deadline(); next && *next <= until; next = m_.next_deadline()) {
      now_ = std::max(now_, *next);
      note(m_.on_deadline(now_));
      const auto further = m_.next_deadline();
      require(destroyed_ || !further || *further > now_);
      if (destroyed_)
        break;
    }
    now_ = until;
    require(answered_ || now_ - time_point{} < 28s);
  }

  void note(const pager_exchange::actions& todo) {
    for (const auto& a : todo) {
      require(!destroyed_);
      switch (a.what) {
        case kind::send_trying:
          require(!answered_ && !trying_);
          trying_ = true;
          break;
        case kind::answer:
          require(!answered_ && a.status >= 200 && a.status != 408);
          require(a.branch == pager_exchange::nobody || a.branch < phones_);
          answered_ = true;
          told_ = a.status;
          told_by_ = a.branch;
          break;
        case kind::resend_response: require(answered_ || trying_); break;
        case kind::resend_request: require(m_.awaits(a.branch)); break;
        case kind::destroy: destroyed_ = true; break;
      }
    }
    require(destroyed_ == (m_.current() == pager_exchange::state::over));
  }

  time_point now_{};
  sip::transport_kind by_;
  pager_exchange m_;
  unsigned phones_ = 0;
  bool trying_ = false, answered_ = false, destroyed_ = false;
  std::uint16_t told_ = 0;
  std::uint8_t told_by_ = 0;
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
