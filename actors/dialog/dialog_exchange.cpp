// Changing an established session: RFC 3261 §14, RFC 3311, RFC 4028. Who may offer when is decided
// by sip::session_exchange; what is described, by the leg.
#include "actors/call/replies.hpp"
#include "actors/dialog/dialog.hpp"
#include "protocols/sip/response_builder.hpp"
#include "protocols/sip/typed_headers.hpp"

#include <utility>

namespace tandem::actors {

namespace {

std::string contact_uri(const sip::message& m) {
  const auto contacts = sip::read_contacts(m);
  return contacts && !contacts->list.empty() ? std::string(contacts->list.front().address.uri.text)
                                             : std::string();
}

} // namespace

// -- the peer's ----------------------------------------------------------------------------------

void dialog::on_reinvite(const msg::request_received& in) {
  if (!allows_interval(in) || !takes(in, exchange_.on_invite()))
    return;
  r_.offered = {in.message, in.source, in.transaction};
  call_.tell(r_.leg, msg::offer_received{call_.self(), in.message});
}

void dialog::on_update(const msg::request_received& in) {
  if (!allows_interval(in))
    return;
  if (!in.message->body().empty()) {
    if (!takes(in, exchange_.on_update(call_.now())))
      return;
    r_.offered = {in.message, in.source, in.transaction};
    return call_.tell(r_.leg, msg::offer_received{call_.self(), in.message});
  }
  if (r_.offered.message && r_.offered.message->get_method() == sip::method::update)
    return answer_later(in); // RFC 3311 §5.2: one UPDATE at a time
  // No offer: it refreshes target and session, which takes nobody's consent.
  const auto pending = std::exchange(r_.offered, {in.message, in.source, in.transaction});
  note_2xx(*in.message);
  sip::message_writer w;
  sip::begin_response(w, *in.message, {.status = 200, .source = in.source});
  add_session_headers(w);
  call_.tell(in.transaction, msg::respond{200, w.finish()});
  r_.offered = pending;
}

bool dialog::takes(const msg::request_received& in, sip::session_exchange::verdict v) {
  switch (v) {
    case sip::session_exchange::verdict::accepted: return true;
    case sip::session_exchange::verdict::pending: answer(in, 491); return false;
    case sip::session_exchange::verdict::busy: answer_later(in); return false;
  }
  return false;
}

/// RFC 4028 §9. Refused before anything else is looked at, since nothing may change then.
bool dialog::allows_interval(const msg::request_received& in) {
  const auto fields = sip::read_session_timer(*in.message);
  if (!fields) {
    answer(in, 400, fields.error().reason());
    return false;
  }
  auto probe = timer_;
  const auto agreed = probe.agree(*fields, call_.node().session_timers);
  if (agreed)
    return true;
  const auto least = static_cast<std::uint32_t>(agreed.error().count());
  call_.tell(in.transaction, msg::respond{422, too_small_interval(*in.message, in.source, least)});
  return false;
}

/// A 2xx of ours to this request is about to leave: it refreshes target (§12.2.2) and session.
void dialog::note_2xx(const sip::message& request) {
  dialog_.refresh_target(contact_uri(request));
  if (const auto fields = sip::read_session_timer(request))
    (void) timer_.agree(*fields, call_.node().session_timers);
  timer_.start(call_.now());
}

void dialog::on_answer_offer(const msg::answer_offer& m) {
  answer_offered(m.status, m.reason, m.description);
}

void dialog::answer_offered(std::uint16_t status, std::string_view reason,
                            std::string_view description) {
  if (!r_.offered.message)
    return;
  const auto asked = std::exchange(r_.offered, {});
  const bool accepted = status < 300;
  const bool is_invite = asked.message->get_method() == sip::method::invite;
  if (accepted)
    note_2xx(*asked.message);
  sip::message_writer w;
  sip::begin_response(w, *asked.message,
                      {.status = status, .reason = reason, .source = asked.source});
  if (accepted)
    add_session_headers(w);
  if (status == 415)
    write_accepted(w, *asked.message);
  if (!description.empty())
    w.body("application/sdp", description);
  const auto bytes = w.finish();
  call_.tell(asked.transaction, msg::respond{status, bytes});
  if (accepted && is_invite) {
    r_.invite = asked.transaction;
    r_.kept = bytes;
    dialog_.on_reinvite_accepted(sip::read_cseq(*asked.message)->number);
    usage_.on_2xx_sent(call_.now());
  }
  perform(exchange_.on_answered(status));
}

void dialog::withdraw_offered(std::uint16_t status) {
  answer_offered(status, {}, {});
  call_.tell(r_.leg, msg::offer_withdrawn{});
}

// -- ours ----------------------------------------------------------------------------------------

void dialog::on_send_offer(const msg::send_offer& m) {
  if (!exchange_.may_want() || usage_.current() == sip::invite_usage::state::leaving)
    return call_.tell(r_.leg, msg::offer_result{491, nullptr});
  r_.offering = {m.by_update, m.description, the_call, false};
  r_.login = {};
  perform(exchange_.on_wanted());
}

void dialog::send_pending_offer() {
  auto& offer = r_.offering;
  const bool update = offer.by_update && r_.allows_update && !offer.description.empty();
  const auto method = update ? sip::method::update : sip::method::invite;
  exchange_.on_sent(update ? sip::session_exchange::method::update
                           : sip::session_exchange::method::invite);
  offer.heard = false;
  if (!update) {
    usage_.on_reinvite_sent();
    r_.ack = nullptr;
    r_.invite_login = r_.login;
  }
  offer.transaction = send_request(method, nullptr, offer.description, r_.login);
}

void dialog::on_withdraw_offer() {
  if (exchange_.on_withdrawn())
    return call_.tell(r_.leg, msg::offer_result{487, nullptr});
  if (exchange_.current().of_us == sip::session_exchange::ours::invite && r_.offering.heard)
    call_.tell(r_.offering.transaction, msg::cancel{}); // §9.1; unheard, it is let go on
}

void dialog::on_offer_response(const sip::message_ptr& m) {
  const auto status = m->status();
  if (status.is_provisional())
    r_.offering.heard = true;
  else if (status.is_success())
    on_offer_accepted(m);
  else
    on_offer_refused(m);
}

void dialog::on_offer_accepted(const sip::message_ptr& m) {
  const auto how = exchange_.current().of_us;
  if (sip::read_cseq(*m)->method == sip::method::invite) {
    const bool again = r_.ack || r_.ack_held;
    const bool offers = r_.offering.description.empty();
    if (!again)
      r_.ack_held = offers && usage_.current() == sip::invite_usage::state::established;
    perform(usage_.on_2xx());
    if (again)
      return;
  } else if (how == sip::session_exchange::ours::update) {
    exchange_.on_concluded();
  } else {
    return;
  }
  dialog_.refresh_target(contact_uri(*m));
  learn(*m);
  if (const auto fields = sip::read_session_timer(*m))
    timer_.on_2xx(*fields, call_.now());
  call_.tell(r_.leg, msg::offer_result{m->status(), m});
}

void dialog::on_offer_refused(const sip::message_ptr& m) {
  using outcome = sip::session_exchange::outcome;
  if (exchange_.may_want())
    return;
  const auto status = m->status();
  const bool ends = usage_.current() != sip::invite_usage::state::established;
  if (ends) // §15: after a BYE nothing is offered again
    return exchange_.on_concluded();
  if (const auto fields = sip::read_session_timer(*m);
      status == 422 && fields && timer_.on_422(*fields)) { // RFC 4028 §7.3
    exchange_.on_concluded();
    return perform(exchange_.on_wanted());
  }
  if (usage_.current() == sip::invite_usage::state::established
      && answer_challenge(r_.login, sip::read_cseq(*m)->method, *m)) {
    exchange_.on_concluded();
    return perform(exchange_.on_wanted());
  }
  std::optional<std::chrono::seconds> later;
  if (const auto seconds = sip::read_seconds(*m, sip::header_id::retry_after))
    later = std::chrono::seconds{*seconds};
  if (exchange_.on_refused(status, later, draw(), call_.now()) == outcome::later)
    return;
  timer_.on_refresh_refused(call_.now());
  call_.tell(r_.leg, msg::offer_result{status, m});
  if (sip::ends_dialog(status))
    tell_leg(msg::dialog_event::kind::lost);
}

// -- session timers ------------------------------------------------------------------------------

/// RFC 4028 §7.4: by UPDATE without offer if the peer takes that, else by re-INVITE.
void dialog::refresh() {
  const auto state = exchange_.current();
  if (state != sip::session_exchange::state{})
    return timer_.on_refresh_refused(call_.now()); // what is under way may do it
  if (!r_.allows_update)
    return tell_leg(msg::dialog_event::kind::refresh_due);
  r_.refresh = send_request(sip::method::update, nullptr, {}, r_.login);
}

void dialog::on_refresh_response(const sip::message_ptr& m) {
  const auto status = m->status();
  const auto fields = sip::read_session_timer(*m);
  if (status.is_success()) {
    dialog_.refresh_target(contact_uri(*m));
    learn(*m);
    if (fields)
      timer_.on_2xx(*fields, call_.now());
    return;
  }
  if (sip::ends_dialog(status))
    return tell_leg(msg::dialog_event::kind::lost);
  const bool curable = (status == 422 && fields && timer_.on_422(*fields))
                       || answer_challenge(r_.login, sip::method::update, *m);
  if (curable)
    return refresh();
  if (status == 405 || status == 501)
    r_.allows_update = false; // whatever its Allow says
  timer_.on_refresh_refused(call_.now());
}

void dialog::perform(const actions<sip::exchange_action>& todo) {
  for (const auto action : todo)
    switch (action) {
      case sip::exchange_action::send_offer: send_pending_offer(); break;
      case sip::exchange_action::answer_504: withdraw_offered(504); break;
    }
}

void dialog::perform(const actions<sip::session_timer_action>& todo) {
  for (const auto action : todo)
    switch (action) {
      case sip::session_timer_action::refresh:
        r_.login = {};
        refresh();
        break;
      case sip::session_timer_action::expire: tell_leg(msg::dialog_event::kind::expired); break;
    }
}

} // namespace tandem::actors
