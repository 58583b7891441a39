#include "protocols/sip/non_invite_client_transaction.hpp"

#include "runtime/base/check.hpp"

#include <algorithm>

namespace tandem::sip {

using enum transaction_action;

non_invite_client_transaction::non_invite_client_transaction(transport_kind transport,
                                                             const timer_values& t, time_point now)
  : transport_(transport), t_(t) {
  timers_.start(timer::f, now + 64 * t_.t1); // §17.1.2.2: for all transports
  if (transport_ == transport_kind::unreliable) {
    e_interval_ = t_.t1;
    timers_.start(timer::e, now + e_interval_);
  }
}

non_invite_client_transaction::non_invite_client_transaction(const snapshot& s,
                                                             const timer_values& t, time_point now)
  : transport_(s.transport), t_(t), timers_(timer_table<timer>::restored(s.timers, now)),
    e_interval_(s.e_interval), state_(s.current) {
}

auto non_invite_client_transaction::snapshot_at(time_point now) const -> snapshot {
  return {transport_, state_, e_interval_, timers_.remaining_at(now)};
}

transaction_actions non_invite_client_transaction::on_start() {
  return {send_request};
}

transaction_actions non_invite_client_transaction::on_response(status_code code, time_point now) {
  if (state_ != state::trying && state_ != state::proceeding)
    return {}; // figure 6: Completed absorbs what is retransmitted
  if (code.is_provisional()) {
    state_ = state::proceeding; // E and F run on
    return {pass_provisional};
  }
  state_ = state::completed;
  timers_.stop_all();
  timers_.start(timer::k, transport_ == transport_kind::reliable ? now : now + t_.t4);
  return {pass_final};
}

transaction_actions non_invite_client_transaction::on_transport_error() {
  if (state_ != state::trying && state_ != state::proceeding)
    return {};
  transaction_actions out{report_transport_error}; // §17.1.4
  terminate(out);
  return out;
}

transaction_actions non_invite_client_transaction::on_deadline(time_point now) {
  transaction_actions out;
  while (const auto expired = timers_.pop_expired(now))
    fire(*expired, now, out);
  return out;
}

void non_invite_client_transaction::fire(timer which, time_point now, transaction_actions& out) {
  switch (which) {
    case timer::f: // §17.1.2.2: no final response
      TANDEM_CHECK(state_ == state::trying || state_ == state::proceeding);
      out.push_back(report_timeout);
      return terminate(out);
    case timer::k: return terminate(out);
    case timer::e: // §17.1.2.2: doubles up to T2 in Trying, T2 in Proceeding
      TANDEM_CHECK(state_ == state::trying || state_ == state::proceeding);
      e_interval_ =
          state_ == state::proceeding ? t_.t2 : std::min<duration>(2 * e_interval_, t_.t2);
      timers_.start(timer::e, now + e_interval_);
      return out.push_back(resend_request);
    case timer::count: break;
  }
  TANDEM_CHECK(which != timer::count);
}

void non_invite_client_transaction::terminate(transaction_actions& out) {
  state_ = state::terminated;
  timers_.stop_all();
  out.push_back(destroy);
}

std::string_view state_name(non_invite_client_transaction::state s) {
  using state = non_invite_client_transaction::state;
  switch (s) {
    case state::trying: return "trying";
    case state::proceeding: return "proceeding";
    case state::completed: return "completed";
    case state::terminated: return "terminated";
  }
  return "?";
}

} // namespace tandem::sip
