#include "actors/dialog/dialog.hpp"

#include "actors/call/identity.hpp"
#include "actors/call/next_hop.hpp"
#include "actors/call/replies.hpp"
#include "actors/transaction/transaction.hpp"
#include "protocols/sip/request_builder.hpp"
#include "protocols/sip/response_builder.hpp"
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
  : r_(r), call_(call), dialog_(r.dialog), usage_(r.usage, call.node().timers, call.now()) {
}

caf::behavior dialog::make_behavior() {
  return {
      [this](const msg::request_received& m) { on_request(m); },
      [this](const msg::ack_received& m) { on_ack(*m.message); },
      [this](const msg::accepted& m) {
        r_.invite = m.transaction;
        r_.kept = m.response;
        dialog_.confirm();
        usage_.on_2xx_sent(call_.now());
      },
      [this](const msg::peer_accepted& m) { on_peer_accepted(m); },
      [this](const msg::send_bye&) { on_send_bye(); },
      [this](const msg::response_received& m) {
        if (m.message->status().is_final() && !bye_again(*m.message))
          on_bye_final();
      },
      [this](const msg::transaction_failed&) { on_bye_final(); },
      [this](const msg::deadline_reached&) { perform(usage_.on_deadline(call_.now())); },
  };
}

void dialog::on_request(const msg::request_received& in) {
  const auto& m = *in.message;
  const auto cseq = sip::read_cseq(m);
  TANDEM_CHECK(cseq);
  const auto what = m.get_method() == sip::method::invite ? sip::request_class::invite
                                                          : sip::request_class::other;
  switch (dialog_.on_request(what, cseq->number)) {
    case sip::request_verdict::accepted: break;
    case sip::request_verdict::lower_cseq: return answer(in, 500); // §12.2.2
    case sip::request_verdict::stray_ack:
    case sip::request_verdict::no_dialog: return answer(in, 481);
  }
  const auto method = m.get_method();
  if (method == sip::method::bye)
    return on_bye(in);
  if (method == sip::method::options)
    return answer(in, 200);                              // §11.2: as outside a dialog
  answer(in, method == sip::method::invite ? 488 : 405); // §14.2: the session stays as it is
}

void dialog::on_bye(const msg::request_received& in) {
  const auto todo = usage_.on_bye();
  const auto has = [&](usage_action a) { return std::ranges::find(todo, a) != todo.end(); };
  answer(in, has(usage_action::refuse_bye) ? 481 : 200);
  if (has(usage_action::report_ended)) // a pending INVITE gets its 487 from the leg
    call_.tell(r_.leg, msg::dialog_event{msg::dialog_event::kind::bye_received, call_.self()});
}

void dialog::on_ack(const sip::message& ack) {
  const auto cseq = sip::read_cseq(ack);
  if (!cseq
      || dialog_.on_request(sip::request_class::ack, cseq->number)
             != sip::request_verdict::accepted)
    return;
  perform(usage_.on_ack());
}

void dialog::on_peer_accepted(const msg::peer_accepted& m) {
  // A 2xx whose route set is too long keeps the one known: its ACK still has to leave.
  if (const auto start = start_of(*m.response))
    (void) dialog_.confirm_by_2xx(start->record_route, start->remote_target);
  perform(usage_.on_2xx());
}

void dialog::perform(const actions<usage_action>& todo) {
  const auto tell_leg = [this](msg::dialog_event::kind what) {
    call_.tell(r_.leg, msg::dialog_event{what, call_.self()});
  };
  for (const auto action : todo)
    switch (action) {
      case usage_action::resend_2xx: call_.tell(r_.invite, msg::respond{200, r_.kept}); break;
      case usage_action::pass_ack: tell_leg(msg::dialog_event::kind::acknowledged); break;
      case usage_action::report_ack_timeout:
        tell_leg(msg::dialog_event::kind::ack_timed_out);
        break;
      case usage_action::send_ack: acknowledge(); break;
      case usage_action::resend_ack:
        call_.send_again({r_.transport, r_.ack_destination, r_.kept, "ACK"});
        break;
      case usage_action::report_ended: tell_leg(msg::dialog_event::kind::bye_final); break;
      case usage_action::resend_provisional:
      case usage_action::reject_pending:
      case usage_action::answer_bye:
      case usage_action::refuse_bye: break;
    }
}

