#pragma once

#include "actors/call/ids.hpp"
#include "actors/call_app/call_app.hpp"
#include "actors/cdr/call_detail.hpp"
#include "config/routes.hpp"
#include "media/engine.hpp"
#include "protocols/digest/digest_client.hpp"
#include "protocols/sdp/negotiation.hpp"
#include "protocols/sip/dialog.hpp"
#include "protocols/sip/incoming_leg.hpp"
#include "protocols/sip/invite_usage.hpp"
#include "protocols/sip/message.hpp"
#include "protocols/sip/outgoing_leg.hpp"
#include "protocols/sip/session_exchange.hpp"
#include "protocols/sip/session_timer.hpp"
#include "protocols/sip/transaction.hpp"
#include "runtime/base/ip_endpoint.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

/// What is durable in each child of a call: all that it is brought to life from, fresh or restored.
/// Times in here are remaining times. Buffers are shared and immutable, so taking a snapshot copies
/// no message.
namespace tandem::actors {

using wire_bytes = std::shared_ptr<const std::string>;
using session_ptr = std::shared_ptr<const sdp::session>;

/// How a transaction is found (RFC 3261 §17.1.3, §17.2.3). `sent_by` is empty for a client.
struct transaction_match {
  enum class role : std::uint8_t { client, server };
  role who = role::client;
  sip::method method = sip::method::unknown;
  std::string branch;
  std::string sent_by;

