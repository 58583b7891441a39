#include "protocols/sip/pager_exchange.hpp"

#include "protocols/sip/status_mapping.hpp"
#include "runtime/base/check.hpp"

#include <algorithm>

namespace tandem::sip {

using kind = pager_action::kind;

namespace {

/// How long it takes until a client's Timer E is set to T2 (RFC 3261 §17.1.2.2).
duration until_e_is_t2(const timer_values& t) {
  duration sum{};
  for (duration e = t.t1; e < t.t2; e *= 2)
    sum += e;
  return sum;
}

} // namespace

pager_exchange::pager_exchange(transport_kind transport, const timer_values& t, time_point now)
  : t_(t), server_(transport, t, now) {
  timers_.start(timer::trying, now + until_e_is_t2(t));
  timers_.start(timer::patience, now + 64 * t.t1 - t.t2);
}

std::uint8_t pager_exchange::open_branch(transport_kind transport, time_point now) {
  TANDEM_CHECK(can_open());
  branches_.push_back({non_invite_client_transaction{transport, t_, now}});
  return static_cast<std::uint8_t>(branches_.size() - 1);
}

/// RFC 3261 §16.7 step 6.
void pager_exchange::note_refusal(std::uint16_t status, std::uint8_t by) {
  if (refusal_ != 0 && !is_better_refusal(status, refusal_))
    return;
  refusal_ = status;
  refused_by_ = by;
}

auto pager_exchange::on_sent(time_point now) -> actions {
  actions out;
  say_best_if(false, now, out);
  return out;
}

auto pager_exchange::on_request_again() -> actions {
  actions out;
  for (const auto action : server_.on_request_again())
    if (action == transaction_action::resend_response)
      out.push_back({kind::resend_response});
  return out;
}

auto pager_exchange::on_response(std::uint8_t b, status_code status, time_point now) -> actions {
  actions out;
  if (b >= branches_.size())
    return out;
  const bool is_first = awaits(b);
  perform(b, branches_[b].transaction.on_response(status, now), now, out);
  if (is_first && !status.is_provisional()) {
    branches_[b].awaited = false;
    if (status.is_success())
      answer(status.value(), b, now, out); // §16.7 step 5: at once
    else
      refused(b, status.value(), now, out);
  }
  end_if_done(out);
  return out;
}

std::uint8_t pager_exchange::on_challenge(std::uint8_t b, status_code status,
                                          transport_kind transport, time_point now) {
  TANDEM_CHECK(awaits(b) && !status.is_provisional());
  (void) branches_[b].transaction.on_response(status, now);
  branches_[b].awaited = false;
  return open_branch(transport, now);
}

auto pager_exchange::on_undeliverable(std::uint8_t b, time_point now) -> actions {
  actions out;
  if (b < branches_.size())
    perform(b, branches_[b].transaction.on_transport_error(), now, out);
  end_if_done(out);
  return out;
}

auto pager_exchange::on_deadline(time_point now) -> actions {
  actions out;
  for (std::size_t b = 0; b < branches_.size(); ++b)
    perform(static_cast<std::uint8_t>(b), branches_[b].transaction.on_deadline(now), now, out);
  while (const auto due = timers_.pop_expired(now)) {
    if (*due == timer::patience) {
      say_best_if(true, now, out);
    } else {
      (void) server_.on_user_response(100, now);
      out.push_back({kind::send_trying});
    }
  }
  (void) server_.on_deadline(now);
  end_if_done(out);
  return out;
}

bool pager_exchange::awaits(std::uint8_t b) const {
  return b < branches_.size() && branches_[b].awaited;
}

std::optional<time_point> pager_exchange::next_deadline() const {
  auto first = timers_.next();
  const auto consider = [&first](std::optional<time_point> other) {
    if (other && (!first || *other < *first))
      first = other;
  };
  consider(server_.next_deadline());
  for (const auto& b : branches_)
    consider(b.transaction.next_deadline());
  return first;
}

void pager_exchange::perform(std::uint8_t b, const transaction_actions& todo, time_point now,
                             actions& out) {
  for (const auto action : todo)
    switch (action) {
      case transaction_action::resend_request: out.push_back({kind::resend_request, b}); break;
      case transaction_action::report_timeout: refused(b, 408, now, out); break;         // §16.8
      case transaction_action::report_transport_error: refused(b, 503, now, out); break; // §16.9
      case transaction_action::pass_provisional: // RFC 4320 §4.1: none but our own 100 goes on
      case transaction_action::pass_final:       // on_response() sees to it
      case transaction_action::send_request:
      case transaction_action::destroy: break;
      case transaction_action::send_trying:
      case transaction_action::send_response:
      case transaction_action::resend_response:
      case transaction_action::pass_ack:
      case transaction_action::pass_2xx:
      case transaction_action::send_ack:
      case transaction_action::resend_ack: TANDEM_CHECK(false && "a client's action");
    }
}

void pager_exchange::refused(std::uint8_t b, std::uint16_t status, time_point now, actions& out) {
  branches_[b].awaited = false;
  note_refusal(status, b);
  say_best_if(false, now, out);
}

void pager_exchange::say_best_if(bool is_time, time_point now, actions& out) {
  if (!is_time && std::ranges::any_of(branches_, &branch::awaited))
    return;
  const bool silence = refusal_ == 0 || refusal_ == 408;
  if (silence) // RFC 4320 §4.2: never 408, whoever said it
    return answer(480, nobody, now, out);
  const auto told = passed_on(refusal_);
  answer(told, told == refusal_ ? refused_by_ : nobody, now, out);
}

void pager_exchange::answer(std::uint16_t status, std::uint8_t of, time_point now, actions& out) {
  if (state_ != state::waiting)
    return;
  state_ = state::answered;
  timers_.stop_all();
  (void) server_.on_user_response(status, now);
  out.push_back({kind::answer, of, status});
}

void pager_exchange::end_if_done(actions& out) {
  const bool done =
      state_ == state::answered
      && server_.current() == non_invite_server_transaction::state::terminated
      && std::ranges::all_of(branches_, [](const branch& b) {
           return b.transaction.current() == non_invite_client_transaction::state::terminated;
         });
  if (!done)
    return;
  state_ = state::over;
  out.push_back({kind::destroy});
}

std::string_view state_name(pager_exchange::state s) {
  using state = pager_exchange::state;
  switch (s) {
    case state::waiting: return "waiting";
    case state::answered: return "answered";
    case state::over: return "over";
  }
  return "?";
}

} // namespace tandem::sip
