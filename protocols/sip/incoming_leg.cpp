#include "protocols/sip/incoming_leg.hpp"

#include "runtime/base/check.hpp"

namespace tandem::sip {

using kind = leg_action::kind;

auto incoming_leg::on_ring(std::uint16_t status) -> actions {
  TANDEM_CHECK(status > 100 && status < 200);
  if (s_.current != state::proceeding)
    return {};
  return {{kind::send_provisional, status}};
}

auto incoming_leg::on_answer() -> actions {
  if (s_.current != state::proceeding)
    return {};
  s_.current = state::accepted;
  return {{kind::send_2xx, 200}};
}

auto incoming_leg::on_reject(std::uint16_t status) -> actions {
  TANDEM_CHECK(status >= 300 && status < 700);
  if (s_.current != state::proceeding)
    return {};
  return end(end_cause::rejected, leg_action{kind::send_final, status});
}

auto incoming_leg::on_hangup(end_cause why) -> actions {
  switch (s_.current) {
    case state::proceeding: return end(why, leg_action{kind::send_final, 480});
    case state::accepted: // §15: no BYE before the ACK, or before the wait for it is over
      s_.bye_wanted = true;
      s_.cause = why;
      return {};
    case state::established:
      s_.current = state::ending;
      s_.cause = why;
      return {{kind::send_bye}};
    case state::ending:
    case state::ended: return {};
  }
  return {};
}

auto incoming_leg::on_rtp_timeout() -> actions {
  if (s_.current == state::accepted && !s_.bye_wanted) { // §15: the BYE waits for the ACK
    s_.bye_wanted = true;
    s_.cause = end_cause::rtp_timeout;
    return {{kind::report_ended}};
  }
  return on_session_lost(end_cause::rtp_timeout);
}

auto incoming_leg::on_session_lost(end_cause why) -> actions {
  if (s_.current != state::established)
    return {};
  s_.current = state::ending;
  s_.cause = why;
  return {{kind::send_bye}, {kind::report_ended}};
}

auto incoming_leg::on_cancel() -> actions {
  if (s_.current != state::proceeding)
    return {}; // §9.2: no effect once a final response was given
  return end(end_cause::cancelled, leg_action{kind::send_final, 487});
}

auto incoming_leg::on_ack() -> actions {
  if (s_.current != state::accepted)
    return {};
  if (s_.bye_wanted) {
    s_.current = state::ending;
    return {{kind::send_bye}};
  }
  s_.current = state::established;
  return {{kind::report_answered}};
}

auto incoming_leg::on_ack_timeout() -> actions {
  if (s_.current != state::accepted)
    return on_session_lost(end_cause::ack_timeout); // of a 2xx to a re-INVITE
  s_.current = state::ending; // §13.3.1.4: the dialog is confirmed, the session is ended with a BYE
  if (s_.bye_wanted)
    return {{kind::send_bye}};
  s_.cause = end_cause::ack_timeout;
  return {{kind::send_bye}, {kind::report_ended}};
}

auto incoming_leg::on_bye() -> actions {
  switch (s_.current) {
    case state::proceeding: // §15.1.2: a pending request gets 487
      return end(end_cause::cancelled, leg_action{kind::send_final, 487});
    case state::accepted:
    case state::established: return end(s_.cause.value_or(end_cause::bye));
    case state::ending: s_.current = state::ended; return {};
    case state::ended: return {};
  }
  return {};
}

auto incoming_leg::on_bye_final() -> actions {
  if (s_.current == state::ending)
    s_.current = state::ended;
  return {};
}

auto incoming_leg::end(end_cause why, std::optional<leg_action> first) -> actions {
  actions out;
  if (first)
    out.push_back(*first);
  const bool known = s_.cause.has_value(); // whoever asked for the end needs no report
  s_.current = state::ended;
  s_.cause = s_.cause.value_or(why);
  const bool asked = why != end_cause::cancelled && why != end_cause::bye;
  if (!known && !asked)
    out.push_back({kind::report_ended});
  return out;
}

std::string_view state_name(incoming_leg::state s) {
  switch (s) {
    case incoming_leg::state::proceeding: return "proceeding";
    case incoming_leg::state::accepted: return "answered, waiting for ACK";
    case incoming_leg::state::established: return "established";
    case incoming_leg::state::ending: return "ending";
    case incoming_leg::state::ended: return "ended";
  }
  return "";
}

std::string_view to_string(end_cause c) {
  switch (c) {
    case end_cause::bye: return "bye";
    case end_cause::hung_up: return "hung up";
    case end_cause::cancelled: return "cancelled";
    case end_cause::rejected: return "rejected";
    case end_cause::no_answer: return "no answer";
    case end_cause::no_response: return "no response";
    case end_cause::unreachable: return "unreachable";
    case end_cause::ack_timeout: return "no ACK";
    case end_cause::rtp_timeout: return "RTP timeout";
    case end_cause::answered_elsewhere: return "answered elsewhere";
    case end_cause::operator_request: return "operator";
    case end_cause::failure: return "internal failure";
    case end_cause::session_expired: return "session expired";
    case end_cause::dialog_gone: return "dialog gone";
    case end_cause::bad_description: return "bad description";
  }
  return "";
}

} // namespace tandem::sip
