#include "protocols/sip/invite_usage.hpp"

#include "runtime/base/check.hpp"

#include <algorithm>

namespace tandem::sip {

using namespace std::chrono_literals;
using enum usage_action;

invite_usage::invite_usage(role who, const timer_values& t) : role_(who), t_(t) {
}

invite_usage::invite_usage(const snapshot& s, const timer_values& t, time_point now)
  : role_(s.who), t_(t), timers_(timer_table<timer>::restored(s.timers, now)),
    resend_interval_(s.resend_interval), ack_sent_(s.ack_sent), state_(s.current) {
}

auto invite_usage::snapshot_at(time_point now) const -> snapshot {
  return {role_, state_, ack_sent_, resend_interval_, timers_.remaining_at(now)};
}

void invite_usage::on_provisional_sent(time_point now) {
  TANDEM_CHECK(role_ == role::uas);
  if (state_ == state::early)
    timers_.start(timer::ringing, now + 1min); // §13.3.1.1: proxies cancel after three
}

void invite_usage::on_2xx_sent(time_point now) {
  TANDEM_CHECK((role_ == role::uas && state_ == state::early) || state_ == state::established);
  if (state_ == state::early)
    state_ = state::answered;
  timers_.stop_all();
  timers_.start(timer::ack, now + 64 * t_.t1); // §13.3.1.4
  resend_interval_ = t_.t1; // whatever the transport: the 2xx is repeated from end to end
  timers_.start(timer::resend, now + resend_interval_);
}

actions<usage_action> invite_usage::on_ack() {
  TANDEM_CHECK(role_ == role::uas || state_ != state::early);
  if (state_ != state::answered && !timers_.is_running(timer::ack))
    return {}; // one ACK for each 2xx that was sent again
  state_ = state::established;
  timers_.stop_all();
  return {pass_ack};
}

actions<usage_action> invite_usage::on_2xx() {
  TANDEM_CHECK(role_ == role::uac || state_ != state::early);
  if (state_ == state::early)
    state_ = state::established;
  if (ack_sent_)
    return {resend_ack};
  ack_sent_ = true; // §13.2.2.4: due even when a BYE was faster than this 2xx
  return {send_ack};
}

actions<usage_action> invite_usage::on_failure() {
  actions<usage_action> out;
  if (state_ == state::early)
    terminate(out);
  return out;
}

bool invite_usage::may_send_bye() const {
  switch (state_) {
    case state::early: return role_ == role::uac;
    case state::answered: return !timers_.next(); // the ACK's time is over
    case state::established: return true;
    case state::leaving:
    case state::terminated: return false;
  }
  return false;
}

void invite_usage::on_bye_sent() {
  TANDEM_CHECK(may_send_bye());
  timers_.stop_all(); // of a re-INVITE: its ACK is not waited for
  state_ = state::leaving;
}

actions<usage_action> invite_usage::on_bye_final() {
  actions<usage_action> out;
  if (state_ == state::leaving)
    terminate(out);
  return out;
}

actions<usage_action> invite_usage::on_bye() {
  if (state_ == state::terminated)
    return {refuse_bye}; // §15.1.2: no match, 481
  actions<usage_action> out{answer_bye};
  if (state_ == state::early && role_ == role::uas)
    out.push_back(reject_pending); // §15.1.2, last paragraph
  terminate(out); // in `leaving` too: the peer has hung up as well, its answer tells nothing new
  return out;
}

actions<usage_action> invite_usage::on_deadline(time_point now) {
  actions<usage_action> out;
  while (const auto expired = timers_.pop_expired(now))
    fire(*expired, now, out);
  return out;
}

void invite_usage::fire(timer which, time_point now, actions<usage_action>& out) {
  switch (which) {
    case timer::ack: // §13.3.1.4: the dialog is confirmed, the session should end with a BYE
      timers_.stop_all();
      return out.push_back(report_ack_timeout);
    case timer::resend: // §13.3.1.4: doubles up to T2
      resend_interval_ = std::min<duration>(2 * resend_interval_, t_.t2);
      timers_.start(timer::resend, now + resend_interval_);
      return out.push_back(resend_2xx);
    case timer::ringing:
      TANDEM_CHECK(state_ == state::early);
      timers_.start(timer::ringing, now + 1min);
      return out.push_back(resend_provisional);
    case timer::count: break;
  }
  TANDEM_CHECK(which != timer::count);
}

void invite_usage::terminate(actions<usage_action>& out) {
  state_ = state::terminated;
  timers_.stop_all();
  out.push_back(report_ended);
}

std::string_view state_name(invite_usage::state s) {
  using state = invite_usage::state;
  switch (s) {
    case state::early: return "early";
    case state::answered: return "waiting for ACK";
    case state::established: return "established";
    case state::leaving: return "BYE sent";
    case state::terminated: return "terminated";
  }
  return "?";
}

} // namespace tandem::sip
