#include "actors/transaction/transaction.hpp"

#include "actors/call/replies.hpp"
#include "protocols/sip/parser.hpp"
#include "protocols/sip/request_builder.hpp"
#include "protocols/sip/response_builder.hpp"
#include "protocols/sip/typed_headers.hpp"
#include "runtime/base/check.hpp"

namespace tandem::actors {

using sip::transaction_action;

transaction::transaction(const transaction_record& r, call_scope& call)
  : r_(r), call_(call), machine_(sip::restored(r.machine, call.node().timers, call.now())) {
  const auto needed = sip::needs_of(machine_); // a record on disk may say what no program wrote
  TANDEM_CHECK(needed != sip::message_need::all || r.request);
  TANDEM_CHECK(needed != sip::message_need::last || r.last);
}

caf::behavior transaction::make_behavior() {
  return {
      [this](const msg::begin&) { perform(sip::on_start(machine_)); },
      [this](const msg::sip_input& in) { on_wire(in); },
      [this](const msg::undeliverable&) { perform(sip::on_transport_error(machine_)); }, // §18.4
      [this](const msg::respond& r) { on_respond(r); },
      [this](const msg::cancel& c) { on_cancel(c.reason); },
      [this](const msg::resumed&) { perform(sip::on_resumed(machine_)); },
      [this](const msg::deadline_reached&) { perform(sip::on_deadline(machine_, call_.now())); },
  };
}

void transaction::on_wire(const msg::sip_input& in) {
  if (in.message->is_request())
    return on_request(in);
  perform(sip::on_response(machine_, in.message->status(), call_.now()), in.message);
}

void transaction::on_request(const msg::sip_input& in) {
  if (in.message == r_.request) // the one that made this transaction
    return call_.tell(r_.user, msg::request_received{in.message, in.source, call_.self()});
  if (in.message->get_method() == sip::method::ack)
    return perform(sip::on_ack(machine_, call_.now()), in.message);
  perform(sip::on_request_again(machine_));
}

void transaction::on_respond(const msg::respond& r) {
  const auto todo = sip::on_user_response(machine_, r.status, call_.now());
  if (todo.empty())
    return; // §17.2.1: a later final response is discarded
  r_.last = r.bytes;
  r_.summary = std::to_string(r.status) + " " + std::string(sip::default_reason(r.status));
  perform(todo);
}

void transaction::on_cancel(std::string_view reason) {
  if (r_.last == nullptr)
    return; // §9.1: of no use to a request that has its final response
  const auto invite = sip::parse_message(*r_.last);
  TANDEM_CHECK(invite);
  client_request cancel{.method = sip::method::cancel,
                        .branch = r_.match.branch,
                        .bytes = sip::make_cancel(**invite, reason),
                        .summary = "CANCEL",
                        .transport = r_.transport,
                        .peer = r_.peer};
  const auto id = call_.spawn(r_.user, "transaction CANCEL client",
                              client_transaction(call_, std::move(cancel), r_.user));
  call_.tell(id, msg::begin{});
  sip::on_cancel_sent(machine_, call_.now());
}

void transaction::perform(const sip::transaction_actions& todo, const sip::message_ptr& message) {
  for (const auto action : todo)
    switch (action) {
      case transaction_action::send_trying: {
        sip::message_writer w;
        sip::begin_response(w, *r_.request, {.status = 100, .source = r_.peer});
        r_.last = w.finish();
        r_.summary = "100 Trying";
        send(false);
        break;
      }
      case transaction_action::send_response:
      case transaction_action::send_request: send(false); break;
      case transaction_action::resend_response:
      case transaction_action::resend_request: send(true); break;
      case transaction_action::pass_ack: call_.tell(r_.user, msg::ack_received{message}); break;
      case transaction_action::pass_provisional:
      case transaction_action::pass_final:
      case transaction_action::pass_2xx:
        call_.tell(r_.user, msg::response_received{message, call_.self()});
        break;
      case transaction_action::send_ack:
      case transaction_action::resend_ack: acknowledge(message); break;
      case transaction_action::report_timeout:
        call_.tell(r_.user, msg::transaction_failed{call_.self(), sip::end_cause::no_response});
        break;
      case transaction_action::report_transport_error:
        call_.tell(r_.user, msg::transaction_failed{call_.self(), sip::end_cause::unreachable});
        break;
      case transaction_action::destroy: call_.finish(); break;
    }
  forget_what_is_said();
}

/// It lingers for half a minute, longer than many a call is under way: only with what it may have
/// to say once more.
void transaction::forget_what_is_said() {
  const auto needed = sip::needs_of(machine_);
  if (needed == sip::message_need::all)
    return;
  r_.peer = destination();
  r_.request = nullptr;
  if (needed == sip::message_need::none)
    r_.last = nullptr;
}

ip_endpoint transaction::destination() const {
  return r_.request ? reply_destination(call_.node(), r_.transport, *r_.request, r_.peer) : r_.peer;
}

void transaction::send(bool again) {
  TANDEM_CHECK(r_.last);
  outgoing out{r_.transport, destination(), r_.last, r_.summary};
  if (again)
    call_.send_again(std::move(out));
  else
    call_.send(std::move(out));
}

void transaction::acknowledge(const sip::message_ptr& response) {
  const auto invite = sip::parse_message(*r_.last);
  TANDEM_CHECK(invite && response);
  call_.send({r_.transport, r_.peer, sip::make_failure_ack(**invite, *response), "ACK"});
}

std::optional<time_point> transaction::next_deadline() const {
  return sip::next_deadline(machine_);
}

child_record transaction::record_at(time_point now) const {
  child_record out{r_};
  auto& r = std::get<transaction_record>(out);
  r.machine = sip::snapshot_at(machine_, now);
  return out;
}

const char* transaction::state() const {
  return sip::state_name(machine_).data();
}

transaction_record server_transaction(const call_scope& call, const msg::sip_input& in,
                                      child_id user) {
  const auto via = sip::read_top_via(*in.message);
  TANDEM_CHECK(via); // checked before the call saw it
  const auto carrier = call.node().transports[in.transport.value].kind;
  const auto method = in.message->get_method();
  const auto& t = call.node().timers;
  transaction_record r;
  if (method == sip::method::invite)
    r.machine = sip::invite_server_transaction{carrier, t, call.now()}.snapshot_at(call.now());
  else
    r.machine = sip::non_invite_server_transaction{carrier, t, call.now()}.snapshot_at(call.now());
  r.match = match_of(*in.message, *via);
  r.user = user;
  r.transport = in.transport;
  r.peer = in.source;
  r.request = in.message;
  return r;
}

transaction_record client_transaction(const call_scope& call, client_request request,
                                      child_id user) {
  const auto carrier = call.node().transports[request.transport.value].kind;
  const auto& t = call.node().timers;
  transaction_record r;
  if (request.method == sip::method::invite)
    r.machine = sip::invite_client_transaction{carrier, t, call.now()}.snapshot_at(call.now());
  else
    r.machine = sip::non_invite_client_transaction{carrier, t, call.now()}.snapshot_at(call.now());
  r.match = {transaction_match::role::client, request.method, std::move(request.branch), {}};
  r.user = user;
  r.transport = request.transport;
  r.peer = request.peer;
  r.last = std::move(request.bytes);
  r.summary = std::move(request.summary);
  return r;
}

transaction_match match_of(const sip::message& m, const sip::via& via) {
  if (m.is_response()) {
    const auto cseq = sip::read_cseq(m);
    return {transaction_match::role::client,
            cseq ? cseq->method : sip::method::unknown,
            std::string(via.branch),
            {}};
  }
  auto method = m.get_method();
  if (method == sip::method::ack)
    method = sip::method::invite; // §17.2.3: an ACK matches the INVITE it acknowledges
  std::string sent_by(via.host);
  sent_by += ':';
  sent_by += std::to_string(via.port_or_default());
  std::string branch(via.branch);
  if (!via.has_unique_branch()) { // §17.2.3: clients of RFC 2543 are matched by what they do send
    branch = m.request_uri();
    for (const auto id : {sip::header_id::call_id, sip::header_id::from})
      branch += m.header(id).value_or("");
    if (const auto cseq = sip::read_cseq(m))
      branch += std::to_string(cseq->number);
  }
  return {transaction_match::role::server, method, std::move(branch), std::move(sent_by)};
}

} // namespace tandem::actors
