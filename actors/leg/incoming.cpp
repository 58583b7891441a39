#include "actors/leg/incoming.hpp"

#include "actors/call/identity.hpp"
#include "actors/call/replies.hpp"
#include "actors/dialog/dialog.hpp"
#include "protocols/sip/response_builder.hpp"
#include "protocols/sip/typed_headers.hpp"

namespace tandem::actors {

using action_kind = sip::leg_action::kind;
using command_kind = msg::leg_command::kind;

incoming_leg::incoming_leg(const incoming_leg_record& r, call_scope& call)
  : r_(r), call_(call), machine_(r.machine), sdp_(r.media, call) {
}

caf::behavior incoming_leg::make_behavior() {
  return {
      [this](const msg::request_received& m) { on_request(m); },
      [this](const msg::media_ready& m) { on_media_ready(m); },
      [this](const msg::media_failed& m) {
        refuse(m.why == media::error::no_such_family ? 488 : 503, "No Media Ports");
      },
      [this](const msg::leg_command& c) { on_command(c); },
      [this](const msg::dialog_event& e) { on_dialog(e); },
      [this](const msg::transaction_failed&) {}, // no ACK to a refusal: it was said, that is all
      [this](const msg::ack_received&) {},       // it has come to the dialog
      [this](const msg::media_silent&) { perform(machine_.on_rtp_timeout()); },
  };
}

void incoming_leg::on_request(const msg::request_received& in) {
  if (in.message->get_method() == sip::method::invite)
    return on_invite(in);
  call_.tell(in.transaction, msg::respond{200, plain_reply(in, 200)}); // CANCEL, §9.2
  perform(machine_.on_cancel());
}

void incoming_leg::on_invite(const msg::request_received& in) {
  r_.invite = in.transaction;
  const auto required = sip::read_tokens(*in.message, sip::header_id::require);
  if (required && !required->empty())
    return refuse(420);
  auto offer = leg_sdp::read(*in.message);
  if (!offer)
    return refuse(offer.error(), offer.error() == 400 ? "Bad Session Description" : "");
  if (!*offer)
    return refuse(488, "Offer Required In INVITE");
  if (!sdp_.take_offer(**offer))
    return refuse(488);
  auto dialog =
      dialog_as_uas(call_, *in.message, make_tag({call_.key(), r_.number, call_.node().name}));
  if (!dialog || dialog->dialog.remote_target.empty())
    return refuse(400, dialog ? "Missing Contact" : "Too Many Record-Route");
  dialog->leg = call_.self();
  dialog->transport = r_.transport;
  dialog->peer = r_.source;
  r_.offer = *offer;
  r_.dialog = call_.spawn(call_.self(), "dialog", std::move(*dialog));
  media_endpoint_record endpoint;
  endpoint.leg = call_.self();
  endpoint.family = r_.source.address.family;
  sdp_.set_endpoint(call_.spawn(call_.self(), "media", endpoint));
  call_.tell(sdp_.endpoint(), msg::begin{});
}

void incoming_leg::on_media_ready(const msg::media_ready& m) {
  sdp_.set_slot(m.slot);
  call_.tell(app_child, msg::leg_event{.what = msg::leg_event::kind::incoming,
                                       .leg = r_.number,
                                       .description = r_.offer,
                                       .endpoint = sdp_.endpoint()});
}

void incoming_leg::on_command(const msg::leg_command& c) {
  switch (c.what) {
    case command_kind::ring: return perform(machine_.on_ring(c.status), c);
    case command_kind::answer:
    case command_kind::answer_echo: return answer(c);
    case command_kind::reject: return perform(machine_.on_reject(c.status), c);
    case command_kind::hang_up: return perform(machine_.on_hangup(c.cause), c);
  }
}

void incoming_leg::answer(const msg::leg_command& c) {
  if (machine_.current() != sip::incoming_leg::state::proceeding)
    return;
  const auto sdp = c.what == command_kind::answer_echo ? sdp_.echo_answer()
                   : c.description ? sdp_.answer(*c.description, leg_sdp::stage::final)
                                   : std::nullopt;
  if (!sdp) { // what the other side answered does not fit the caller's offer
    report_ended();
    return refuse(488);
  }
  if (c.what == command_kind::answer_echo)
    call_.tell(sdp_.endpoint(), msg::media_echo{});
  (void) machine_.on_answer(); // its one action is what follows
  respond(200, c, &*sdp);
}

void incoming_leg::on_dialog(const msg::dialog_event& e) {
  switch (e.what) {
    case msg::dialog_event::kind::acknowledged: return perform(machine_.on_ack());
    case msg::dialog_event::kind::ack_timed_out: return perform(machine_.on_ack_timeout());
    case msg::dialog_event::kind::bye_received: return perform(machine_.on_bye());
    case msg::dialog_event::kind::bye_final: return perform(machine_.on_bye_final());
  }
}

void incoming_leg::perform(const sip::incoming_leg::actions& todo, const msg::leg_command& wanted) {
  for (const auto& action : todo)
    switch (action.what) {
      case action_kind::send_provisional: {
        const auto sdp = wanted.description
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
  for (const auto& contact : wanted.contacts)
    w.header(sip::header_id::contact, "<", contact, ">");
  if (status == 420)
    w.header(sip::header_id::unsupported, r_.request->header(sip::header_id::require).value_or(""));
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
  if (sdp_.endpoint() != the_call)
    call_.end(sdp_.endpoint());
  if (r_.dialog != the_call)
    call_.end(r_.dialog);
}

child_record incoming_leg::record_at(time_point) const {
  auto r = r_;
  r.machine = machine_.snapshot_now();
  r.media = sdp_.record();
  return r;
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
