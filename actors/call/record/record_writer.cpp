#include "actors/call/record/record_writer.hpp"

#include "actors/call/record/limits.hpp"
#include "actors/call/record/root_codec.hpp"
#include "actors/call/record/session_codec.hpp"
#include "actors/call/record/wire_enums.hpp"
#include "actors/call/record/wire_values.hpp"

#include <algorithm>
#include <array>

namespace tandem::actors {

namespace {

constexpr auto level = 1;           // of call_record.capnp
constexpr auto level_of_direct = 2; // who knows no direct media would miss the media endpoints

/// Address and port as the schema wants them.
class endpoint_bytes {
public:
  explicit endpoint_bytes(const ip_endpoint& e) {
    if (e == ip_endpoint{})
      return;
    size_ = e.address.family == ip_family::v4 ? 4 : 16;
    std::copy_n(e.address.bytes.begin(), size_, bytes_.begin());
    bytes_[size_++] = static_cast<kj::byte>(e.port >> 8);
    bytes_[size_++] = static_cast<kj::byte>(e.port & 0xff);
  }
  operator capnp::Data::Reader() const { return {bytes_.data(), size_}; } // NOLINT: implicit

private:
  std::array<kj::byte, 18> bytes_{};
  std::size_t size_ = 0;
};

template <class Builder>
void write_slot_id(const media::slot_id& id, Builder to) {
  const auto& [worker, index, generation] = id;
  to.setWorker(worker);
  to.setIndex(index);
  to.setGeneration(generation);
}

void write_slot(const media::slot& s, Slot::Builder to) {
  const auto& [id, rtp, rtcp] = s;
  write_slot_id(id, to);
  to.setRtp(endpoint_bytes{rtp});
  to.setRtcp(endpoint_bytes{rtcp});
}

void write_streams(const std::vector<relayed_stream>& list,
                   capnp::List<LegMedia::Stream>::Builder to) {
  for (unsigned i = 0; i < to.size(); ++i) {
    const auto& [at, rtp, rtcp] = list[i];
    const auto& [section, endpoint] = at;
    to[i].setSection(section);
    to[i].setEndpoint(endpoint.value);
    to[i].setRtp(endpoint_bytes{rtp});
    to[i].setRtcp(endpoint_bytes{rtcp});
  }
}

void write_flow(const flow& f, Flow::Builder to) {
  const auto& [transport, peer] = f;
  to.setTransport(transport.value);
  to.setPeer(endpoint_bytes{peer});
}

void write_machine(const sip::invite_server_transaction::snapshot& s, Transaction::Builder to) {
  const auto& [transport, state, responded, g_interval, timers] = s;
  const auto& [h, i, l, g, trying] = timers;
  to.setCarrier(to_wire(transport));
  auto m = to.getMachine().initInviteServer();
  m.setState(to_wire(state));
  m.setResponded(responded);
  m.setGInterval(ns(g_interval));
  m.setTimerH(ns(h));
  m.setTimerI(ns(i));
  m.setTimerL(ns(l));
  m.setTimerG(ns(g));
  m.setTimerTrying(ns(trying));
}

void write_machine(const sip::invite_client_transaction::snapshot& s, Transaction::Builder to) {
  const auto& [transport, state, a_interval, timers] = s;
  const auto& [b, d, m_timer, cancelled, a] = timers;
  to.setCarrier(to_wire(transport));
  auto m = to.getMachine().initInviteClient();
  m.setState(to_wire(state));
  m.setAInterval(ns(a_interval));
  m.setTimerB(ns(b));
  m.setTimerD(ns(d));
  m.setTimerM(ns(m_timer));
  m.setTimerCancelled(ns(cancelled));
  m.setTimerA(ns(a));
}

void write_machine(const sip::non_invite_server_transaction::snapshot& s, Transaction::Builder to) {
  const auto& [transport, state, timers] = s;
  const auto& [j] = timers;
  to.setCarrier(to_wire(transport));
  auto m = to.getMachine().initNonInviteServer();
  m.setState(to_wire(state));
  m.setTimerJ(ns(j));
}

void write_machine(const sip::non_invite_client_transaction::snapshot& s, Transaction::Builder to) {
  const auto& [transport, state, e_interval, timers] = s;
  const auto& [f, k, e] = timers;
  to.setCarrier(to_wire(transport));
  auto m = to.getMachine().initNonInviteClient();
  m.setState(to_wire(state));
  m.setEInterval(ns(e_interval));
  m.setTimerF(ns(f));
  m.setTimerK(ns(k));
  m.setTimerE(ns(e));
}

void write_dialog(const sip::dialog::snapshot& s, Dialog::Builder to) {
  const auto& [id, local, remote, remote_target, route_set, local_cseq, local_invite_cseq,
               remote_cseq, remote_invite_cseq, secure, state] = s;
  const auto& [call_id, local_tag, remote_tag] = id;
  to.setCallId(text(call_id));
  to.setLocalTag(text(local_tag));
  to.setRemoteTag(text(remote_tag));
  to.setLocal(text(local));
  to.setRemote(text(remote));
  to.setRemoteTarget(text(remote_target));
  auto routes = to.initRouteSet(count(route_set));
  for (unsigned i = 0; i < routes.size(); ++i)
    routes.set(i, text(route_set[i]));
  to.setLocalCseq(local_cseq);
  to.setLocalInviteCseq(local_invite_cseq);
  to.setRemoteCseq(number(remote_cseq));
  to.setRemoteInviteCseq(number(remote_invite_cseq));
  to.setSecure(secure);
  to.setState(to_wire(state));
}

void write_usage(const sip::invite_usage::snapshot& s, Dialog::Builder to) {
  const auto& [who, state, ack_sent, resend_interval, timers] = s;
  const auto& [ack, resend, ringing] = timers;
  to.setRole(to_wire(who));
  to.setUsage(to_wire(state));
  to.setAckSent(ack_sent);
  to.setResendInterval(ns(resend_interval));
  to.setTimerAck(ns(ack));
  to.setTimerResend(ns(resend));
  to.setTimerRinging(ns(ringing));
}

void write_exchange(const sip::session_exchange::snapshot& s, Dialog::Builder to) {
  const auto& [who, ours, theirs, attempts, timers] = s;
  const auto& [prompt, retry] = timers;
  to.setExchangeRole(to_wire(who));
  to.setOurs(to_wire(ours));
  to.setTheirs(to_wire(theirs));
  to.setAttempts(attempts);
  to.setTimerPrompt(ns(prompt));
  to.setTimerRetry(ns(retry));
}

void write_timer(const sip::session_timer::snapshot& s, Dialog::Builder to) {
  const auto& [interval, raised, who, timers] = s;
  const auto& [expiry, refresh] = timers;
  to.setIntervalS(static_cast<std::uint32_t>(interval.count()));
  to.setRaisedS(static_cast<std::uint32_t>(raised.count()));
  to.setRefresher(to_wire(who));
  to.setTimerExpiry(ns(expiry));
  to.setTimerRefresh(ns(refresh));
}

void write_change(const leg_change& c, Change::Builder to) {
  const auto& [theirs, ours, echo, dialog] = c;
  to.setTheirs(to_wire(theirs));
  to.setOurs(to_wire(ours));
  to.setEcho(echo);
  to.setDialog(dialog.value);
}

template <class Part>
std::uint16_t number_among(auto& parts, const Part* part, auto same) {
  if (part == nullptr)
    return 0;
  auto at = std::ranges::find_if(parts, same);
  if (at == parts.end())
    at = parts.insert(at, part);
  return static_cast<std::uint16_t>(at - parts.begin() + 1);
}

} // namespace

std::uint16_t record_writer::number_of(const sip::message_ptr& m) {
  return number_among(messages_, m.get(), [&](const auto* known) { return known == m.get(); });
}

std::uint16_t record_writer::number_of(const wire_bytes& b) {
  return number_among(buffers_, b.get(), [&](const auto* known) { return known == b.get(); });
}

std::uint16_t record_writer::number_of(const sdp::session* s) {
  return number_among(sessions_, s, [s](const auto* known) {
    return known == s || (known->origin.session_id == s->origin.session_id && *known == *s);
  });
}

void record_writer::write(const call_record& record) {
  const auto& [next_child, next_branch, root, children, newer] = record;
  (void) newer; // encode_record adds it
  to_.setLevel(root.media == media_path::direct ? level_of_direct : level);
  to_.setNextChild(next_child);
  to_.setNextBranch(next_branch);
  write_root(root, to_.initRoot());
  auto list = to_.initChildren(count(children));
  for (unsigned i = 0; i < list.size(); ++i)
    write(children[i], list[i]);
  write_parts();
}

void record_writer::write_parts() {
  auto messages = to_.initMessages(count(messages_));
  for (unsigned i = 0; i < messages.size(); ++i)
    messages.set(i, blob(messages_[i]->raw()));
  auto buffers = to_.initBuffers(count(buffers_));
  for (unsigned i = 0; i < buffers.size(); ++i)
    buffers.set(i, blob(*buffers_[i]));
  auto sessions = to_.initSessions(count(sessions_));
  for (unsigned i = 0; i < sessions.size(); ++i)
    write_session(*sessions_[i], sessions[i]);
}

void record_writer::write(const call_record::child& c, Child::Builder to) {
  const auto& [id, parent, name, child] = c;
  to.setId(id.value);
  to.setParent(parent.value);
  to.setName(text(name));
  struct {
    record_writer& writer;
    Child::Record::Builder to;
    void operator()(const app_record& r) { writer.write(r, to.initApp()); }
    void operator()(const incoming_leg_record& r) { writer.write(r, to.initIncomingLeg()); }
    void operator()(const outgoing_leg_record& r) { writer.write(r, to.initOutgoingLeg()); }
    void operator()(const dialog_record& r) { writer.write(r, to.initDialog()); }
    void operator()(const transaction_record& r) { writer.write(r, to.initTransaction()); }
    void operator()(const media_endpoint_record& r) { writer.write(r, to.initMediaEndpoint()); }
  } alternatives{*this, to.getRecord()};
  std::visit(alternatives, child);
}

void record_writer::write(const app_record& r, App::Builder to) {
  const auto& [app, incoming, caller_identity, saved, legs, timers, next_timer] = r;
  const auto& [from, target_uri, user, target, route, max_forwards, contacts] = incoming;
  to.setApp(text(app));
  to.setFrom(text(from));
  to.setTo(text(target_uri));
  to.setUser(text(user));
  to.setTarget(text(target));
  to.setRoute(text(route));
  to.setMaxForwards(max_forwards);
  auto bindings = to.initContacts(count(contacts));
  for (unsigned i = 0; i < bindings.size(); ++i) {
    const auto& [uri, reached_by, q_thousandths] = contacts[i];
    bindings[i].setUri(text(uri));
    bindings[i].setQThousandths(q_thousandths);
    if (reached_by)
      write_flow(*reached_by, bindings[i].initReachedBy());
  }
  to.setCallerIdentity(text(caller_identity));
  to.setSaved(blob(saved));
  auto rows = to.initLegs(count(legs));
  for (unsigned i = 0; i < rows.size(); ++i) {
    const auto& [leg, endpoint, is_incoming, ended, description, partner, asking, offered] =
        legs[i];
    auto row = rows[i];
    row.setLeg(leg.value);
    row.setEndpoint(endpoint.value);
    row.setIncoming(is_incoming);
    row.setEnded(ended);
    row.setDescription(number_of(description.get()));
    row.setPartner(partner);
    row.setAsking(asking);
    row.setOffered(number_of(offered.get()));
  }
  auto running = to.initTimers(count(timers));
  for (unsigned i = 0; i < running.size(); ++i) {
    const auto& [timer, remaining] = timers[i];
    running[i].setNumber(timer);
    running[i].setRemaining(ns(remaining));
  }
  to.setNextTimer(next_timer);
}

void record_writer::write(const incoming_leg_record& r, IncomingLeg::Builder to) {
  const auto& [number, machine, media, invite, dialog, request, source, transport, offer, status,
               settled, change] = r;
  const auto& [state, bye_wanted, cause] = machine;
  to.setNumber(number);
  to.setState(to_wire(state));
  to.setByeWanted(bye_wanted);
  to.setCause(cause_of(cause));
  write(media, to.initMedia());
  to.setInvite(invite.value);
  to.setDialog(dialog.value);
  to.setRequest(number_of(request));
  to.setSource(endpoint_bytes{source});
  to.setTransport(transport.value);
  to.setOffer(number_of(offer.get()));
  to.setStatus(status);
  to.setSettled(settled);
  write_change(change, to.initChange());
}

void record_writer::write(const outgoing_leg_record& r, OutgoingLeg::Builder to) {
  const auto& [number, machine, media, media_with, invite, dialogs, answered_tag, target, from,
               max_forwards, cseq, min_se_s, login, transport, peer, offer, status, settled, by,
               change] = r;
  const auto& [state, cause, timers] = machine;
  const auto& [no_answer, cancel] = timers;
  to.setNumber(number);
  to.setState(to_wire(state));
  to.setCause(cause_of(cause));
  to.setTimerNoAnswer(ns(no_answer));
  to.setTimerCancel(ns(cancel));
  write(media, to.initMedia());
  to.setMediaWith(media_with.value);
  to.setInvite(invite.value);
  auto branches = to.initDialogs(count(dialogs));
  for (unsigned i = 0; i < branches.size(); ++i) {
    const auto& [remote_tag, dialog, releasing] = dialogs[i];
    auto branch = branches[i];
    branch.setRemoteTag(text(remote_tag));
    branch.setDialog(dialog.value);
    branch.setReleasing(releasing);
  }
  to.setAnsweredTag(text(answered_tag));
  to.setTo(text(target));
  to.setFrom(text(from));
  to.setMaxForwards(max_forwards);
  to.setCseq(cseq);
  to.setMinSeS(min_se_s);
  if (!(login == sip::digest_client::snapshot{}))
    write(login, to.initLogin());
  to.setTransport(transport.value);
  to.setPeer(endpoint_bytes{peer});
  to.setOffer(number_of(offer.get()));
  to.setStatus(status);
  to.setSettled(settled);
  if (by)
    write_flow(*by, to.initBy());
  write_change(change, to.initChange());
}

void record_writer::write(const leg_media& m, LegMedia::Builder to) {
  const auto& [endpoint, slot, video, negotiation] = m;
  to.setEndpoint(endpoint.value);
  if (slot)
    write_slot(*slot, to.initSlot());
  if (!video.empty())
    write_streams(video, to.initVideo(count(video)));
  write(*negotiation, to.initNegotiation());
}

void record_writer::write(const sip::digest_client::snapshot& s, Login::Builder to) {
  const auto& [server, proxy] = s;
  const auto write_side = [](const sip::digest_client::side& from, Login::Side::Builder there) {
    const auto& [nonce, credentials, answered] = from;
    there.setNonce(text(nonce));
    there.setCredentials(text(credentials));
    there.setAnswered(answered);
  };
  write_side(server, to.initServer());
  write_side(proxy, to.initProxy());
}

void record_writer::write(const sdp::negotiation::snapshot& n, Negotiation::Builder to) {
  const auto& [ours, next_version_at_least, state, local, remote, pending, unagreed] = n;
  const auto& [username, session_id, version, family, address] = ours;
  const auto part = [this](const sdp::shared_session& s) { return number_of(s.get()); };
  to.setUsername(text(username));
  to.setSessionId(session_id);
  to.setVersion(version);
  to.setFamily(to_wire(family));
  to.setAddress(text(address));
  to.setNextVersionAtLeast(next_version_at_least);
  to.setState(to_wire(state));
  to.setLocal(part(local));
  to.setRemote(part(remote));
  to.setPending(part(pending));
  to.setUnagreed(part(unagreed));
}

void record_writer::write(const dialog_record& r, Dialog::Builder to) {
  const auto& [dialog, usage, leg, transport, peer, contact, invite, kept, ack_destination,
               invite_login, login, ack, bye, ack_held, exchange, timer, allows_update, offered,
               offering, refresh, relays] = r;
  const auto& [by_update, description, offer_transaction, heard] = offering;
  write_dialog(dialog, to);
  write_usage(usage, to);
  write_exchange(exchange, to);
  write_timer(timer, to);
  to.setLeg(leg.value);
  to.setTransport(transport.value);
  to.setPeer(endpoint_bytes{peer});
  to.setContact(text(contact));
  to.setInvite(invite.value);
  to.setKept(number_of(kept));
  to.setAckDestination(endpoint_bytes{ack_destination});
  const sip::digest_client::snapshot none;
  if (!(invite_login == none))
    write(invite_login, to.initInviteLogin());
  if (!(login == none))
    write(login, to.initLogin());
  to.setAck(number_of(ack));
  to.setBye(bye.value);
  to.setAckHeld(ack_held);
  to.setAllowsUpdate(allows_update);
  if (offered.message)
    write(offered, to.initOffered());
  to.setOfferByUpdate(by_update);
  to.setOfferDescription(text(description));
  to.setOfferTransaction(offer_transaction.value);
  to.setOfferHeard(heard);
  to.setRefresh(refresh.value);
  auto list = to.initRelays(count(relays));
  for (unsigned i = 0; i < list.size(); ++i) {
    const auto& [asked, answer_to, like, relay_login] = relays[i];
    write(asked, list[i].initAsked());
    list[i].setAnswerTo(answer_to.value);
    list[i].setLike(number_of(like));
    if (!(relay_login == none))
      write(relay_login, list[i].initLogin());
  }
}

void record_writer::write(const pending_request& r, Dialog::Pending::Builder to) {
  const auto& [message, source, transaction] = r;
  to.setMessage(number_of(message));
  to.setSource(endpoint_bytes{source});
  to.setTransaction(transaction.value);
}

void record_writer::write(const transaction_record& r, Transaction::Builder to) {
  const auto& [machine, match, user, transport, peer, request, last, summary] = r;
  const auto& [who, method, branch, sent_by] = match;
  to.setRole(to_wire(who));
  to.setMethod(to_wire(method));
  to.setBranch(text(branch));
  to.setSentBy(text(sent_by));
  to.setUser(user.value);
  to.setTransport(transport.value);
  to.setPeer(endpoint_bytes{peer});
  to.setRequest(number_of(request));
  to.setLast(number_of(last));
  to.setSummary(text(summary));
  std::visit([&](const auto& m) { write_machine(m, to); }, machine);
}

void record_writer::write(const media_endpoint_record& r, MediaEndpoint::Builder to) {
  const auto& [leg, peer, family, slot, connected, echo, remote, source, ssrc, counted] = r;
  to.setLeg(leg.value);
  to.setPeer(peer.value);
  to.setFamily(to_wire(family));
  if (slot)
    write_slot(*slot, to.initSlot());
  if (connected)
    write_slot_id(*connected, to.initConnected());
  to.setEcho(echo);
  to.setSource(endpoint_bytes{source});
  to.setSsrc(ssrc);
  const auto& [received, sent, lost] = counted;
  to.setReceived(received);
  to.setSent(sent);
  to.setLost(lost);
  if (!remote)
    return;
  const auto& [remote_slot, rtp, rtcp, allowed, clock_rate_hz] = *remote;
  auto known = to.initRemote();
  write_slot_id(remote_slot, known.initSlot());
  known.setRtp(endpoint_bytes{rtp});
  known.setRtcp(endpoint_bytes{rtcp});
  known.setAllowed(to_wire(allowed));
  known.setClockRateHz(clock_rate_hz);
}

} // namespace tandem::actors
