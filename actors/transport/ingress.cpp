#include "actors/transport/ingress.hpp"

#include "actors/call/call.hpp"
#include "actors/call/identity.hpp"
#include "actors/call/replies.hpp"
#include "actors/registrar/domain.hpp"
#include "actors/router/router.hpp"
#include "protocols/sip/check.hpp"
#include "protocols/sip/outside_request.hpp"
#include "protocols/sip/parser.hpp"
#include "protocols/sip/response_builder.hpp"
#include "protocols/sip/tags.hpp"
#include "protocols/sip/typed_headers.hpp"

#include <caf/send.hpp>

#include <algorithm>

namespace tandem::actors {

ingress::ingress(shard& home, const node_facts& facts, call_directory& directory,
                 const message_directory& messages, outbox& wire, const keyed_hash& hash,
                 ingress_counters counters, const gate_counters& admission)
  : home_(home), facts_(facts), directory_(directory), messages_(messages), wire_(wire),
    hash_(hash), counters_(counters), gate_(admission) {
}

void ingress::on_datagram(transport_index transport, const received_datagram& d) {
  counters_.received.add();
  const auto parsed = sip::parse_message(d.bytes);
  if (!parsed) {
    counters_.malformed.add();
    if (parsed.error().answerable())
      answer(*parsed.error().partial, transport, d.from, parsed.error().status,
             parsed.error().reason);
    return;
  }
  const auto& m = **parsed;
  if (m.is_request()) {
    if (const auto fit = sip::check_request(m); !fit) {
      counters_.malformed.add();
      if (sip::is_answerable(m))
        answer(m, transport, d.from, fit.error().status, fit.error().reason);
      return;
    }
  } else if (!sip::check_response(m)) {
    return counters_.malformed.add();
  }
  const auto key = key_of(m);
  if (!key)
    return counters_.stray.add();
  auto& there = owner(*key);
  msg::sip_input in{.message = *parsed, .source = d.from, .transport = transport};
  if (&there == this)
    return accept(*key, std::move(in));
  counters_.crossed.add();
  (void) there.home_.post(
      [&there, key = *key, in = std::move(in)]() mutable { there.accept(key, std::move(in)); });
}

/// RFC 3261 §18.3: without a usable Content-Length there is no next message on this stream.
void ingress::on_broken(transport_index transport, const received_datagram& d) {
  counters_.received.add();
  counters_.malformed.add();
  const auto parsed = sip::parse_message(d.bytes);
  const auto& m = parsed ? *parsed : parsed.error().partial;
  if (!m || !m->is_request() || !sip::is_answerable(*m))
    return;
  if (parsed)
    return answer(*m, transport, d.from, 400,
                  m->has(sip::header_id::content_length) ? "Bad Content-Length"
                                                         : "Missing Content-Length");
  const auto& e = parsed.error();
  const bool goes_on =
      e.code == sip::parse_errc::body_too_short || e.code == sip::parse_errc::no_end_of_headers;
  if (goes_on) // on a stream more would come; but we take no more
    return answer(*m, transport, d.from, 513, "Message Too Large");
  answer(*m, transport, d.from, e.status, e.reason);
}

void ingress::on_undeliverable(const outgoing& out) {
  auto parsed = sip::parse_message(*out.bytes);
  if (!parsed || !(*parsed)->is_request())
    return; // a response: its server transaction is waited for in vain, and ends by time
  const auto via = sip::read_top_via(**parsed);
  const auto ours = via ? parse_branch(via->branch) : std::nullopt;
  if (!ours)
    return;
  auto& there = owner(ours->key);
  (void) there.home_.post([&there, key = ours->key, m = std::move(*parsed)] {
    there.tell(key, msg::undeliverable{.request = m});
  });
}

void ingress::tell(const key128& key, msg::undeliverable what) {
  if (const auto* known = find(key, *what.request))
    caf::anon_send(*known, std::move(what));
}

bool ingress::uses(const flow& f) const {
  return (registered_ && registered_(f))
         || std::ranges::any_of(directory_.entries,
                                [&f](const auto& entry) { return entry.second.here->uses(f); });
}

bool ingress::ask_others(const flow& f) {
  for (auto* other : peers_)
    if (other != this)
      (void) other->home_.post([other, asking = this, f] {
        if (other->uses(f))
          (void) asking->home_.post([asking, f] { asking->keeper_(f); });
      });
  return peers_.size() > 1;
}

void ingress::pass_on(std::uint32_t shard, const outgoing& out) {
  if (shard >= peers_.size())
    return;
  counters_.crossed.add();
  auto& there = *peers_[shard];
  (void) there.home_.post(
      [&there, moved = std::make_unique<outgoing>(out)] { there.wire_.send(*moved); });
}

/// Whose a message is: what we issued says it (branch of our request, tag of our dialog); a request
/// from outside any dialog has the key that its call got or will get.
std::optional<key128> ingress::key_of(const sip::message& m) const {
  if (m.is_response()) {
    const auto via = sip::read_top_via(m);
    const auto ours = via ? parse_branch(via->branch) : std::nullopt;
    return ours ? std::optional{ours->key} : std::nullopt;
  }
  if (const auto ours = parse_tag(sip::to_tag(m)))
    return ours->key;
  if (m.get_method() == sip::method::register_) { // to the shard that owns the user
    const auto to = sip::read_to(m);
    return registration_key(hash_, to && to->uri.is_sip() ? to->uri.unescaped_user() : "");
  }
  const auto call_id = sip::read_call_id(m);
  if (!call_id)
    return std::nullopt;
  const auto first = hash_(*call_id, sip::from_tag(m));
  if (m.get_method() == sip::method::message && sip::begins_something(m))
    return message_key(first, sip::read_cseq(m)->number);
  return first;
}

ingress& ingress::owner(const key128& key) {
  return peers_.empty() ? *this : *peers_[key.high % peers_.size()];
}

const caf::actor* ingress::find(const key128& key, const sip::message& m) const {
  if (const auto* call = directory_.find(key))
    return &call->address;
  if (m.is_request() && !sip::begins_something(m))
    return nullptr; // a MESSAGE makes no dialog: RFC 3428 §4
  const auto* message = messages_.find(key);
  return message != nullptr ? &message->address : nullptr;
}

/// Of several calls with one Call-ID and From tag, the one that this INVITE or CANCEL is about; the
/// key of a new one, if it is about none (§8.2.2.2: only with an equal CSeq it is merged).
key128 ingress::among_retries(const key128& first, const sip::message& m) const {
  const auto method = m.get_method();
  if (method != sip::method::invite && method != sip::method::cancel)
    return first;
  const auto cseq = sip::read_cseq(m);
  if (!sip::to_tag(m).empty() || !cseq)
    return first;
  const auto* known = directory_.find(first);
  if (known != nullptr && known->here->is_begun_by(cseq->number))
    return first;
  const auto later = retry_key(first, cseq->number);
  const bool begins = known != nullptr && method == sip::method::invite;
  return begins || directory_.find(later) != nullptr ? later : first;
}

void ingress::accept(const key128& by_message, msg::sip_input in) {
  const auto key = in.message->is_request() ? among_retries(by_message, *in.message) : by_message;
  if (const auto* known = find(key, *in.message))
    caf::anon_send(*known, std::move(in));
  else if (in.message->is_response())
    counters_.stray.add();
  else if (sip::begins_something(*in.message))
    wait(by_message, std::move(in));
  else if (in.message->get_method() != sip::method::cancel || !gate_.holds(id_of(*in.message)))
    caf::anon_send(router_, msg::unowned_request{key, std::move(in)});
  // else a CANCEL ahead of its time (RFC 3261 §9.1): its INVITE has not had a provisional response
}

/// The same for a request, its retransmissions and its CANCEL (RFC 3261 §17.2.3). CSeq is for those
/// who make no branches.
std::uint64_t ingress::id_of(const sip::message& m) const {
  const auto via = sip::read_top_via(m);
  const auto cseq = sip::read_cseq(m);
  const auto id = hash_(via ? via->branch : "", sip::read_call_id(m).value_or(""));
  return id.low + (cseq ? cseq->number : 0);
}

void ingress::wait(const key128& key, msg::sip_input in) {
  const auto share = share_ ? share_(in.source) : 1;
  const auto id = id_of(*in.message);
  for (const auto& who : gate_.arrive({key, id, std::move(in)}, share, home_.now()))
    refuse(who);
  if (!gate_.empty() && !will_draw_)
    will_draw_ = home_.post([this] { draw(); });
}

/// At the beginning of a turn, behind all that calls in progress have to do in it.
void ingress::draw() {
  will_draw_ = false;
  has_drawn_ = true;
  auto drawn = gate_.draw(home_.now());
  for (const auto& who : drawn.refused)
    refuse(who);
  for (auto& who : drawn.admitted)
    begin(std::move(who));
  if (!gate_.empty())
    will_draw_ = home_.post([this] { draw(); });
}

/// Meanwhile one with the same Call-ID may have begun.
void ingress::begin(newcomer who) {
  const auto key = among_retries(who.key, *who.in.message);
  if (const auto* known = find(key, *who.in.message))
    caf::anon_send(*known, std::move(who.in));
  else
    caf::anon_send(router_, msg::unowned_request{key, std::move(who.in)});
}

/// Without state (RFC 3261 §8.2.7), and without Retry-After: the client tries another server for
/// this request alone (§21.5.4).
void ingress::refuse(const newcomer& who) {
  answer(*who.in.message, who.in.transport, who.in.source, 503, {},
         make_tag({who.key, no_leg, facts_.name}));
}

void ingress::deliver(const key128& key, msg::media_event what) {
  auto& there = owner(key);
  (void) there.home_.post(
      [&there, key, what = std::make_unique<msg::media_event>(std::move(what))] {
        if (const auto* known = there.directory_.find(key))
          caf::anon_send(known->address, std::move(*what));
      });
}

void ingress::answer(const sip::message& request, transport_index transport,
                     const ip_endpoint& source, std::uint16_t status, std::string_view reason,
                     std::string_view to_tag) {
  wire_.send({transport, reply_destination(facts_, transport, request, source),
              plain_reply(request, source, status, to_tag, reason), std::to_string(status)});
}

} // namespace tandem::actors