void dialog::acknowledge() {
  const auto plan = dialog_.next_request(sip::request_class::ack);
  const auto way = way_inside(call_, plan, {r_.transport, r_.peer});
  const auto& via = call_.node().transports[way.transport.value];
  const auto branch = make_branch({call_.key(), call_.next_branch(), call_.node().name});
  sip::message_writer w;
  sip::begin_request(w, sip::method::ack, plan, {via.protocol, via.sent_by, branch});
  sip::digest_client{r_.invite_login}.write(w); // §13.2.2.4: the credentials of the INVITE
  r_.kept = w.finish();
  r_.transport = way.transport;
  r_.ack_destination = way.peer;
  call_.send({r_.transport, r_.ack_destination, r_.kept, "ACK"});
}

void dialog::on_send_bye() {
  usage_.on_bye_sent();
  request_bye();
}

void dialog::request_bye() {
  const auto plan = dialog_.next_request(sip::request_class::other);
  const auto way = way_inside(call_, plan, {r_.transport, r_.peer});
  const auto& via = call_.node().transports[way.transport.value];
  auto branch = make_branch({call_.key(), call_.next_branch(), call_.node().name});
  sip::message_writer w;
  sip::begin_request(w, sip::method::bye, plan, {via.protocol, via.sent_by, branch});
  sip::digest_client{r_.bye_login}.write(w);
  client_request bye{.method = sip::method::bye,
                     .branch = std::move(branch),
                     .bytes = w.finish(),
                     .summary = "BYE",
                     .transport = way.transport,
                     .peer = way.peer};
  const auto id =
      call_.spawn(r_.leg, "BYE (client)", client_transaction(call_, std::move(bye), call_.self()));
  call_.tell(id, msg::begin{});
}

/// §22.2: true if the BYE was challenged and has been sent again.
bool dialog::bye_again(const sip::message& response) {
  sip::digest_client answer{r_.bye_login};
  const auto uri = sip::dialog{dialog_}.next_request(sip::request_class::other).request_uri;
  if (!call_.answer_challenge(answer, response, r_.peer, {"BYE", uri}))
    return false;
  r_.bye_login = answer.snapshot_now();
  request_bye();
  return true;
}

void dialog::on_bye_final() {
  dialog_.terminate();
  perform(usage_.on_bye_final());
}

void dialog::answer(const msg::request_received& in, std::uint16_t status) {
  call_.tell(in.transaction, msg::respond{status, plain_reply(in, status)});
}

child_record dialog::record_at(time_point now) const {
  auto r = r_;
  r.dialog = dialog_.snapshot_now();
  r.usage = usage_.snapshot_at(now);
  return r;
}

const char* dialog::state() const {
  return sip::state_name(usage_.current()).data();
}

tl::expected<dialog_record, sip::dialog_error>
dialog_as_uas(const call_scope& call, const sip::message& invite, std::string local_tag) {
  auto start = start_of(invite);
  if (!start)
    return tl::unexpected(start.error());
  std::swap(start->local, start->remote);
  start->id.remote_tag = std::move(start->id.local_tag);
  start->id.local_tag = std::move(local_tag);
  auto made = sip::dialog::as_uas(std::move(*start), sip::dialog::state::early);
  if (!made)
    return tl::unexpected(made.error());
  dialog_record r;
  r.dialog = made->snapshot_now();
  r.usage =
      sip::invite_usage{sip::invite_usage::role::uas, call.node().timers}.snapshot_at(call.now());
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
  return r;
}

} // namespace tandem::actors
