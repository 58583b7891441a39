#include "actors/leg/incoming.hpp"

#include "actors/call/identity.hpp"
#include "actors/call/replies.hpp"
#include "actors/dialog/dialog.hpp"
#include "protocols/sip/outside_request.hpp"
#include "protocols/sip/response_builder.hpp"
#include "protocols/sip/session_body.hpp"
#include "protocols/sip/typed_headers.hpp"

namespace tandem::actors {

using action_kind = sip::leg_action::kind;
using command_kind = msg::leg_command::kind;

incoming_leg::incoming_leg(const incoming_leg_record& r, call_scope& call)
  : r_(r), call_(call), machine_(r.machine), sdp_(r.media, call),
    change_(r.change, r.number, sdp_, call) {
  r_.media.negotiation = nullptr; // sdp_ has what holds now
}

caf::behavior incoming_leg::make_behavior() {
  return {
      [this](const msg::request_received& m) { on_request(m); },
      [this](const msg::media_ready& m) {
        sdp_.set_slot(m.slot);
        report_incoming();
      },
      [this](const msg::media_failed& m) {
        refuse(m.why == media::error::no_such_family ? 488 : 503, "No Media Ports");
      },
      [this](const msg::leg_command& c) { on_command(c); },
      [this](const msg::dialog_event& e) { on_dialog(e); },
      [this](const msg::transaction_failed&) {}, // no ACK to a refusal: it was said, that is all
      [this](const msg::ack_received&) {},       // it has come to the dialog
      [this](const msg::media_silent& m) {
        if (m.endpoint == sdp_.endpoint()) // a camera may be covered
          perform(machine_.on_rtp_timeout());
      },
      [this](const msg::join_streams& m) { sdp_.join(m); },
      [this](const msg::streams_to_join& m) { sdp_.join(m); },
      [this](const msg::offer_received& m) { change_.on_offer(m); },
      [this](const msg::offer_withdrawn&) { change_.on_withdrawn(); },
      [this](const msg::offer_result& m) { check(change_.on_result(m)); },
      [this](const msg::relay_received& m) { change_.on_relay(m); },
      [this](const msg::relay_result& m) { change_.on_relay_result(m); },
  };
}

void incoming_leg::on_request(const msg::request_received& in) {
  if (in.message->get_method() == sip::method::invite)
    return on_invite(in);
  // CANCEL: §9.2, with the tag of the INVITE's own answers.
  const auto tag = make_tag({call_.key(), r_.number, call_.node().name});
  call_.tell(in.transaction, msg::respond{200, plain_reply(in, 200, tag)});
  perform(machine_.on_cancel());
}

void incoming_leg::on_invite(const msg::request_received& in) {
  r_.invite = in.transaction;
  if (const auto unfit = sip::unfit_for_session(*in.message))
    return refuse(unfit);
  const auto timer = sip::read_session_timer(*in.message);
  if (!timer)
    return refuse(400, timer.error().reason());
  if (!sip::session_timer{}.agree(*timer, call_.node().session_timers))
    return refuse(422);
  auto offer = leg_sdp::read(*in.message);
  if (!offer)
    return refuse(offer.error(), offer.error() == 400 ? "Bad Session Description" : "");
  if (*offer && !sdp_.take_offer(*offer))
    return refuse(488);
  auto dialog =
      dialog_as_uas(call_, *in.message, make_tag({call_.key(), r_.number, call_.node().name}));
  if (!dialog)
    return refuse(400, dialog.error() == sip::dialog_error::no_remote_target
                           ? "Missing Contact"
                           : "Too Many Record-Route");
  dialog->leg = call_.self();
  dialog->transport = r_.transport;
  dialog->peer = r_.source;
  r_.offer = *offer;
  r_.dialog = call_.spawn(call_.self(), "dialog", std::move(*dialog));
  change_.establish(r_.dialog);
  if (!sdp_.open_audio(r_.source.address.family))
    report_incoming();
}

void incoming_leg::report_incoming() {
  call_.tell(app_child, msg::leg_event{.what = msg::leg_event::kind::incoming,
                                       .leg = r_.number,
                                       .description = r_.offer,
                                       .endpoint = sdp_.endpoint()});
}

void incoming_leg::on_command(const msg::leg_command& c) {
  if (const auto changed = change_.on_command(c))
    return check(*changed);
  switch (c.what) {
    case command_kind::ring: return perform(machine_.on_ring(c.status), c);
    case command_kind::answer:
    case command_kind::answer_echo: return answer(c);
    case command_kind::reject: return perform(machine_.on_reject(c.status), c);
    case command_kind::hang_up: return perform(machine_.on_hangup(c.cause), c);
    case command_kind::offer:
    case command_kind::withdraw:
    case command_kind::answer_offer:
    case command_kind::late_answer:
    case command_kind::relay:
    case command_kind::relay_answer: break; // the modification's
  }
}

void incoming_leg::answer(const msg::leg_command& c) {
  if (machine_.current() != sip::incoming_leg::state::proceeding)
    return;
  const auto sdp = description_of_answer(c);
  if (!sdp) { // what the other side answered does not fit the caller's offer
    report_ended();
    return refuse(488);
  }
  if (c.what == command_kind::answer_echo) {
    change_.set_echo();
    call_.tell(sdp_.endpoint(), msg::media_echo{});
  }
  (void) machine_.on_answer(); // its one action is what follows
  respond(200, c, &*sdp);
}

/// Without an offer in the INVITE it is one: the ACK brings the answer (§13.2.1).
std::optional<std::string> incoming_leg::description_of_answer(const msg::leg_command& c) {
  const bool echo = c.what == command_kind::answer_echo;
  if (!echo && !c.description)
    return std::nullopt;
  if (r_.offer)
    return echo ? sdp_.echo_answer() : sdp_.answer(*c.description, leg_sdp::stage::final);
  change_.expect_late_answer();
  return echo ? sdp_.own_offer() : sdp_.offer(*c.description);
}

void incoming_leg::on_dialog(const msg::dialog_event& e) {
  switch (e.what) {
    case msg::dialog_event::kind::acknowledged: return on_ack(e.ack);
    case msg::dialog_event::kind::ack_timed_out: return perform(machine_.on_ack_timeout());
    case msg::dialog_event::kind::bye_received: return perform(machine_.on_bye());
    case msg::dialog_event::kind::bye_final: return perform(machine_.on_bye_final());
    case msg::dialog_event::kind::lost:
      return perform(machine_.on_session_lost(sip::end_cause::dialog_gone));
    case msg::dialog_event::kind::expired:
      return perform(machine_.on_session_lost(sip::end_cause::session_expired));
    case msg::dialog_event::kind::refresh_due: return change_.on_refresh_due();
  }
}

void incoming_leg::on_ack(const sip::message_ptr& ack) {
  const auto verdict = change_.on_ack(ack);
  const auto todo = machine_.on_ack();
  if (verdict == modification::verdict::fine
      || machine_.current() == sip::incoming_leg::state::ending)
    perform(todo);
  check(verdict);
}

void incoming_leg::check(modification::verdict v) {
  if (v == modification::verdict::broken)
    perform(machine_.on_session_lost(sip::end_cause::bad_description));
}

void incoming_leg::perform(const sip::incoming_leg::actions& todo, const msg::leg_command& wanted) {
  for (const auto& action : todo)
    switch (action.what) {
      case action_kind::send_provisional: {
        const auto sdp = wanted.description && r_.offer // else there is nothing to answer yet
                             ? sdp_.answer(*wanted.description, leg_sdp::stage::early)
                             : std::nullopt;
        respond(action.status, wanted, sdp ? &*sdp : nullptr);
        break;
      }
      case action_kind::send_final: respond(action.status, wanted); break;
      case action_kind::send_bye: call_.tell(r_.dialog, msg::send_bye{}); break;
      case action_kind::report_answered:
        call_.note_answer(r_.number);
        call_.tell(app_child,
                   msg::leg_event{.what = msg::leg_event::kind::answered, .leg = r_.number});
        break;
      case action_kind::report_ended: report_ended(); break;
      case action_kind::send_2xx: // answer() does it
      case action_kind::send_invite:
      case action_kind::send_cancel:
      case action_kind::acknowledge:
      case action_kind::release_surplus:
      case action_kind::report_progress: break;
    }
  settle();
}

void incoming_leg::respond(std::uint16_t status, const msg::leg_command& wanted,
                           const std::string* sdp) {
  const auto tag = make_tag({call_.key(), r_.number, call_.node().name});
  sip::message_writer w;
  sip::begin_response(
      w, *r_.request,
      {.status = status, .reason = wanted.reason, .to_tag = tag, .source = r_.source});
  if (status < 300) {
    w.header(sip::header_id::contact, contact_of(call_.node().transports[r_.transport.value], tag));
    w.header(sip::header_id::allow, allowed_methods);
  }
  if (status / 100 == 2)
    add_session_timer(w);
  if (status == 422)
    w.header(sip::header_id::min_se,
             static_cast<std::uint32_t>(call_.node().session_timers.least.count()));
  for (const auto& contact : wanted.contacts)
    w.header(sip::header_id::contact, "<", contact, ">");
  if (status == 420)
    w.header(sip::header_id::unsupported, sip::unsupported_options(*r_.request));
  if (status == 415)
    write_accepted(w, *r_.request);
  if (status == 488) // §20.43: 304 is "Media type not available", 305 "Incompatible media format"
    w.header(sip::header_id::warning, sdp_.ready() ? "305 " : "304 ", call_.node().name, " ",
             sdp_.ready() ? R"("Incompatible media format")" : R"("Media type not available")");
  if (sdp != nullptr)
    w.body("application/sdp", *sdp);
  const auto bytes = w.finish();
  if (status >= 200)
    r_.status = status;
  call_.tell(r_.invite, msg::respond{status, bytes});
  if (status / 100 == 2)
    call_.tell(r_.dialog, msg::accepted{r_.invite, bytes});
  if (status >= 200)
    r_.request = nullptr; // nothing more is to be written from it
}

/// RFC 4028 §9: what the dialog has agreed to as well, from the same request.
void incoming_leg::add_session_timer(sip::message_writer& w) const {
  sip::session_timer timer;
  if (const auto fields = sip::read_session_timer(*r_.request))
    (void) timer.agree(*fields, call_.node().session_timers);
  const auto fields = timer.response_fields();
  sip::write_session_timer(w, fields);
  if (fields.who == sip::session_timer_fields::refresher::uac)
    w.header(sip::header_id::require, "timer");
}

void incoming_leg::refuse(std::uint16_t status, std::string_view reason) {
  perform(machine_.on_reject(status),
          {.what = command_kind::reject, .status = status, .reason = std::string(reason)});
}

void incoming_leg::report_ended() {
  const auto cause = machine_.cause().value_or(sip::end_cause::rejected);
  call_.note_cause(r_.number, cause);
  call_.tell(app_child,
             msg::leg_event{.what = msg::leg_event::kind::ended, .leg = r_.number, .cause = cause});
}

void incoming_leg::settle() {
  if (machine_.current() != sip::incoming_leg::state::ended || r_.settled)
    return;
  r_.settled = true;
  call_.note_end(r_.number, machine_.cause().value_or(sip::end_cause::bye), r_.status);
  sdp_.end_media();
  r_.offer = nullptr;
  if (r_.dialog != the_call)
    call_.end(r_.dialog);
}

child_record incoming_leg::record_at(time_point) const {
  child_record out{r_};
  auto& r = std::get<incoming_leg_record>(out);
  r.machine = machine_.snapshot_now();
  r.media = sdp_.record();
  r.change = change_.record();
  return out;
}

const char* incoming_leg::state() const {
  return sip::state_name(machine_.current()).data();
}

incoming_leg_record incoming_leg_for(const call_scope& call, const msg::sip_input& in) {
  incoming_leg_record r;
  r.number = caller.value;
  r.media = leg_sdp::fresh(call, r.number, in.source.address.family);
  r.request = in.message;
  r.source = in.source;
  r.transport = in.transport;
  return r;
}

} // namespace tandem::actors
