// Which child an input concerns: RFC 3261 §17.1.3, §17.2.3 (transactions), §12.2.2 (dialogs),
// §8.2.2.2 (merged requests), §9.2 (CANCEL).
#include "actors/call/call.hpp"
#include "actors/call/identity.hpp"
#include "actors/call/limits.hpp"
#include "actors/call/replies.hpp"
#include "actors/leg/incoming.hpp"
#include "actors/transaction/transaction.hpp"
#include "protocols/sip/response_builder.hpp"
#include "protocols/sip/tags.hpp"
#include "protocols/sip/typed_headers.hpp"
#include "runtime/base/check.hpp"
#include "runtime/telemetry/event_log.hpp"

#include <algorithm>
#include <stdexcept>

namespace tandem::actors {

namespace {

std::string summary_of(const sip::message& m) {
  std::string out;
  if (m.is_request()) {
    out = m.method_name();
    if (m.get_method() == sip::method::invite) {
      out += ' ';
      out += m.request_uri();
    }
    return out;
  }
  out = std::to_string(m.status().value());
  out += ' ';
  out += m.reason();
  return out;
}

} // namespace

void call::route(input& in) {
  struct {
    call& self;
    void operator()(msg::sip_input& m) const { self.route_sip(m); }
    void operator()(msg::undeliverable& m) const { self.route_back(m); }
    void operator()(deadline_input&) const {
      for (const auto& s : self.slots_) {
        self.running_ = s.id; // if it throws
        if (const auto due = s.actor->next_deadline(); due && *due <= self.now())
          self.tell(s.id, msg::deadline_reached{});
      }
      self.running_ = the_call;
    }
    void operator()(media_input& m) const {
      for (const auto& s : self.slots_)
        if (s.kind == child_kind::media_endpoint)
          self.tell(s.id, msg::media_event{.what = m.what});
    }
    void operator()(msg::resume_call& m) const { self.resume(m.how); }
    void operator()(msg::end_call& m) const { self.hang_up_all(m.cause); }
    void operator()(parcel& p) const {
      const auto to = std::ranges::find_if(
          self.slots_, [&p](const child_slot& s) { return &*s.actor == &p.child(); });
      const bool here = to != self.slots_.end();
      self.running_ = here ? to->id : the_call;
      if (here && !self.passes_faults(to->id))
        return;
      const auto result = self.nested_owner::run(p);
      if (here && result.terminated()) // a stranger may also have ended it
        throw std::runtime_error{result.error.empty() ? "ended" : result.error};
      self.note_states();
      self.apply_endings();
    }
  } const by_kind{*this};
  std::visit(by_kind, in);
}

/// The record is committed as it was brought back: with this process's ports, and with numbers that
/// a fault from here on does not fall behind.
void call::resume(msg::resume_call::what how) {
  effects_.durable = true;
  for (const auto& s : slots_)
    if (how == msg::resume_call::what::reinvite && s.kind == child_kind::dialog)
      tell(s.id, msg::reaffirm{});
    else if (how == msg::resume_call::what::send_again && s.kind == child_kind::transaction)
      tell(s.id, msg::resumed{});
}

void call::hang_up_all(sip::end_cause cause) {
  for (const auto& s : slots_)
    if (s.kind == child_kind::leg && !s.settled)
      tell(s.id, msg::leg_command{.what = msg::leg_command::kind::hang_up, .cause = cause});
}

void call::route_sip(const msg::sip_input& in) {
  if (in.message->is_request())
    return route_request(in);
  const auto via = sip::read_top_via(*in.message);
  const auto* transaction = via ? find(match_of(*in.message, *via)) : nullptr;
  note_received(in, transaction != nullptr ? transaction->parent : the_call);
  if (transaction == nullptr)
    return services_.counters.stray_message();
  tell(transaction->id, in);
}

/// To the client transaction that sent it; the ACK of a 2xx has none (§13.2.2.4), and its 2xx will
/// come again.
void call::route_back(const msg::undeliverable& m) {
  const auto via = sip::read_top_via(*m.request);
  TANDEM_CHECK(via); // we wrote it
  auto match = match_of(*m.request, *via);
  match.who = transaction_match::role::client;
  match.sent_by.clear();
  if (const auto* transaction = find(match))
    tell(transaction->id, m);
}

bool call::uses(const flow& f) const {
  return std::ranges::any_of(slots_, [&f](const child_slot& s) {
    const auto* place = std::get_if<child_slot::dialog_place>(&s.found_by);
    return place != nullptr && place->by == f;
  });
}

void call::route_request(const msg::sip_input& in) {
  const auto& m = *in.message;
  const auto via = sip::read_top_via(m);
  const auto to_tag = sip::to_tag(m);
  TANDEM_CHECK(via); // checked before the call saw it
  const auto match = match_of(m, *via);
  const auto method = m.get_method();
  if (std::ranges::find(quarantined_, match) != quarantined_.end()) {
    note_received(in, the_call);
    if (method != sip::method::ack)
      answer_without_user(in, 500);
    return;
  }
  if (const auto* known = find(match)) { // a retransmission, or the ACK of a refusal
    note_received(in, known->parent);
    return tell(known->id, in);
  }
  if (method == sip::method::cancel)
    return route_cancel(in);
  if (to_tag.empty() && method == sip::method::invite && slots_.size() == 1 && !over_)
    return open_incoming(in);
  const auto* inside = to_tag.empty() ? nullptr : find_dialog(to_tag, sip::from_tag(m));
  note_received(in, inside != nullptr ? inside->user : the_call);
  if (method == sip::method::ack) {
    if (inside != nullptr)
      return tell(inside->id, msg::ack_received{.message = in.message});
    if (const auto ours = parse_tag(to_tag); ours && ours->number == no_leg)
      return; // of the challenge to the INVITE that came before the one that made this call
    return services_.counters.stray_message();
  }
  if (inside != nullptr)
    return open_server_transaction(in, inside->user, inside->id);
  if (!to_tag.empty())
    return answer_without_user(in, 481); // §12.2.2
  answer_without_user(in, 482);          // §8.2.2.2: it came here by two ways
}

/// §9.2: a CANCEL has the branch of the INVITE that it is about.
void call::route_cancel(const msg::sip_input& in) {
  auto match = match_of(*in.message, *sip::read_top_via(*in.message));
  match.method = sip::method::invite;
  const auto* invite = find(match);
  note_received(in, invite != nullptr ? invite->parent : the_call);
  if (invite == nullptr)
    return answer_without_user(in, 481);
  open_server_transaction(in, invite->parent, invite->user);
}

void call::open_incoming(const msg::sip_input& in) {
  const auto leg = spawn(the_call, "leg 0", incoming_leg_for(*this, in));
  note_received(in, leg);
  open_server_transaction(in, leg, leg);
}

void call::open_server_transaction(const msg::sip_input& in, child_id parent, child_id user) {
  const auto method = in.message->get_method();
  const bool ends = method == sip::method::bye || method == sip::method::cancel;
  if (slots_.size() >= limits::children_by_wire + (ends ? limits::children_to_end : 0))
    return answer_without_user(in, 500);
  const auto id = spawn(parent, std::string(in.message->method_name()) + " (server)",
                        server_transaction(*this, in, user));
  tell(id, in);
}

/// Stateless: nothing is kept for it (§8.2.7).
void call::answer_without_user(const msg::sip_input& in, std::uint16_t status) {
  const auto reason = sip::default_reason(status);
  send_again({in.transport, reply_destination(node(), in.transport, *in.message, in.source),
              plain_reply(*in.message, in.source, status, make_tag({key_, 0, node().name})),
              std::to_string(status) + " " + std::string(reason)});
}

auto call::find(child_id id) -> child_slot* {
  const auto found = std::ranges::find(slots_, id, &child_slot::id);
  return found == slots_.end() ? nullptr : &*found;
}

auto call::find(const transaction_match& match) -> child_slot* {
  const auto found = std::ranges::find_if(slots_, [&](const child_slot& s) {
    const auto* its = std::get_if<transaction_match>(&s.found_by);
    return its != nullptr && *its == match;
  });
  return found == slots_.end() ? nullptr : &*found;
}

/// §12: the dialogs of a forked INVITE share our tag and differ in the peer's.
auto call::find_dialog(std::string_view local_tag, std::string_view remote_tag) -> child_slot* {
  const auto found = std::ranges::find_if(slots_, [&](const child_slot& s) {
    const auto* place = std::get_if<child_slot::dialog_place>(&s.found_by);
    return place != nullptr && place->local_tag == local_tag && place->remote_tag == remote_tag;
  });
  return found == slots_.end() ? nullptr : &*found;
}

/// The name of the leg to which this child belongs, for the ladder.
const std::string& call::leg_name(child_id id) const {
  static const std::string none;
  for (auto at = id; at != the_call;) {
    const auto found = std::ranges::find(slots_, at, &child_slot::id);
    if (found == slots_.end())
      return none;
    if (found->kind == child_kind::leg)
      return found->name();
    at = found->parent;
  }
  return none;
}

void call::note_received(const msg::sip_input& in, child_id for_child) {
  noted_ = true;
  if (services_.log.enabled(log_level::debug))
    services_.log.debug("sip.in", "from " + to_string(in.source) + ": " + summary_of(*in.message),
                        key_);
  note(sip_line{true, in.source, node().transports[in.transport.value].local, leg_name(for_child),
                summary_of(*in.message), in.message, in.message->raw()});
}

void call::note_sent(const outgoing& out, const std::string& leg) {
  if (services_.log.enabled(log_level::debug))
    services_.log.debug("sip.out", "to " + to_string(out.to) + ": " + out.summary, key_);
  note(sip_line{false, node().transports[out.transport.value].local, out.to, leg, out.summary,
                out.bytes, *out.bytes});
}

} // namespace tandem::actors
