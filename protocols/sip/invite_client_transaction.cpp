#include "protocols/sip/invite_client_transaction.hpp"

#include "runtime/base/check.hpp"

namespace tandem::sip {

using enum transaction_action;

invite_client_transaction::invite_client_transaction(transport_kind transport,
                                                     const timer_values& t, time_point now)
  : transport_(transport), t_(t) {
  timers_.start(timer::b, now + 64 * t_.t1); // §17.1.1.2: for all transports
  if (transport_ == transport_kind::unreliable) {
    a_interval_ = t_.t1;
    timers_.start(timer::a, now + a_interval_);
  }
}

invite_client_transaction::invite_client_transaction(const snapshot& s, const timer_values& t,
                                                     time_point now)
  : transport_(s.transport), t_(t), timers_(timer_table<timer>::restored(s.timers, now)),
    a_interval_(s.a_interval), state_(s.current) {
}

auto invite_client_transaction::snapshot_at(time_point now) const -> snapshot {
  return {transport_, state_, a_interval_, timers_.remaining_at(now)};
}

transaction_actions invite_client_transaction::on_start() {
  return {send_request};
}

transaction_actions invite_client_transaction::on_response(status_code code, time_point now) {
  switch (state_) {
    case state::calling:
    case state::proceeding:
      if (code.is_final())
        return complete(code, now);
      if (state_ == state::calling) {
        state_ = state::proceeding;
        timers_.stop_all(); // §17.1.1.2: no more retransmissions, and B belongs to Calling
      }
      return {pass_provisional};
    case state::accepted: // RFC 6026 §7.2: each 2xx is passed up, anything else is absorbed
      if (code.is_success())
        return {pass_2xx};
      return {};
    case state::completed: // §17.1.1.2: the ACK again for the final response again, not passed up
      if (code.is_failure())
        return {resend_ack};
      return {};
    case state::terminated: return {};
  }
  return {};
}

transaction_actions invite_client_transaction::complete(status_code code, time_point now) {
  timers_.stop_all();
  if (code.is_success()) {
    state_ = state::accepted;
    timers_.start(timer::m, now + 64 * t_.t1); // RFC 6026 §7.2: for all transports
    return {pass_2xx};
  }
  state_ = state::completed;
  // DEVIATION RFC 3261 §17.1.1.2: timer D is 64*T1, which is less than 32 s where T1 is less than
  // 500 ms: as long as a server with our T1 repeats its response (timer H).
  timers_.start(timer::d, transport_ == transport_kind::reliable ? now : now + 64 * t_.t1);
  return {send_ack, pass_final};
}

void invite_client_transaction::on_cancel_sent(time_point now) {
  if (state_ == state::proceeding)
    timers_.start(timer::cancelled, now + 64 * t_.t1); // §9.1, last paragraph
}

transaction_actions invite_client_transaction::on_transport_error() {
  // §17.1.4 and figure 5: only where something was sent. Nothing is sent in Proceeding, where the
  // peer has been heard; in Accepted the ACK is the TU's.
  if (state_ != state::calling && state_ != state::completed)
    return {};
  transaction_actions out{report_transport_error};
  terminate(out);
  return out;
}

transaction_actions invite_client_transaction::on_deadline(time_point now) {
  transaction_actions out;
  while (const auto expired = timers_.pop_expired(now))
    fire(*expired, now, out);
  return out;
}

void invite_client_transaction::fire(timer which, time_point now, transaction_actions& out) {
  switch (which) {
    case timer::b: // §17.1.1.2: nobody answered at all
      TANDEM_CHECK(state_ == state::calling);
      out.push_back(report_timeout);
      return terminate(out);
    case timer::cancelled: // §9.1: the peer is of RFC 2543 and will not answer 487
      TANDEM_CHECK(state_ == state::proceeding);
      out.push_back(report_timeout);
      return terminate(out);
    case timer::d:
    case timer::m: return terminate(out);
    case timer::a: // §17.1.1.2: doubles without bound, until timer B
      TANDEM_CHECK(state_ == state::calling);
      a_interval_ *= 2;
      timers_.start(timer::a, now + a_interval_);
      return out.push_back(resend_request);
    case timer::count: break;
  }
  TANDEM_CHECK(which != timer::count);
}

void invite_client_transaction::terminate(transaction_actions& out) {
  state_ = state::terminated;
  timers_.stop_all();
  out.push_back(destroy);
}

std::string_view state_name(invite_client_transaction::state s) {
  using state = invite_client_transaction::state;
  switch (s) {
    case state::calling: return "calling";
    case state::proceeding: return "proceeding";
    case state::accepted: return "accepted";
    case state::completed: return "completed";
    case state::terminated: return "terminated";
  }
  return "?";
}

} // namespace tandem::sip