  bool operator==(const transaction_match&) const = default;
};

struct transaction_record {
  sip::transaction_snapshot machine;
  transaction_match match;
  child_id user; ///< the leg or dialog that is told
  transport_index transport;
  ip_endpoint peer;         ///< where it sends; of a server with its request: whence that came
  sip::message_ptr request; ///< server: what it answers; null: it has, for good
  wire_bytes last;          ///< client: the request; server: the last response; null: unneeded
  std::string summary;      ///< of `last`, for the ladder
};

/// A request of the peer that we have not answered yet.
struct pending_request {
  sip::message_ptr message; ///< null: none
  ip_endpoint source;
  child_id transaction;
};

/// An INFO or MESSAGE on its way through the call.
struct relayed_request {
  pending_request asked; ///< the peer's; or, of ours, its client transaction alone
  child_id answer_to;    ///< ours: the server transaction of the other leg that waits for it
  sip::message_ptr like = nullptr;      ///< ours: what it passes on
  sip::digest_client::snapshot login{}; ///< ours
};

struct dialog_record {
  sip::dialog::snapshot dialog;
  sip::invite_usage::snapshot usage;
  child_id leg;
  transport_index transport;
  ip_endpoint peer;    ///< UAS: where the INVITE came from
  std::string contact; ///< ours, with < >
  child_id invite;     ///< UAS: the INVITE server transaction, for the 2xx
  wire_bytes kept;     ///< the 2xx that is to be acknowledged, until it is
  ip_endpoint ack_destination;
  sip::digest_client::snapshot invite_login; ///< our last INVITE's: its ACK repeats it (§13.2.2.4)
  sip::digest_client::snapshot login;        ///< of our re-INVITE, UPDATE or BYE under way
  wire_bytes ack;        ///< the last ACK that we sent, while it may be sent again
  child_id bye;          ///< our BYE's client transaction
  bool ack_held = false; ///< the 2xx to our INVITE offered: its ACK waits for our answer
  sip::session_exchange::snapshot exchange;
  sip::session_timer::snapshot timer;
  bool allows_update = false; ///< the peer, by its Allow
  pending_request offered;    ///< its re-INVITE or UPDATE
  struct outgoing_offer {
    bool by_update = false;  ///< wanted so, if the peer takes it
    std::string description; ///< empty: an INVITE without offer
    child_id transaction;
    bool heard = false; ///< a provisional response came: it may be cancelled (§9.1)
  };
  outgoing_offer offering;
  child_id refresh; ///< client transaction of an UPDATE without offer
  std::vector<relayed_request> relays;
};

using negotiation_ptr = std::shared_ptr<const sdp::negotiation::snapshot>;

/// An m= line that is relayed beside the audio, through ports of its own.
struct relayed_stream {
  section_endpoint at;
  ip_endpoint rtp; ///< where its endpoint listens
  ip_endpoint rtcp;
};

/// Both directions of a leg share this.
struct leg_media {
  child_id endpoint; ///< of the audio
  std::optional<media::slot> slot;
  std::vector<relayed_stream> video;
  /// Never null. Shared, since a commit takes it far more often than it changes.
  negotiation_ptr negotiation = std::make_shared<const sdp::negotiation::snapshot>();
};

/// How far a change of an established session is, seen from one leg.
struct leg_change {
  enum class theirs : std::uint8_t {
    none,
    offer,      ///< the peer's offer waits for our answer
    request,    ///< the peer's INVITE without offer waits for ours
    late_answer ///< our 2xx offered: the answer comes in the ACK
  };
  enum class ours : std::uint8_t {
    none,
    offer,   ///< of the other leg, under way
    refresh, ///< the unchanged description, under way
    request, ///< an INVITE without offer is under way
    held_ack ///< its 2xx offered: the ACK waits for our answer
  };
  theirs of_peer = theirs::none;
  ours of_us = ours::none;
  bool echo = false; ///< this leg is connected with itself
  child_id dialog;   ///< the one that stands
};

struct incoming_leg_record {
  std::uint8_t number = 0;
  sip::incoming_leg::snapshot machine;
  leg_media media;
  child_id invite; ///< its server transaction
  child_id dialog;
  sip::message_ptr request; ///< the INVITE, until its final response
  ip_endpoint source;
  transport_index transport;
  session_ptr offer;        ///< the caller's; null: she wants one
  std::uint16_t status = 0; ///< final response given
  bool settled = false;     ///< noted as over
  leg_change change;
};

struct outgoing_leg_record {
  std::uint8_t number = 1;
  sip::outgoing_leg::snapshot machine;
  leg_media media;
  child_id media_with; ///< the endpoint whose media we exchange
  child_id invite;     ///< its client transaction
  /// A dialog that an answer made.
  struct branch {
    std::string remote_tag;
    child_id dialog;
    bool releasing = false; ///< a surplus 2xx: its BYE is under way
  };
  std::vector<branch> dialogs;
  std::string answered_tag; ///< of the dialog that answered
  std::string to;           ///< target URI
  std::string from;         ///< name-addr without tag
  std::uint8_t max_forwards = 70;
  std::uint32_t cseq = 1;     ///< of the INVITE, which is sent again when it is challenged
  std::uint32_t min_se_s = 0; ///< of a 422: asked for in the next one (RFC 4028 §7.3)
  sip::digest_client::snapshot login;
  transport_index transport;
  ip_endpoint peer;
  session_ptr offer;        ///< the other leg's description; null: the callee is to make one
  std::uint16_t status = 0; ///< final response received
  bool settled = false;     ///< noted as over
  std::optional<flow> by;   ///< how the callee was heard: preferred while that connection stands
  leg_change change;
};

struct media_endpoint_record {
  child_id leg;
  child_id peer; ///< the endpoint to connect with, or the_call for none
  ip_family family = ip_family::v4;
  std::optional<media::slot> slot;
  std::optional<media::slot_id> connected;
  bool echo = false;
  std::optional<media::set_remote> remote;
  ip_endpoint source;             ///< that the stream has locked to; port 0: none
  std::uint32_t ssrc = 0;         ///< of the stream from there
  media::packet_counters counted; ///< as of the commit
};

struct app_record {
  static constexpr std::uint8_t no_partner = 255;
  struct leg_row {
    child_id leg;
    child_id endpoint;
    bool incoming = false;
    bool ended = false;
    session_ptr description;           ///< the peer's latest
    std::uint8_t partner = no_partner; ///< number of the leg that it is connected with
    bool asking = false;               ///< its offer is with the partner
    session_ptr offered = nullptr;     ///< that offer; else the one that takes back another
  };
  struct timer_row {
    std::uint32_t number = 0;
    duration remaining{};
  };
  std::string app;             ///< name in the catalogue
  incoming_call incoming;      ///< as the caller's INVITE had it
  std::string caller_identity; ///< From of the INVITE as a name-addr, without tag
  std::string saved;           ///< by the application
  std::vector<leg_row> legs;   ///< index is the leg's number
  std::vector<timer_row> timers;
  std::uint32_t next_timer = 1;
};

using child_record = std::variant<app_record, incoming_leg_record, outgoing_leg_record,
                                  dialog_record, transaction_record, media_endpoint_record>;

/// What the CDR will say of the course of the call, as far as it is known.
struct call_account {
  std::optional<wall_time> answered;
  std::optional<sip::end_cause> cause;
  ended_by by = ended_by::node;
  std::uint16_t status = 0;
  std::optional<std::uint8_t> callee;    ///< the leg that answered
  std::optional<sip::end_cause> refusal; ///< why a leg ended that had not answered
};

/// What the call itself knows beside its children.
struct call_root {
  /// All legs are over and its CDR is given away after this commit: what only it still knows.
  struct ending {
    wall_time at{};
    duration length{};
    std::string from;
    std::string to;
    std::string app;
  };
  duration age{};                          ///< since its INVITE came
  wall_time started{};                     ///< when that was; the epoch: not known
  std::optional<std::uint32_t> first_cseq; ///< of that INVITE
  std::optional<duration> talking;         ///< since the caller's leg was answered
  call_account account;
  std::vector<leg_detail> legs; ///< rows of its CDR, in order of birth
  std::optional<ending> over;
  std::vector<transaction_match> quarantined; ///< requests that made this call throw
  std::uint32_t faults = 0;                   ///< inputs that failed
  media_path media = media_path::anchored;    ///< of all its legs
};

/// The whole call at one consistent cut: what a commit writes and a restore reads.
struct call_record {
  struct child {
    child_id id;
    child_id parent;
    std::string name;
    child_record record;
  };
  std::uint16_t next_child = 1;
  std::uint32_t next_branch = 1;
  call_root root;
  std::vector<child> children;
  /// The bytes that it was read from, if a newer program wrote there what our schema does not know:
  /// it is written again with what we know. Null: nothing is.
  wire_bytes newer;
};

} // namespace tandem::actors
