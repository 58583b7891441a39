#include "protocols/sip/non_invite_server_transaction.hpp"

namespace tandem::sip {

using enum transaction_action;

non_invite_server_transaction::non_invite_server_transaction(transport_kind transport,
                                                             const timer_values& t, time_point)
  : transport_(transport), t_(t) {
}

non_invite_server_transaction::non_invite_server_transaction(const snapshot& s,
                                                             const timer_values& t, time_point now)
  : transport_(s.transport), t_(t), timers_(timer_table<timer>::restored(s.timers, now)),
    state_(s.current) {
}

auto non_invite_server_transaction::snapshot_at(time_point now) const -> snapshot {
  return {transport_, state_, timers_.remaining_at(now)};
}

transaction_actions non_invite_server_transaction::on_request_again() {
  if (state_ == state::proceeding || state_ == state::completed)
    return {resend_response};
  return {}; // §17.2.2: discarded in Trying, there is nothing to repeat
}

transaction_actions non_invite_server_transaction::on_user_response(status_code code,
                                                                    time_point now) {
  if (state_ != state::trying && state_ != state::proceeding)
    return {}; // §17.2.2: any other final response of the TU is discarded
  if (code.is_provisional()) {
    state_ = state::proceeding;
  } else {
    state_ = state::completed;
    timers_.start(timer::j, transport_ == transport_kind::reliable ? now : now + 64 * t_.t1);
  }
  return {send_response};
}

transaction_actions non_invite_server_transaction::on_transport_error() {
  // RFC 6026 §8.8 replaces RFC 3261 §17.2.4 (and so this arrow of figure 8) for both kinds of
  // server transaction: inform the TU, MUST remain. A retransmission may find a way back.
  if (state_ == state::proceeding || state_ == state::completed)
    return {report_transport_error};
  return {};
}

transaction_actions non_invite_server_transaction::on_deadline(time_point now) {
  if (!timers_.pop_expired(now))
    return {};
  state_ = state::terminated; // timer J is the only one
  return {destroy};
}

std::string_view state_name(non_invite_server_transaction::state s) {
  using state = non_invite_server_transaction::state;
  switch (s) {
    case state::trying: return "trying";
    case state::proceeding: return "proceeding";
    case state::completed: return "completed";
    case state::terminated: return "terminated";
  }
  return "?";
}

} // namespace tandem::sip
