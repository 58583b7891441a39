#include "actors/call/record/record_reader.hpp"

#include "actors/call/record/limits.hpp"
#include "actors/call/record/session_codec.hpp"
#include "actors/call/record/wire_values.hpp"
#include "protocols/sip/parser.hpp"

#include <algorithm>
#include <limits>

namespace tandem::actors {

namespace {

constexpr auto newest_level = 2; // of call_record.capnp

/// A message was taken when it arrived, under whatever limits were configured then.
constexpr sip::message_limits widest{.message_bytes = sip::most_message_bytes,
                                     .headers = sip::most_headers,
                                     .line_bytes = sip::most_message_bytes};

media::slot_id slot_id(const auto& from) {
  return {from.getWorker(), from.getIndex(), from.getGeneration()};
}

} // namespace

tl::expected<call_record, std::string> record_reader::read() {
  const auto level = from_.getLevel();
  if (level == 0)
    return tl::unexpected{std::string("these bytes are no call record")};
  if (level > newest_level)
    return tl::unexpected{"the record has schema level " + std::to_string(level)
                          + ", this program knows up to " + std::to_string(newest_level)};
  call_record r;
  r.next_child = from_.getNextChild();
  r.next_branch = from_.getNextBranch();
  r.root = read(from_.getRoot());
  read_parts();
  if (error_.empty())
    read_children(r);
  if (!error_.empty())
    return tl::unexpected{std::move(error_)};
  return r;
}

void record_reader::read_parts() {
  if (const auto list = from_.getMessages(); bounded(list, limits::record_messages, "messages"))
    for (const auto raw : list) {
      auto parsed = sip::parse_message(bytes(raw), widest);
      if (!parsed)
        return fail("a message in the record cannot be parsed: "
                    + std::string(parsed.error().reason));
      messages_.push_back(std::move(*parsed));
    }
  if (const auto list = from_.getBuffers(); bounded(list, limits::record_buffers, "buffers"))
    for (const auto buffer : list)
      buffers_.push_back(std::make_shared<const std::string>(bytes(buffer)));
  if (const auto list = from_.getSessions(); bounded(list, limits::record_sessions, "sessions"))
    for (const auto session : list) {
      auto known = read_session(session);
      if (!known)
        return fail("a session description in the record is damaged");
      sessions_.push_back(std::make_shared<const sdp::session>(std::move(*known)));
    }
}

void record_reader::read_children(call_record& r) {
  const auto list = from_.getChildren();
  if (!bounded(list, limits::children_per_call, "children"))
    return;
  r.children.reserve(list.size());
  for (const auto c : list)
    r.children.push_back({{c.getId()}, {c.getParent()}, text(c.getName()), read(c.getRecord())});
}

child_record record_reader::read(Child::Record::Reader from) {
  switch (from.which()) {
    case Child::Record::APP: return read(from.getApp());
    case Child::Record::INCOMING_LEG: return read(from.getIncomingLeg());
    case Child::Record::OUTGOING_LEG: return read(from.getOutgoingLeg());
    case Child::Record::DIALOG: return read(from.getDialog());
    case Child::Record::TRANSACTION: return read(from.getTransaction());
    case Child::Record::MEDIA_ENDPOINT: return read(from.getMediaEndpoint());
  }
  fail("a child of the call is of an unknown kind");
  return {};
}

app_record record_reader::read(App::Reader from) {
  app_record r;
  r.app = text(from.getApp());
  r.incoming = {text(from.getFrom()),
                text(from.getTo()),
                text(from.getUser()),
                text(from.getTarget()),
                text(from.getRoute()),
                from.getMaxForwards(),
                {}};
  if (const auto list = from.getContacts(); bounded(list, limits::contacts_per_call, "contacts"))
    for (const auto c : list)
      r.incoming.contacts.push_back(
          {text(c.getUri()),
           c.hasReachedBy() ? std::optional{read(c.getReachedBy())} : std::nullopt,
           c.getQThousandths()});
  r.caller_identity = text(from.getCallerIdentity());
  r.saved = bytes(from.getSaved());
  if (const auto legs = from.getLegs(); bounded(legs, limits::legs_per_call, "legs"))
    for (const auto row : legs)
      r.legs.push_back({{row.getLeg()},
                        {row.getEndpoint()},
                        row.getIncoming(),
                        row.getEnded(),
                        part(sessions_, row.getDescription()),
                        row.getPartner(),
                        row.getAsking(),
                        part(sessions_, row.getOffered())});
  if (const auto timers = from.getTimers(); bounded(timers, limits::timers_per_app, "timers"))
    for (const auto row : timers)
      r.timers.push_back({row.getNumber(), time(row.getRemaining())});
  r.next_timer = from.getNextTimer();
  return r;
}

incoming_leg_record record_reader::read(IncomingLeg::Reader from) {
  incoming_leg_record r;
  r.number = from.getNumber();
  r.machine.current = as<sip::incoming_leg::state>(from.getState());
  r.machine.bye_wanted = from.getByeWanted();
  r.machine.cause = cause(from.getCause());
  r.media = read(from.getMedia());
  r.invite = {from.getInvite()};
  r.dialog = {from.getDialog()};
  r.request = part(messages_, from.getRequest());
  r.source = endpoint(from.getSource());
  r.transport = {from.getTransport()};
  r.offer = part(sessions_, from.getOffer());
  r.status = from.getStatus();
  r.settled = from.getSettled();
  r.change = read(from.getChange());
  return r;
}

outgoing_leg_record record_reader::read(OutgoingLeg::Reader from) {
  outgoing_leg_record r;
  r.number = from.getNumber();
  r.machine.current = as<sip::outgoing_leg::state>(from.getState());
  r.machine.cause = cause(from.getCause());
  r.machine.timers = {timer(from.getTimerNoAnswer()), timer(from.getTimerCancel())};
  r.media = read(from.getMedia());
  r.media_with = {from.getMediaWith()};
  r.invite = {from.getInvite()};
  if (const auto list = from.getDialogs(); bounded(list, limits::dialogs_per_leg, "dialogs"))
    for (const auto b : list)
      r.dialogs.push_back({text(b.getRemoteTag()), {b.getDialog()}, b.getReleasing()});
  r.answered_tag = text(from.getAnsweredTag());
  r.to = text(from.getTo());
  r.from = text(from.getFrom());
  r.max_forwards = from.getMaxForwards();
  r.cseq = from.getCseq();
  r.min_se_s = from.getMinSeS();
  r.login = read(from.getLogin());
  r.transport = {from.getTransport()};
  r.peer = endpoint(from.getPeer());
  r.offer = part(sessions_, from.getOffer());
  r.status = from.getStatus();
  r.settled = from.getSettled();
  if (from.hasBy())
    r.by = read(from.getBy());
  r.change = read(from.getChange());
  return r;
}

flow record_reader::read(Flow::Reader from) {
  return {{from.getTransport()}, endpoint(from.getPeer())};
}

leg_change record_reader::read(Change::Reader from) {
  return {as<leg_change::theirs>(from.getTheirs()), as<leg_change::ours>(from.getOurs()),
          from.getEcho(), child_id{from.getDialog()}};
}

leg_media record_reader::read(LegMedia::Reader from) {
  leg_media m;
  m.endpoint = {from.getEndpoint()};
  if (from.hasSlot())
    m.slot = read(from.getSlot());
  if (const auto list = from.getVideo(); bounded(list, sdp::max_relayed_sections - 1, "streams"))
    for (const auto s : list)
      m.video.push_back(
          {{s.getSection(), {s.getEndpoint()}}, endpoint(s.getRtp()), endpoint(s.getRtcp())});
  m.negotiation = std::make_shared<const sdp::negotiation::snapshot>(read(from.getNegotiation()));
  return m;
}

sip::digest_client::snapshot record_reader::read(Login::Reader from) {
  const auto side = [](Login::Side::Reader s) {
    return sip::digest_client::side{text(s.getNonce()), text(s.getCredentials()), s.getAnswered()};
  };
  return {side(from.getServer()), side(from.getProxy())};
}

sdp::negotiation::snapshot record_reader::read(Negotiation::Reader from) {
  sdp::negotiation::snapshot n;
  n.ours = {text(from.getUsername()), from.getSessionId(), from.getVersion(),
            as<ip_family>(from.getFamily()), text(from.getAddress())};
  n.next_version_at_least = from.getNextVersionAtLeast();
  n.current = as<sdp::negotiation::state>(from.getState());
  n.local = part(sessions_, from.getLocal());
  n.remote = part(sessions_, from.getRemote());
  n.pending = part(sessions_, from.getPending());
  n.unagreed = part(sessions_, from.getUnagreed());
  return n;
}

media::slot record_reader::read(Slot::Reader from) {
  return {slot_id(from), endpoint(from.getRtp()), endpoint(from.getRtcp())};
}

dialog_record record_reader::read(Dialog::Reader from) {
  dialog_record r{.dialog = read_dialog(from), .usage = read_usage(from)};
  r.leg = {from.getLeg()};
  r.transport = {from.getTransport()};
  r.peer = endpoint(from.getPeer());
  r.contact = text(from.getContact());
  r.invite = {from.getInvite()};
  r.kept = part(buffers_, from.getKept());
  r.ack_destination = endpoint(from.getAckDestination());
  r.invite_login = read(from.getInviteLogin());
  r.login = read(from.getLogin());
  r.ack = part(buffers_, from.getAck());
  r.bye = {from.getBye()};
  r.ack_held = from.getAckHeld();
  r.exchange = read_exchange(from);
  r.timer = read_timer(from);
  r.allows_update = from.getAllowsUpdate();
  r.offered = read(from.getOffered());
  r.offering = {from.getOfferByUpdate(), text(from.getOfferDescription()),
                child_id{from.getOfferTransaction()}, from.getOfferHeard()};
  r.refresh = {from.getRefresh()};
  if (const auto relays = from.getRelays(); bounded(relays, limits::relays_per_dialog, "relays"))
    for (const auto relay : relays)
      r.relays.push_back({read(relay.getAsked()),
                          {relay.getAnswerTo()},
                          part(messages_, relay.getLike()),
                          read(relay.getLogin())});
  return r;
}

pending_request record_reader::read(Dialog::Pending::Reader from) {
  return {part(messages_, from.getMessage()), endpoint(from.getSource()), {from.getTransaction()}};
}

sip::session_exchange::snapshot record_reader::read_exchange(Dialog::Reader from) {
  return {as<sip::session_exchange::role>(from.getExchangeRole()),
          as<sip::session_exchange::ours>(from.getOurs()),
          as<sip::session_exchange::theirs>(from.getTheirs()),
          from.getAttempts(),
          {timer(from.getTimerPrompt()), timer(from.getTimerRetry())}};
}

sip::session_timer::snapshot record_reader::read_timer(Dialog::Reader from) {
  return {std::chrono::seconds{from.getIntervalS()},
          std::chrono::seconds{from.getRaisedS()},
          as<sip::session_timer::refresher>(from.getRefresher()),
          {timer(from.getTimerExpiry()), timer(from.getTimerRefresh())}};
}

sip::dialog::snapshot record_reader::read_dialog(Dialog::Reader from) {
  sip::dialog::snapshot d;
  d.id = {text(from.getCallId()), text(from.getLocalTag()), text(from.getRemoteTag())};
  d.local = text(from.getLocal());
  d.remote = text(from.getRemote());
  d.remote_target = text(from.getRemoteTarget());
  if (const auto routes = from.getRouteSet(); bounded(routes, sip::max_routes, "routes"))
    for (const auto route : routes)
      d.route_set.push_back(text(route));
  d.local_cseq = from.getLocalCseq();
  d.local_invite_cseq = from.getLocalInviteCseq();
  d.remote_cseq = cseq(from.getRemoteCseq());
  d.remote_invite_cseq = cseq(from.getRemoteInviteCseq());
  d.secure = from.getSecure();
  d.current = as<sip::dialog::state>(from.getState());
  return d;
}

sip::invite_usage::snapshot record_reader::read_usage(Dialog::Reader from) {
  return {as<sip::invite_usage::role>(from.getRole()),
          as<sip::invite_usage::state>(from.getUsage()),
          from.getAckSent(),
          time(from.getResendInterval()),
          {timer(from.getTimerAck()), timer(from.getTimerResend()), timer(from.getTimerRinging())}};
}

transaction_record record_reader::read(Transaction::Reader from) {
  transaction_record r;
  r.machine = read_machine(from);
  r.match = {as<transaction_match::role>(from.getRole()), as<sip::method>(from.getMethod()),
             text(from.getBranch()), text(from.getSentBy())};
  r.user = {from.getUser()};
  r.transport = {from.getTransport()};
  r.peer = endpoint(from.getPeer());
  r.request = part(messages_, from.getRequest());
  r.last = part(buffers_, from.getLast());
  r.summary = text(from.getSummary());
  return r;
}

sip::transaction_snapshot record_reader::read_machine(Transaction::Reader from) {
  const auto carrier = as<sip::transport_kind>(from.getCarrier());
  const auto machine = from.getMachine();
  switch (machine.which()) {
    case Transaction::Machine::INVITE_SERVER: {
      const auto m = machine.getInviteServer();
      return sip::invite_server_transaction::snapshot{
          carrier,
          as<sip::invite_server_transaction::state>(m.getState()),
          m.getResponded(),
          time(m.getGInterval()),
          {timer(m.getTimerH()), timer(m.getTimerI()), timer(m.getTimerL()), timer(m.getTimerG()),
           timer(m.getTimerTrying())}};
    }
    case Transaction::Machine::INVITE_CLIENT: {
      const auto m = machine.getInviteClient();
      return sip::invite_client_transaction::snapshot{
          carrier,
          as<sip::invite_client_transaction::state>(m.getState()),
          time(m.getAInterval()),
          {timer(m.getTimerB()), timer(m.getTimerD()), timer(m.getTimerM()),
           timer(m.getTimerCancelled()), timer(m.getTimerA())}};
    }
    case Transaction::Machine::NON_INVITE_SERVER: {
      const auto m = machine.getNonInviteServer();
      return sip::non_invite_server_transaction::snapshot{
          carrier,
          as<sip::non_invite_server_transaction::state>(m.getState()),
          {timer(m.getTimerJ())}};
    }
    case Transaction::Machine::NON_INVITE_CLIENT: {
      const auto m = machine.getNonInviteClient();
      return sip::non_invite_client_transaction::snapshot{
          carrier,
          as<sip::non_invite_client_transaction::state>(m.getState()),
          time(m.getEInterval()),
          {timer(m.getTimerF()), timer(m.getTimerK()), timer(m.getTimerE())}};
    }
  }
  fail("a transaction is of an unknown kind");
  return sip::non_invite_server_transaction::snapshot{};
}

media_endpoint_record record_reader::read(MediaEndpoint::Reader from) {
  media_endpoint_record r;
  r.leg = {from.getLeg()};
  r.peer = {from.getPeer()};
  r.family = as<ip_family>(from.getFamily());
  if (from.hasSlot())
    r.slot = read(from.getSlot());
  if (from.hasConnected())
    r.connected = slot_id(from.getConnected());
  r.echo = from.getEcho();
  if (from.hasRemote()) {
    const auto m = from.getRemote();
    r.remote = {slot_id(m.getSlot()), endpoint(m.getRtp()), endpoint(m.getRtcp()),
                as<media::direction>(m.getAllowed()), m.getClockRateHz()};
  }
  r.source = endpoint(from.getSource());
  r.ssrc = from.getSsrc();
  r.counted = {from.getReceived(), from.getSent(), from.getLost()};
  return r;
}

ip_endpoint record_reader::endpoint(capnp::Data::Reader from) {
  ip_endpoint e;
  if (from.size() == 0)
    return e;
  if (from.size() != 6 && from.size() != 18) {
    fail("an endpoint has " + std::to_string(from.size()) + " bytes");
    return e;
  }
  const auto address_size = from.size() - 2;
  e.address.family = address_size == 4 ? ip_family::v4 : ip_family::v6;
  std::copy_n(from.begin(), address_size, e.address.bytes.begin());
  e.port = static_cast<std::uint16_t>(from[address_size] << 8 | from[address_size + 1]);
  return e;
}

duration record_reader::time(std::int64_t ns) {
  const duration d{ns};
  if (d <= limits::longest_remaining && d >= -limits::longest_remaining)
    return d;
  fail("a timer of the record is years away");
  return {};
}

std::optional<duration> record_reader::timer(std::int64_t ns) {
  if (ns == not_running)
    return std::nullopt;
  return time(ns);
}

std::optional<std::uint32_t> record_reader::cseq(std::int64_t number) {
  if (number == -1)
    return std::nullopt;
  if (number < 0 || number > std::numeric_limits<std::uint32_t>::max())
    fail("a CSeq number of the record has more than 32 bits");
  return static_cast<std::uint32_t>(number);
}

std::optional<sip::end_cause> record_reader::cause(EndCause wire) {
  return wire == EndCause::NONE ? std::nullopt : std::optional{as<sip::end_cause>(wire)};
}

template <class Part>
Part record_reader::part(const std::vector<Part>& parts, std::uint16_t number) {
  if (number == 0)
    return nullptr;
  if (number <= parts.size())
    return parts[number - 1U];
  fail("the record names a part that it does not have");
  return nullptr;
}

} // namespace tandem::actors
