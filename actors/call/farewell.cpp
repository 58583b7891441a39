#include "actors/call/farewell.hpp"

#include "actors/call/identity.hpp"
#include "actors/call/next_hop.hpp"
#include "actors/call/replies.hpp"
#include "actors/transaction/transaction.hpp"
#include "protocols/sip/request_builder.hpp"

#include <utility>
#include <variant>

namespace tandem::actors {

namespace {

/// By a transaction that repeats it until it is answered, and tells nobody.
void send(call_scope& call, client_request what) {
  const auto name = what.summary + " (client)";
  const auto id = call.spawn(the_call, name, client_transaction(call, std::move(what), the_call));
  call.tell(id, msg::begin{});
}

/// RFC 3261 §15.1.1. An early dialog ends with its INVITE.
void say_bye(call_scope& call, const dialog_record& r) {
  if (r.dialog.current != sip::dialog::state::confirmed)
    return;
  sip::dialog dialog{r.dialog};
  const auto plan = dialog.next_request(sip::request_class::other);
  const auto way = way_inside(call, plan, {r.transport, r.peer});
  const auto branch = make_branch({call.key(), call.next_branch(), call.node().name});
  const auto& via = call.node().transports[way.transport.value];
  sip::message_writer w;
  sip::begin_request(w, sip::method::bye, plan, {via.protocol, via.sent_by, branch});
  send(call, {.method = sip::method::bye,
              .branch = branch,
              .bytes = w.finish(),
              .summary = "BYE",
              .transport = way.transport,
              .peer = way.peer});
}

/// Stateless, with the To tag that our provisional responses had.
void refuse(call_scope& call, const incoming_leg_record& r, const dialog_record* dialog) {
  if (r.status != 0 || !r.request)
    return;
  const auto tag = dialog != nullptr ? dialog->dialog.id.local_tag
                                     : make_tag({call.key(), r.number, call.node().name});
  call.send_again({r.transport, reply_destination(call.node(), r.transport, *r.request, r.source),
                   plain_reply(*r.request, r.source, 500, tag), "500 Server Internal Error"});
}

/// §9.1. The INVITE's transaction stays for the final response, which wants its ACK (§17.1.1.3).
void cancel(call_scope& call, const transaction_record& r) {
  if (r.last == nullptr)
    return;
  auto alone = r;
  alone.user = the_call;
  call.tell(call.spawn(the_call, "INVITE (client)", std::move(alone)), msg::cancel{});
}

} // namespace

void say_farewell(call_scope& call, const call_record& record, child_id leg) {
  const incoming_leg_record* incoming = nullptr;
  const dialog_record* dialog = nullptr;
  child_id unanswered = the_call;
  for (const auto& c : record.children) {
    if (const auto* d = std::get_if<dialog_record>(&c.record); d != nullptr && d->leg == leg) {
      dialog = d;
      say_bye(call, *d);
    }
    if (c.id != leg)
      continue;
    incoming = std::get_if<incoming_leg_record>(&c.record);
    if (const auto* out = std::get_if<outgoing_leg_record>(&c.record))
      unanswered = out->status < 200 ? out->invite : the_call;
  }
  if (incoming != nullptr)
    refuse(call, *incoming, dialog);
  if (dialog != nullptr && dialog->dialog.current != sip::dialog::state::early)
    return; // answered meanwhile
  for (const auto& c : record.children)
    if (const auto* t = std::get_if<transaction_record>(&c.record);
        t != nullptr && c.id == unanswered && unanswered != the_call)
      cancel(call, *t);
}

} // namespace tandem::actors
