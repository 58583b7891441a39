#pragma once

#include "actors/call/snapshots.hpp"
#include "protocols/sip/parser.hpp"

#include <stdexcept>
#include <string>

namespace tandem::test {

/// Makes values that are not the default and all different, so that two fields that were swapped
/// do not look right.
class distinct {
public:
  explicit distinct(std::uint16_t first = 0) : last_(first) {}
  std::uint16_t number() { return ++last_; }
  std::uint8_t small() { return static_cast<std::uint8_t>(++last_ % 200 + 1); }
  std::string text(const std::string& what) { return what + " " + std::to_string(number()); }
  duration time() { return duration{1'000'000'007LL * number()}; }
  ip_endpoint v4() { return {{ip_family::v4, {192, 0, 2, small()}}, number()}; }
  ip_endpoint v6() {
    ip_address a{ip_family::v6, {0x20, 0x01, 0x0d, 0xb8}};
    a.bytes[14] = small();
    a.bytes[15] = small();
    return {a, number()};
  }
  actors::child_id child() { return {number()}; }
  actors::wire_bytes buffer() { return std::make_shared<const std::string>(text("buffer")); }
  sip::message_ptr message() {
    auto m = sip::parse_message("OPTIONS sip:carol@chicago.example SIP/2.0\r\nCSeq: "
                                + std::to_string(number()) + " OPTIONS\r\n\r\n");
    if (!m)
      throw std::logic_error("the test's own message");
    return *m;
  }
  media::slot_id slot_id() { return {number(), 70'000U + number(), 80'000U + number()}; }
  media::slot slot() { return {slot_id(), v4(), v6()}; }

  sdp::session session() {
    sdp::session s;
    s.origin = {text("user"), 1ULL << 61 | number(), 1ULL << 60 | number(), ip_family::v6,
                text("host")};
    s.name = text("name");
    s.descriptive = {{'i', text("about")}, {'e', text("mail")}};
    s.connection = {ip_family::v6, text("address")};
    s.bandwidths = {{text("AS"), text("64")}};
    s.timing = {{'t', text("0")}, {'r', text("7d")}};
    s.attributes = {{text("group"), text("BUNDLE")}, {text("x"), ""}};
    sdp::media_section m;
    m.kind = text("audio");
    m.port = number();
    m.port_count = static_cast<std::uint16_t>(number() + 1);
    m.proto = text("RTP/AVP");
    m.formats = {text("0"), text("8")};
    m.information = text("title");
    m.connection = {ip_family::v6, text("address")};
    m.bandwidths = {{text("CT"), text("128")}};
    m.attributes = {{text("rtpmap"), text("0 PCMU")}, {text("sendrecv"), ""}};
    s.media = {m, m};
    return s;
  }
  actors::session_ptr shared_session() { return std::make_shared<const sdp::session>(session()); }
  actors::leg_media leg_media() {
    actors::leg_media m{child(), slot(), {}, {}};
    sdp::negotiation::snapshot n;
    n.ours = {text("user"), 1ULL << 59 | number(), number(), ip_family::v6, text("host")};
    n.next_version_at_least = 1ULL << 58 | number();
    n.current = sdp::negotiation::state::remote_offer;
    n.local = session();
    n.remote = session();
    n.pending = session();
    n.unagreed = session();
    m.negotiation = std::make_shared<const sdp::negotiation::snapshot>(std::move(n));
    return m;
  }

private:
  std::uint16_t last_;
};

inline actors::app_record full_app(distinct& d) {
  actors::app_record r;
  r.app = d.text("bridge");
  r.incoming = {d.text("from"),   d.text("to"),  d.text("user"),
                d.text("target"), d.text("app"), d.small()};
  r.caller_identity = d.text("identity");
  r.saved = d.text("saved") + std::string("\0\xff", 2);
  r.legs = {{d.child(), d.child(), true, true, d.shared_session()},
            {d.child(), d.child(), true, true, d.shared_session()}};
  r.timers = {{d.number(), d.time()}, {d.number(), d.time()}};
  r.next_timer = 90'000U + d.number();
  return r;
}

/// A leg of which nothing is set but what it has negotiated.
inline actors::incoming_leg_record negotiating(sdp::negotiation::snapshot n) {
  actors::incoming_leg_record r;
  r.media.negotiation = std::make_shared<const sdp::negotiation::snapshot>(std::move(n));
  return r;
}

inline actors::incoming_leg_record full_incoming_leg(distinct& d) {
  actors::incoming_leg_record r;
  r.number = d.small();
  r.machine = {sip::incoming_leg::state::ending, true, sip::end_cause::rtp_timeout};
  r.media = d.leg_media();
  r.invite = d.child();
  r.dialog = d.child();
  r.request = d.message();
  r.source = d.v6();
  r.transport = {d.small()};
  r.offer = d.shared_session();
  r.status = d.number();
  r.settled = true;
  return r;
}

inline actors::outgoing_leg_record full_outgoing_leg(distinct& d) {
  actors::outgoing_leg_record r;
  r.number = static_cast<std::uint8_t>(d.small() + 1);
  r.machine = {
      sip::outgoing_leg::state::cancelling, sip::end_cause::no_answer, {d.time(), d.time()}};
  r.media = d.leg_media();
  r.media_with = d.child();
  r.invite = d.child();
  r.dialogs = {{d.text("tag"), d.child(), true}, {d.text("tag"), d.child(), true}};
  r.answered_tag = d.text("tag");
  r.to = d.text("to");
  r.from = d.text("from");
  r.max_forwards = d.small();
  r.transport = {d.small()};
  r.peer = d.v4();
  r.offer = d.shared_session();
  r.status = d.number();
  r.settled = true;
  return r;
}

inline actors::dialog_record full_dialog(distinct& d) {
  actors::dialog_record r{.dialog = {{d.text("call"), d.text("local"), d.text("remote")},
                                     d.text("local"),
                                     d.text("remote"),
                                     d.text("target"),
                                     {d.text("route"), d.text("route")},
                                     70'000U + d.number(),
                                     80'000U + d.number(),
                                     90'000U + d.number(),
                                     0xffff0000U + d.number(),
                                     true,
                                     sip::dialog::state::terminated},
                          .usage = {sip::invite_usage::role::uac,
                                    sip::invite_usage::state::leaving,
                                    true,
                                    d.time(),
                                    {d.time(), d.time(), d.time()}}};
  r.leg = d.child();
  r.transport = {d.small()};
  r.peer = d.v4();
  r.contact = d.text("contact");
  r.invite = d.child();
  r.kept = d.buffer();
  r.ack_destination = d.v6();
  return r;
}

inline actors::transaction_record full_transaction(distinct& d,
                                                   const sip::transaction_snapshot& machine) {
  actors::transaction_record r;
  r.machine = machine;
  r.match = {actors::transaction_match::role::server, sip::method::notify, d.text("branch"),
             d.text("host")};
  r.user = d.child();
  r.transport = {d.small()};
  r.peer = d.v6();
  r.request = d.message();
  r.last = d.buffer();
  r.summary = d.text("summary");
  return r;
}

inline actors::media_endpoint_record full_media_endpoint(distinct& d) {
  actors::media_endpoint_record r;
  r.leg = d.child();
  r.peer = d.child();
  r.family = ip_family::v6;
  r.slot = d.slot();
  r.connected = d.slot_id();
  r.echo = true;
  r.remote = {d.slot_id(), d.v6(), d.v4(), media::direction::receive_only, d.number()};
  return r;
}

/// One child of every kind, with every field set that there was when v1.bin was written.
inline actors::call_record first_record() {
  distinct d;
  const auto on = sip::transport_kind::reliable;
  const auto children = std::to_array<actors::child_record>({
      full_app(d),
      full_incoming_leg(d),
      full_outgoing_leg(d),
      full_dialog(d),
      full_transaction(d,
                       sip::invite_server_transaction::snapshot{
                           on,
                           sip::invite_server_transaction::state::confirmed,
                           true,
                           d.time(),
                           {d.time(), d.time(), d.time(), d.time(), d.time()}}),
      full_transaction(d,
                       sip::invite_client_transaction::snapshot{
                           on,
                           sip::invite_client_transaction::state::accepted,
                           d.time(),
                           {d.time(), d.time(), d.time(), d.time(), d.time()}}),
      full_transaction(d,
                       sip::non_invite_server_transaction::snapshot{
                           on, sip::non_invite_server_transaction::state::completed, {d.time()}}),
      full_transaction(d,
                       sip::non_invite_client_transaction::snapshot{
                           on,
                           sip::non_invite_client_transaction::state::proceeding,
                           d.time(),
                           {d.time(), d.time(), d.time()}}),
      full_media_endpoint(d),
  });
  actors::call_record r;
  r.next_child = 10'000;
  r.next_branch = 100'000;
  for (const auto& c : children)
    r.children.push_back({d.child(), d.child(), d.text("child"), c});
  return r;
}

inline actors::leg_change full_change(distinct& d) {
  return {actors::leg_change::theirs::late_answer, actors::leg_change::ours::held_ack, true,
          d.child()};
}

inline sip::digest_client::snapshot full_login(distinct& d) {
  return {{d.text("nonce"), d.text("Digest"), d.small()},
          {d.text("nonce"), d.text("Digest"), d.small()}};
}

inline actors::pending_request full_pending(distinct& d) {
  return {d.message(), d.v6(), d.child()};
}

/// Fields for what happens inside an established dialog.
inline void add_changes(distinct& d, actors::dialog_record& r) {
  r.ack = d.buffer();
  r.bye = d.child();
  r.ack_held = true;
  r.exchange = {sip::session_exchange::role::uac,
                sip::session_exchange::ours::update,
                sip::session_exchange::theirs::answered,
                d.small(),
                {d.time(), d.time()}};
  r.timer = {std::chrono::seconds{d.number()},
             std::chrono::seconds{d.number()},
             sip::session_timer::refresher::peer,
             {d.time(), d.time()}};
  r.allows_update = true;
  r.offered = full_pending(d);
  r.offering = {true, d.text("offer"), d.child(), true};
  r.refresh = d.child();
  r.relays = {{full_pending(d), d.child()}, {full_pending(d), d.child()}};
  for (auto& relay : r.relays) {
    relay.like = d.message();
    relay.login = full_login(d);
  }
}

inline actors::call_root full_root(distinct& d) {
  const auto wall = [&d] { return wall_time{std::chrono::seconds{1'800'000'000 + d.number()}}; };
  const auto leg = [&d](bool incoming) {
    return actors::leg_detail{d.text("leg"),           incoming,
                              d.text("sip"),           1ULL << 40 | d.number(),
                              1ULL << 41 | d.number(), -d.number()};
  };
  const auto match = [&d] {
    return actors::transaction_match{actors::transaction_match::role::server, sip::method::refer,
                                     d.text("branch"), d.text("host")};
  };
  actors::call_root r;
  r.age = d.time();
  r.started = wall();
  r.first_cseq = 0xfff00000U + d.number();
  r.talking = d.time();
  r.account = {wall(),    sip::end_cause::rejected, actors::ended_by::called_party, d.number(),
               d.small(), sip::end_cause::no_answer};
  r.legs = {leg(true), leg(true)};
  r.over = {wall(), d.time(), d.text("from"), d.text("to"), d.text("app")};
  r.quarantined = {match(), match()};
  r.faults = 90'000U + d.number();
  return r;
}

/// As above, and what was added until v2.bin was written.
inline actors::call_record second_record() {
  auto r = first_record();
  distinct d{20'000};
  for (auto& c : r.children) {
    if (auto* app = std::get_if<actors::app_record>(&c.record))
      app->incoming.contacts = {{d.text("sip"), actors::flow{{d.small()}, d.v6()}, d.number()},
                                {d.text("sip"), actors::flow{{d.small()}, d.v4()}, d.number()}};
    if (auto* leg = std::get_if<actors::outgoing_leg_record>(&c.record))
      leg->by = actors::flow{{d.small()}, d.v4()};
  }
  for (auto& c : r.children) {
    if (auto* leg = std::get_if<actors::outgoing_leg_record>(&c.record)) {
      leg->cseq = 90'000U + d.number();
      leg->min_se_s = 90'000U + d.number();
      leg->login = full_login(d);
    }
    if (auto* dialog = std::get_if<actors::dialog_record>(&c.record)) {
      dialog->invite_login = full_login(d);
      dialog->login = full_login(d);
    }
  }
  const auto stream = [&d] {
    return actors::relayed_stream{{d.small(), d.child()}, d.v4(), d.v6()};
  };
  for (auto& c : r.children) {
    if (auto* leg = std::get_if<actors::incoming_leg_record>(&c.record))
      leg->media.video = {stream(), stream()};
    if (auto* leg = std::get_if<actors::outgoing_leg_record>(&c.record))
      leg->media.video = {stream()};
  }
  for (auto& c : r.children) {
    if (auto* app = std::get_if<actors::app_record>(&c.record))
      for (auto& row : app->legs) {
        row.partner = d.small();
        row.asking = true;
        row.offered = d.shared_session();
      }
    if (auto* incoming = std::get_if<actors::incoming_leg_record>(&c.record))
      incoming->change = full_change(d);
    if (auto* outgoing = std::get_if<actors::outgoing_leg_record>(&c.record))
      outgoing->change = full_change(d);
    if (auto* dialog = std::get_if<actors::dialog_record>(&c.record))
      add_changes(d, *dialog);
  }
  r.root = full_root(d);
  for (auto& c : r.children)
    if (auto* endpoint = std::get_if<actors::media_endpoint_record>(&c.record)) {
      endpoint->source = d.v6();
      endpoint->ssrc = d.number();
      endpoint->counted = {d.number(), d.number(), -1};
    }
  return r;
}

/// As above, and what was added since: nothing yet.
inline actors::call_record full_record() {
  auto r = second_record();
  r.root.media = media_path::direct;
  return r;
}

} // namespace tandem::test
