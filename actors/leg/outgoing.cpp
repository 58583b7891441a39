#include "actors/leg/outgoing.hpp"

#include "actors/call/identity.hpp"
#include "actors/call/next_hop.hpp"
#include "actors/call/replies.hpp"
#include "actors/dialog/dialog.hpp"
#include "actors/leg/limits.hpp"
#include "actors/transaction/transaction.hpp"
#include "protocols/sip/request_builder.hpp"
#include "protocols/sip/route_uri.hpp"
#include "protocols/sip/tags.hpp"
#include "protocols/sip/typed_headers.hpp"
#include "runtime/base/check.hpp"

#include <algorithm>
#include <utility>

namespace tandem::actors {

using action_kind = sip::leg_action::kind;
using event_kind = msg::leg_event::kind;

namespace {

std::vector<std::string> contacts_of(const sip::message& response) {
  std::vector<std::string> out;
  if (const auto contacts = sip::read_contacts(response))
    for (const auto& c : contacts->list)
      out.emplace_back(c.address.uri.text);
  return out;
}

/// RFC 3326 §3.1: a phone whose call was taken by another one shows none that was missed.
std::string reason_for(std::optional<sip::end_cause> why) {
  return why == sip::end_cause::answered_elsewhere
             ? R"(SIP;cause=200;text="Call completed elsewhere")"
             : "";
}

} // namespace

outgoing_leg::outgoing_leg(const outgoing_leg_record& r, call_scope& call)
  : r_(r), call_(call), machine_(r.machine, call.node().timers, call.now()), sdp_(r.media, call),
    change_(r.change, r.number, sdp_, call) {
  r_.media.negotiation = nullptr; // sdp_ has what holds now
}

caf::behavior outgoing_leg::make_behavior() {
  return {
      [this](const msg::begin&) { begin(); },
      [this](const msg::media_ready& m) {
        sdp_.set_slot(m.slot);
        send_invite();
      },
      [this](const msg::media_failed&) { give_up(); },
      [this](const msg::response_received& m) { on_response(m); },
      [this](const msg::transaction_failed& m) {
        if (m.transaction == r_.invite)
          perform(machine_.on_transaction_failed(m.why));
      },
      [this](const msg::dialog_event& e) { on_dialog(e); },
      [this](const msg::leg_command& c) { on_command(c); },
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
      [this](const msg::deadline_reached&) { perform(machine_.on_deadline(call_.now())); },
  };
}

void outgoing_leg::begin() {
  // The connection by which the callee was heard may be the only way to him.
  const auto way = r_.by && call_.opened_by_peer(*r_.by) ? r_.by : way_to(call_.node(), r_.to);
  if (!way)
    return give_up();
  r_.peer = way->peer;
  r_.transport = way->transport;
  const auto family = way->peer.address.family;
  sdp_.reset(leg_sdp::fresh(call_, r_.number, family));
  if (!sdp_.open_audio(family, r_.media_with))
    send_invite();
}

void outgoing_leg::give_up() {
  perform(machine_.on_transaction_failed(sip::end_cause::unreachable));
}

void outgoing_leg::send_invite() {
  const auto offer =
      r_.offer ? sdp_.offer(*r_.offer) : std::optional<std::string>(""); // else he is to offer
  TANDEM_CHECK(offer);                                                   // the first of this leg
  invite(*offer);
}

/// §22.2, §8.1.3.5, RFC 4028 §7.3: what the first one made early is over; Call-ID, From and offer
/// stay.
void outgoing_leg::invite_again() {
  for (const auto& b : r_.dialogs)
    if (b.dialog != the_call)
      call_.end(b.dialog);
  r_.dialogs.clear();
  ++r_.cseq;
  invite(r_.offer ? sdp_.pending_offer() : "");
}

void outgoing_leg::invite(const std::string& description) {
  const auto& node = call_.node();
  const auto& via = node.transports[r_.transport.value];
  const auto name = make_tag({call_.key(), r_.number, node.name});
  auto branch = make_branch({call_.key(), call_.next_branch(), node.name});
  sip::request_plan plan;
  plan.request_uri = sip::as_request_uri(r_.to);
  plan.from = r_.from + ";tag=" + name;
  plan.to = "<" + r_.to + ">";
  plan.call_id = name;
  plan.cseq = r_.cseq;
  plan.max_forwards = r_.max_forwards;
  sip::message_writer w;
  sip::begin_request(w, sip::method::invite, plan, {via.protocol, via.sent_by, branch});
  w.header(sip::header_id::contact, contact_of(via, name));
  w.header(sip::header_id::allow, allowed_methods);
  sip::write_session_timer(
      w, sip::session_timer{std::chrono::seconds{r_.min_se_s}}.request_fields(node.session_timers));
  sip::digest_client{r_.login}.write(w);
  if (!description.empty())
    w.body("application/sdp", description);
  client_request invite{.method = sip::method::invite,
                        .branch = std::move(branch),
                        .bytes = w.finish(),
                        .summary = "INVITE " + plan.request_uri,
                        .transport = r_.transport,
                        .peer = r_.peer};
  r_.invite = call_.spawn(call_.self(), "INVITE (client)",
                          client_transaction(call_, std::move(invite), call_.self()));
  call_.tell(r_.invite, msg::begin{});
}

void outgoing_leg::on_response(const msg::response_received& m) {
  if (m.transaction != r_.invite)
    return; // of the CANCEL: it says nothing about the INVITE (§9.1)
  const auto status = m.message->status();
  if (status.is_provisional())
    on_provisional(m.message);
  else if (status.is_success())
    on_success(m.message);
  else
    on_failure(m.message);
}

void outgoing_leg::on_provisional(const sip::message_ptr& response) {
  answer_context seen{response, dialog_for(*response), nullptr};
  // Without reliable provisional responses an offer can only come in the 2xx (§13.2.1).
  if (const auto body = leg_sdp::read(*response); r_.offer && body && *body)
    if (sdp_.take_answer(*body, leg_sdp::stage::early))
      seen.description = *body;
  perform(machine_.on_provisional(response->status(), call_.now()), seen);
}

void outgoing_leg::on_success(const sip::message_ptr& response) {
  using from = sip::outgoing_leg::answer_from;
  const auto tag = std::string(sip::to_tag(*response));
  const bool over = machine_.current() == sip::outgoing_leg::state::ended;
  const bool first = r_.answered_tag.empty() && !over;
  const bool answering = first || (tag == r_.answered_tag && !r_.answered_tag.empty());
  answer_context seen{response, dialog_for(*response), nullptr};
  if (seen.dialog == the_call) // no dialog, so neither ACK nor BYE: we cannot use this answer
    return give_up();
  if (first) {
    // An answer that does not fit is not passed on: the application sees none.
    r_.answered_tag = tag;
    change_.establish(seen.dialog);
    const auto body = leg_sdp::read(*response);
    const bool fits =
        body && *body
        && (r_.offer ? sdp_.take_answer(*body, leg_sdp::stage::final) : sdp_.take_offer(*body));
    if (fits)
      seen.description = *body;
    if (fits && !r_.offer)
      change_.hold_ack();
  }
  perform(machine_.on_2xx(answering ? from::answering_dialog : from::another_dialog), seen);
}

void outgoing_leg::on_failure(const sip::message_ptr& response) {
  const auto uri = sip::as_request_uri(r_.to);
  if (sip::digest_client answer{r_.login};
      call_.answer_challenge(answer, *response, r_.peer, {"INVITE", uri})) {
    r_.login = answer.snapshot_now();
    return perform(machine_.on_curable_failure(response->status()), {response, {}, nullptr});
  }
  if (const auto fields = sip::read_session_timer(*response);
      response->status() == 422 && fields && r_.min_se_s == 0) { // RFC 4028 §7.3: once
    r_.min_se_s = static_cast<std::uint32_t>(fields->least.count());
    return perform(machine_.on_curable_failure(response->status()), {response, {}, nullptr});
  }
  perform(machine_.on_failure(response->status()), {response, {}, nullptr});
}

void outgoing_leg::on_dialog(const msg::dialog_event& e) {
  const auto about = std::ranges::find(r_.dialogs, e.dialog, &outgoing_leg_record::branch::dialog);
  if (about == r_.dialogs.end() || about->remote_tag != r_.answered_tag) {
    call_.end(e.dialog); // a surplus answer is released, or the peer's BYE was faster than ours
    if (about != r_.dialogs.end() && !about->releasing)
      about->dialog = the_call;
    return;
  }
  switch (e.what) {
    case msg::dialog_event::kind::acknowledged: return check(change_.on_ack(e.ack));
    case msg::dialog_event::kind::ack_timed_out:
      return perform(machine_.on_session_lost(sip::end_cause::ack_timeout));
    case msg::dialog_event::kind::bye_received: return perform(machine_.on_bye());
    case msg::dialog_event::kind::bye_final: return perform(machine_.on_bye_final());
    case msg::dialog_event::kind::lost:
      return perform(machine_.on_session_lost(sip::end_cause::dialog_gone));
    case msg::dialog_event::kind::expired:
      return perform(machine_.on_session_lost(sip::end_cause::session_expired));
    case msg::dialog_event::kind::refresh_due: return change_.on_refresh_due();
  }
}

void outgoing_leg::on_command(const msg::leg_command& c) {
  if (const auto changed = change_.on_command(c))
    return check(*changed);
  perform(machine_.on_hangup(c.cause, call_.now()));
}

void outgoing_leg::check(modification::verdict v) {
  if (v == modification::verdict::broken)
    perform(machine_.on_session_lost(sip::end_cause::bad_description));
}

/// The dialog of the response's To tag, made if it is new; the_call if it can make none.
child_id outgoing_leg::dialog_for(const sip::message& response) {
  const auto tag = sip::to_tag(response);
  if (response.status().value() == 100 || tag.empty())
    return the_call;
  const auto known = std::ranges::find(r_.dialogs, tag, &outgoing_leg_record::branch::remote_tag);
  const bool is_new = known == r_.dialogs.end();
  if (!is_new && known->dialog != the_call)
    return known->dialog;
  if (is_new && r_.dialogs.size() >= limits::dialogs_per_leg)
    return the_call;
  if (response.status().is_provisional() && call_.is_crowded())
    return the_call; // an early dialog is of use only if it answers, and is made then
  auto fresh = dialog_as_uac(call_, response);
  if (!fresh)
    return the_call;
  fresh->leg = call_.self();
  fresh->transport = r_.transport;
  fresh->peer = r_.peer;
  fresh->invite_login = r_.login;
  const auto id =
      call_.spawn(call_.self(), "dialog " + std::to_string(r_.dialogs.size()), std::move(*fresh));
  if (is_new)
    r_.dialogs.push_back({std::string(tag), id});
  else
    known->dialog = id;
  return id;
}

void outgoing_leg::perform(const sip::outgoing_leg::actions& todo, const answer_context& seen) {
  for (const auto& action : todo)
    switch (action.what) {
      case action_kind::send_invite: invite_again(); break;
      case action_kind::send_cancel:
        call_.tell(r_.invite, msg::cancel{reason_for(machine_.cause())});
        break;
      case action_kind::acknowledge:
        call_.tell(seen.dialog, msg::peer_accepted{seen.response, !r_.offer && seen.description});
        break;
      case action_kind::release_surplus:
        call_.tell(seen.dialog, msg::peer_accepted{seen.response});
        for (auto& b : r_.dialogs)
          if (b.dialog == seen.dialog && !std::exchange(b.releasing, true))
            call_.tell(b.dialog, msg::send_bye{}); // once; the 2xx may come again
        break;
      case action_kind::send_bye:
        for (const auto& b : r_.dialogs)
          if (b.remote_tag == r_.answered_tag)
            call_.tell(b.dialog, msg::send_bye{});
        break;
      case action_kind::report_progress:
        report({.what = event_kind::progress,
                .status = action.status,
                .reason = std::string(seen.response->reason()),
                .description = seen.description});
        break;
      case action_kind::report_answered:
        call_.note_answer(r_.number);
        report({.what = event_kind::answered, .description = seen.description});
        break;
      case action_kind::report_ended: {
        msg::leg_event ended{.what = event_kind::ended, .status = action.status};
        ended.cause = machine_.cause().value_or(sip::end_cause::bye);
        if (seen.response && action.status != 0) {
          ended.reason = seen.response->reason();
          if (seen.response->status().is_redirect())
            ended.contacts = contacts_of(*seen.response);
        }
        r_.status = action.status;
        call_.note_cause(r_.number, ended.cause);
        report(std::move(ended));
        break;
      }
      case action_kind::send_provisional:
      case action_kind::send_2xx:
      case action_kind::send_final: break;
    }
  settle();
}

void outgoing_leg::report(msg::leg_event e) {
  e.leg = r_.number;
  e.endpoint = sdp_.endpoint();
  call_.tell(app_child, std::move(e));
}

/// Once it is over, media and dialogs go; surplus dialogs go when their BYE is done, and the call
/// removes the leg when no transaction of its is left.
void outgoing_leg::settle() {
  if (machine_.current() != sip::outgoing_leg::state::ended || r_.settled)
    return;
  r_.settled = true;
  call_.note_end(r_.number, machine_.cause().value_or(sip::end_cause::bye), r_.status);
  sdp_.end_media();
  r_.offer = nullptr;
  for (auto& b : r_.dialogs) {
    if (b.releasing)
      continue;
    call_.end(b.dialog);
    if (b.remote_tag != r_.answered_tag)
      b.dialog = the_call; // a late 2xx of this tag makes it anew
  }
}

child_record outgoing_leg::record_at(time_point now) const {
  child_record out{r_};
  auto& r = std::get<outgoing_leg_record>(out);
  r.machine = machine_.snapshot_at(now);
  r.media = sdp_.record();
  r.change = change_.record();
  return out;
}

const char* outgoing_leg::state() const {
  return sip::state_name(machine_.current()).data();
}

} // namespace tandem::actors
