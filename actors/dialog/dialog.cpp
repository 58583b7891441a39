#include "actors/dialog/dialog.hpp"

#include "actors/call/identity.hpp"
#include "actors/call/next_hop.hpp"
#include "actors/call/replies.hpp"
#include "protocols/sip/outside_request.hpp"
#include "protocols/sip/request_builder.hpp"
#include "protocols/sip/route_uri.hpp"
#include "protocols/sip/typed_headers.hpp"
#include "runtime/base/check.hpp"

#include <algorithm>

namespace tandem::actors {

using sip::usage_action;

std::string without_tag(const sip::name_addr& n) {
  std::string out;
  if (!n.display_name.empty()) {
    out += '"';
    out += n.display_name;
    out += "\" ";
  }
  out += '<';
  out += n.uri.text;
  out += '>';
  return out;
}

namespace {

tl::expected<sip::dialog_start, sip::dialog_error> start_of(const sip::message& m) {
  const auto from = sip::read_from(m);
  const auto to = sip::read_to(m);
  const auto call_id = sip::read_call_id(m);
  const auto cseq = sip::read_cseq(m);
  const auto routes = sip::read_record_routes(m);
  if (!routes)
    return tl::unexpected(sip::dialog_error::too_many_routes);
  TANDEM_CHECK(from && to && call_id && cseq); // checked before the call saw it
  sip::dialog_start s;
  s.id = {std::string(*call_id), std::string(from->tag), std::string(to->tag)};
  s.local = without_tag(*from);
  s.remote = without_tag(*to);
  if (const auto contacts = sip::read_contacts(m); contacts && !contacts->list.empty())
    s.remote_target = contacts->list.front().address.uri.text;
  for (const auto& route : *routes)
    s.record_route.emplace_back(route.text);
  s.cseq = cseq->number;
  return s;
}

} // namespace

dialog::dialog(const dialog_record& r, call_scope& call)
  : r_(r), ack_until_(call.now() + 64 * call.node().timers.t1), call_(call), dialog_(r.dialog),
    usage_(r.usage, call.node().timers, call.now()),
    exchange_(r.exchange, call.node().timers, call.now()), timer_(r.timer, call.now()) {
  r_.dialog = {}; // dialog_ has what holds now
}

caf::behavior dialog::make_behavior() {
  return {
      [this](const msg::request_received& m) { on_request(m); },
      [this](const msg::ack_received& m) { on_ack(m.message); },
      [this](const msg::accepted& m) { on_accepted(m); },
      [this](const msg::peer_accepted& m) { on_peer_accepted(m); },
      [this](const msg::send_bye&) { on_send_bye(); },
      [this](const msg::response_received& m) { on_response(m); },
      [this](const msg::transaction_failed& m) { on_transaction_failed(m); },
      [this](const msg::deadline_reached&) { on_deadline(); },
      [this](const msg::reaffirm&) { on_reaffirm(); },
      [this](const msg::answer_offer& m) { on_answer_offer(m); },
      [this](const msg::send_offer& m) { on_send_offer(m); },
      [this](const msg::withdraw_offer&) { on_withdraw_offer(); },
      [this](const msg::acknowledge_with& m) { acknowledge(m.description); },
      [this](const msg::send_relay& m) { on_send_relay(m); },
      [this](const msg::relay_result& m) { on_relay_result(m); },
  };
}

void dialog::on_request(const msg::request_received& in) {
  const auto& m = *in.message;
  const auto method = m.get_method();
  if (method == sip::method::cancel) // it has the number of its INVITE
    return on_cancel(in);
  const auto cseq = sip::read_cseq(m);
  TANDEM_CHECK(cseq);
  const auto what =
      method == sip::method::invite ? sip::request_class::invite : sip::request_class::other;
  switch (dialog_.on_request(what, cseq->number)) {
    case sip::request_verdict::accepted: break;
    case sip::request_verdict::lower_cseq: return answer(in, 500); // §12.2.2
    case sip::request_verdict::stray_ack:
    case sip::request_verdict::no_dialog: return answer(in, 481);
  }
  learn(m);
  if (method == sip::method::bye)
    return on_bye(in);
  if (usage_.current() == sip::invite_usage::state::leaving)
    return answer(in, 481); // §15.1.1: with our BYE the session is over
  if (!sip::unsupported_options(m).empty())
    return answer(in, 420); // §8.2.2.3
  switch (method) {
    case sip::method::invite: return on_reinvite(in);
    case sip::method::update: return on_update(in);
    case sip::method::info:
    case sip::method::message: return on_relay(in);
    case sip::method::options: return answer(in, 200);   // §11.2: as outside a dialog
    case sip::method::subscribe: return answer(in, 489); // RFC 6665 §4.2.1.1: no event is known
    case sip::method::notify: return answer(in, 481);    // RFC 6665 §4.1.3: of no subscription
    case sip::method::unknown: return answer(in, 501);   // §8.2.1
    case sip::method::ack:
    case sip::method::bye:
    case sip::method::cancel:
    case sip::method::register_:
    case sip::method::prack:
    case sip::method::publish:
    case sip::method::refer: break;
  }
  answer(in, 405); // §8.2.1
}

void dialog::on_response(const msg::response_received& m) {
  const auto status = m.message->status();
  if (m.transaction == r_.offering.transaction)
    return on_offer_response(m.message);
  if (status.is_provisional())
    return;
  if (m.transaction == r_.refresh)
    return on_refresh_response(m.message);
  if (on_relay_response(m.transaction, status, m.message)) {
    if (sip::ends_dialog(status))
      tell_leg(msg::dialog_event::kind::lost);
    return;
  }
  if (m.transaction == r_.bye && !bye_again(*m.message))
    on_bye_final();
}

void dialog::on_transaction_failed(const msg::transaction_failed& m) {
  if (m.transaction == r_.bye)
    return on_bye_final();
  if (on_relay_response(m.transaction, 408, nullptr))
    return tell_leg(msg::dialog_event::kind::lost);
  if (m.transaction != r_.offering.transaction && m.transaction != r_.refresh)
    return; // no ACK to a refusal of ours
  if (m.transaction == r_.offering.transaction && !exchange_.may_want()) {
    exchange_.on_concluded();
    call_.tell(r_.leg, msg::offer_result{408, nullptr});
  }
  tell_leg(msg::dialog_event::kind::lost); // §12.2.1.2
}

void dialog::on_bye(const msg::request_received& in) {
  (void) exchange_.on_withdrawn();
  const auto todo = usage_.on_bye();
  const auto has = [&](usage_action a) { return std::ranges::find(todo, a) != todo.end(); };
  answer(in, has(usage_action::refuse_bye) ? 481 : 200);
  answer_pending();
  timer_.stop();
  if (has(usage_action::report_ended)) // a pending INVITE gets its 487 from the leg
    tell_leg(msg::dialog_event::kind::bye_received);
}

/// §9.2: of a re-INVITE; once that is answered it has no effect.
void dialog::on_cancel(const msg::request_received& in) {
  answer(in, 200);
  const auto& pending = r_.offered.message;
  if (pending && pending->get_method() == sip::method::invite
      && sip::read_cseq(*pending)->number == sip::read_cseq(*in.message)->number)
    withdraw_offered(487);
}

void dialog::on_ack(const sip::message_ptr& ack) {
  const auto cseq = sip::read_cseq(*ack);
  if (!cseq
      || dialog_.on_request(sip::request_class::ack, cseq->number)
             != sip::request_verdict::accepted)
    return;
  perform(usage_.on_ack(), ack);
}

/// Our 2xx to the INVITE, the first or a later one, has left.
void dialog::on_accepted(const msg::accepted& m) {
  r_.invite = m.transaction;
  r_.kept = m.response;
  dialog_.confirm();
  usage_.on_2xx_sent(call_.now());
  timer_.start(call_.now());
  perform(exchange_.on_answered(200));
}

void dialog::on_peer_accepted(const msg::peer_accepted& m) {
  // A 2xx whose route set is too long keeps the one known: its ACK still has to leave.
  if (const auto start = start_of(*m.response))
    (void) dialog_.confirm_by_2xx(start->record_route, start->remote_target);
  if (!r_.ack && !r_.ack_held) { // the first time
    learn(*m.response);
    if (const auto fields = sip::read_session_timer(*m.response))
      timer_.on_2xx(*fields, call_.now());
    r_.ack_held = m.hold_ack;
  }
  perform(usage_.on_2xx());
}

void dialog::on_deadline() {
  perform(usage_.on_deadline(call_.now()));
  perform(exchange_.on_deadline(call_.now()));
  perform(timer_.on_deadline(call_.now()));
}

/// What is under way already tells the peer that we live.
void dialog::on_reaffirm() {
  if (usage_.current() == sip::invite_usage::state::established
      && exchange_.current() == sip::session_exchange::state{})
    tell_leg(msg::dialog_event::kind::refresh_due);
}

void dialog::perform(const actions<usage_action>& todo, const sip::message_ptr& ack) {
  for (const auto action : todo)
    switch (action) {
      case usage_action::resend_2xx: call_.tell(r_.invite, msg::respond{200, r_.kept}); break;
      case usage_action::pass_ack:
        r_.kept = nullptr; // nobody asks for it again
        tell_leg(msg::dialog_event::kind::acknowledged, ack);
        perform(exchange_.on_ack());
        break;
      case usage_action::report_ack_timeout:
        tell_leg(msg::dialog_event::kind::ack_timed_out);
        break;
      case usage_action::send_ack:
        if (!r_.ack_held)
          acknowledge({});
        break;
      case usage_action::resend_ack:
        if (r_.ack) // else it is held, and the 2xx will come again
          call_.send_again({r_.transport, r_.ack_destination, r_.ack, "ACK"});
        break;
      case usage_action::report_ended: tell_leg(msg::dialog_event::kind::bye_final); break;
      case usage_action::resend_provisional:
      case usage_action::reject_pending:
      case usage_action::answer_bye:
      case usage_action::refuse_bye: break;
    }
}

/// §13.2.2.4; `description` answers the offer of the 2xx, if it had one.
void dialog::acknowledge(std::string_view description) {
  const auto plan = dialog_.next_request(sip::request_class::ack);
  const auto way = way_inside(call_, plan, {r_.transport, r_.peer});
  r_.transport = way.transport;
  sip::message_writer w;
  begin(w, sip::method::ack, plan,
        make_branch({call_.key(), call_.next_branch(), call_.node().name}));
  sip::digest_client{r_.invite_login}.write(w); // §13.2.2.4: the credentials of the INVITE
  if (!description.empty())
    w.body("application/sdp", description);
  r_.ack_held = false;
  r_.ack = w.finish();
  r_.ack_destination = way.peer;
  ack_until_ = call_.now() + 64 * call_.node().timers.t1;
  call_.send({r_.transport, r_.ack_destination, r_.ack, "ACK"});
  exchange_.on_concluded();
}

void dialog::on_send_bye() {
  (void) exchange_.on_withdrawn(); // an offer that waits out a back-off must not follow the BYE
  if (r_.ack_held)
    acknowledge({}); // the answer to their offer never came
  answer_pending();
  timer_.stop();
  usage_.on_bye_sent();
  r_.login = {};
  r_.bye = send_request(sip::method::bye, nullptr, {}, r_.login);
}

/// True if the BYE was challenged and has been sent again.
bool dialog::bye_again(const sip::message& response) {
  if (!answer_challenge(r_.login, sip::method::bye, response))
    return false;
  r_.bye = send_request(sip::method::bye, nullptr, {}, r_.login);
  return true;
}

bool dialog::answer_challenge(sip::digest_client::snapshot& login, sip::method method,
                              const sip::message& response) {
  sip::digest_client answer{login};
  const auto uri = sip::dialog{dialog_}.next_request(sip::request_class::other).request_uri;
  if (!call_.answer_challenge(answer, response, r_.peer, {sip::to_string(method), uri}))
    return false;
  login = answer.snapshot_now();
  return true;
}

void dialog::on_bye_final() {
  dialog_.terminate();
  perform(usage_.on_bye_final());
}

void dialog::tell_leg(msg::dialog_event::kind what, sip::message_ptr ack) {
  call_.tell(r_.leg, msg::dialog_event{what, call_.self(), std::move(ack)});
}

std::optional<time_point> dialog::next_deadline() const {
  auto first = usage_.next_deadline();
  for (const auto next : {exchange_.next_deadline(), timer_.next_deadline()})
    if (next && (!first || *next < *first))
      first = next;
  return first;
}

child_record dialog::record_at(time_point now) const {
  child_record out{r_};
  auto& r = std::get<dialog_record>(out);
  r.dialog = dialog_.snapshot_now();
  r.usage = usage_.snapshot_at(now);
  r.exchange = exchange_.snapshot_at(now);
  r.timer = timer_.snapshot_at(now);
  if (now >= ack_until_) // the INVITE's transaction is gone, and 2xx find nobody (RFC 6026 §7.2)
    r.ack = nullptr;
  return out;
}

const char* dialog::state() const {
  const auto changing = sip::state_name(exchange_.current());
  const bool stands = usage_.current() == sip::invite_usage::state::established;
  return stands && !changing.empty() ? changing.data() : sip::state_name(usage_.current()).data();
}

tl::expected<dialog_record, sip::dialog_error>
dialog_as_uas(const call_scope& call, const sip::message& invite, std::string local_tag) {
  auto start = start_of(invite);
  if (!start)
    return tl::unexpected(start.error());
  std::swap(start->local, start->remote);
  if (start->remote_target.empty() && !sip::read_top_via(invite)->has_unique_branch())
    start->remote_target = sip::uri_of(start->remote); // RFC 2543 asks for no Contact
  start->id.remote_tag = std::move(start->id.local_tag);
  start->id.local_tag = std::move(local_tag);
  auto made = sip::dialog::as_uas(std::move(*start), sip::dialog::state::early);
  if (!made)
    return tl::unexpected(made.error());
  dialog_record r;
  r.dialog = made->snapshot_now();
  r.usage =
      sip::invite_usage{sip::invite_usage::role::uas, call.node().timers}.snapshot_at(call.now());
  r.exchange = sip::session_exchange{sip::session_exchange::role::uas}.snapshot_at(call.now());
  if (const auto fields = sip::read_session_timer(invite)) { // refused before, if it is too short
    sip::session_timer timer;
    (void) timer.agree(*fields, call.node().session_timers);
    r.timer = timer.snapshot_at(call.now());
  }
  r.allows_update = takes_update(invite).value_or(false);
  return r;
}

tl::expected<dialog_record, sip::dialog_error> dialog_as_uac(const call_scope& call,
                                                             const sip::message& response) {
  auto start = start_of(response);
  if (!start)
    return tl::unexpected(start.error());
  const auto state =
      response.status().is_success() ? sip::dialog::state::confirmed : sip::dialog::state::early;
  auto made = sip::dialog::as_uac(std::move(*start), state);
  if (!made)
    return tl::unexpected(made.error());
  dialog_record r;
  r.dialog = made->snapshot_now();
  r.usage =
      sip::invite_usage{sip::invite_usage::role::uac, call.node().timers}.snapshot_at(call.now());
  r.exchange = sip::session_exchange{sip::session_exchange::role::uac}.snapshot_at(call.now());
  r.allows_update = takes_update(response).value_or(false);
  return r;
}

} // namespace tandem::actors
