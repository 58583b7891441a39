#include "protocols/sip/outgoing_leg.hpp"

#include "runtime/base/check.hpp"

namespace tandem::sip {

using kind = leg_action::kind;

outgoing_leg::outgoing_leg(duration ring_timeout, const timer_values& t, time_point now) : t_(t) {
  timers_.start(timer::no_answer, now + ring_timeout);
}

outgoing_leg::outgoing_leg(const snapshot& s, const timer_values& t, time_point now)
  : t_(t), timers_(timer_table<timer>::restored(s.timers, now)), state_(s.current),
    cause_(s.cause) {
}

auto outgoing_leg::snapshot_at(time_point now) const -> snapshot {
  return {state_, cause_, timers_.remaining_at(now)};
}

auto outgoing_leg::on_hangup(end_cause why, time_point now) -> actions {
  switch (state_) {
    case state::calling:
    case state::proceeding: return cause_ ? actions{} : give_up(why, now);
    case state::established:
      state_ = state::ending;
      cause_ = why;
      return {{kind::send_bye}};
    case state::cancelling:
    case state::ending:
    case state::ended: return {};
  }
  return {};
}

auto outgoing_leg::on_provisional(std::uint16_t status, time_point now) -> actions {
  TANDEM_CHECK(status >= 100 && status < 200);
  if (state_ == state::calling)
    state_ = state::proceeding;
  if (state_ != state::proceeding)
    return {};
  if (cause_) { // a hang-up waited for this response (§9.1)
    state_ = state::cancelling;
    timers_.start(timer::cancel, now + 64 * t_.t1);
    return {{kind::send_cancel}};
  }
  if (status == 100)
    return {};
  return {{kind::report_progress, status}};
}

auto outgoing_leg::on_2xx(answer_from from) -> actions {
  if (from == answer_from::another_dialog
      && (state_ == state::established || state_ == state::ending || state_ == state::ended))
    return {{kind::release_surplus}};
  switch (state_) {
    case state::calling:
    case state::proceeding:
    case state::cancelling:
      timers_.stop_all();
      if (!cause_) {
        state_ = state::established;
        return {{kind::acknowledge}, {kind::report_answered}};
      }
      state_ = state::ending; // §9.1: the CANCEL crossed the 2xx
      return {{kind::acknowledge}, {kind::send_bye}};
    case state::established:
    case state::ending: return {{kind::acknowledge}}; // a retransmission wants its ACK again
    case state::ended: return {};
  }
  return {};
}

auto outgoing_leg::on_failure(std::uint16_t status) -> actions {
  TANDEM_CHECK(status >= 300 && status < 700);
  if (state_ == state::calling || state_ == state::proceeding || state_ == state::cancelling)
    return end(end_cause::rejected, status);
  return {};
}

auto outgoing_leg::on_curable_failure(std::uint16_t status) -> actions {
  if ((state_ != state::calling && state_ != state::proceeding) || cause_)
    return on_failure(status);
  state_ = state::calling; // of a new transaction: a CANCEL has to wait for its 1xx (§9.1)
  return {{kind::send_invite}};
}

auto outgoing_leg::on_transaction_failed(end_cause why) -> actions {
  if (state_ == state::calling || state_ == state::proceeding || state_ == state::cancelling)
    return end(why, why == end_cause::unreachable ? 503 : 408); // §8.1.3.1
  return {};
}

auto outgoing_leg::on_bye() -> actions {
  if (state_ == state::established)
    return end(end_cause::bye, 0);
  if (state_ == state::ending)
    state_ = state::ended; // both hung up at once
  return {};
}

auto outgoing_leg::on_rtp_timeout() -> actions {
  return on_session_lost(end_cause::rtp_timeout);
}

auto outgoing_leg::on_session_lost(end_cause why) -> actions {
  if (state_ != state::established)
    return {};
  state_ = state::ending;
  cause_ = why;
  return {{kind::send_bye}, {kind::report_ended}};
}

auto outgoing_leg::on_bye_final() -> actions {
  if (state_ == state::ending)
    state_ = state::ended;
  return {};
}

auto outgoing_leg::on_deadline(time_point now) -> actions {
  actions out;
  while (const auto expired = timers_.pop_expired(now)) {
    if (*expired == timer::cancel) {
      state_ = state::ended;
      timers_.stop_all();
      continue;
    }
    out = give_up(end_cause::no_answer, now);
    out.push_back({kind::report_ended, 408});
  }
  return out;
}

auto outgoing_leg::give_up(end_cause why, time_point now) -> actions {
  cause_ = why;
  timers_.stop(timer::no_answer);
  if (state_ == state::calling)
    return {}; // §9.1: no CANCEL before a provisional response; timer B bounds the wait
  state_ = state::cancelling;
  timers_.start(timer::cancel, now + 64 * t_.t1);
  return {{kind::send_cancel}};
}

auto outgoing_leg::end(end_cause why, std::uint16_t status) -> actions {
  const bool asked = cause_.has_value(); // whoever asked for the end needs no report
  state_ = state::ended;
  cause_ = cause_.value_or(why);
  timers_.stop_all();
  return asked ? actions{} : actions{{kind::report_ended, status}};
}

std::string_view state_name(outgoing_leg::state s) {
  switch (s) {
    case outgoing_leg::state::calling: return "calling";
    case outgoing_leg::state::proceeding: return "proceeding";
    case outgoing_leg::state::cancelling: return "cancelling";
    case outgoing_leg::state::established: return "established";
    case outgoing_leg::state::ending: return "ending";
    case outgoing_leg::state::ended: return "ended";
  }
  return "";
}

} // namespace tandem::sip
