#pragma once

#include "actors/call/ids.hpp"
#include "media/engine.hpp"
#include "protocols/sdp/session.hpp"
#include "protocols/sip/leg_action.hpp"
#include "protocols/sip/message.hpp"
#include "runtime/actor/local_message.hpp"
#include "runtime/base/ip_endpoint.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <variant>
#include <vector>

/// What the children of one call say to each other. Every one is an ordinary message of the child's
/// behaviour; the call runs it in place, so nothing here crosses a thread.
namespace tandem::msg {

using actors::child_id;
using actors::transport_index;
using wire_bytes = std::shared_ptr<const std::string>;
using session_ptr = std::shared_ptr<const sdp::session>;

/// The first thing a fresh child is told, once it stands in the tree.
struct begin {
  using stays_local = void;
};

/// A deadline of this child was reached; early and late are harmless.
struct deadline_reached {
  using stays_local = void;
};

/// To the transactions of a call that was brought back after nobody was there: what was committed
/// may not have been sent.
struct resumed {
  using stays_local = void;
};

/// To the dialogs of such a call, if peers are to be asked: offer the unchanged description.
struct reaffirm {
  using stays_local = void;
};

// ------------------------------------------------------------ wire, transaction and its user

/// A message from the wire; also what the call itself receives.
struct sip_input {
  using stays_local = void;
  sip::message_ptr message;
  ip_endpoint source;
  transport_index transport;
};

/// The transport has no way for this request of ours (RFC 3261 §18.4).
struct undeliverable {
  using stays_local = void;
  sip::message_ptr request;
};

/// A server transaction passes a request to its user: a leg (initial INVITE, CANCEL) or a dialog.
struct request_received {
  using stays_local = void;
  sip::message_ptr message;
  ip_endpoint source;
  child_id transaction;
};

/// A client transaction passes a response to its user.
struct response_received {
  using stays_local = void;
  sip::message_ptr message;
  child_id transaction;
};

/// Timer B, F or H fired, or the transport failed.
struct transaction_failed {
  using stays_local = void;
  child_id transaction;
  sip::end_cause why = sip::end_cause::no_response;
};

/// ACK of a 2xx: it has no transaction (RFC 3261 §17.1.1.3), so it comes straight to its dialog.
struct ack_received {
  using stays_local = void;
  sip::message_ptr message;
};

/// The user of a server transaction answers.
struct respond {
  using stays_local = void;
  std::uint16_t status = 0;
  wire_bytes bytes;
};

/// The user of an INVITE client transaction gives it up (RFC 3261 §9.1).
struct cancel {
  using stays_local = void;
  std::string reason; ///< a Reason header for the callee (RFC 3326), or empty
};

// ------------------------------------------------------------ leg and its dialogs

/// Our 2xx has left: retransmit it through `transaction` until the ACK comes (§13.3.1.4).
struct accepted {
  using stays_local = void;
  child_id transaction;
  wire_bytes response;
};

/// The peer's 2xx: the dialog is confirmed, or its ACK must be repeated (§13.2.2.4).
struct peer_accepted {
  using stays_local = void;
  sip::message_ptr response;
  bool hold_ack = false; ///< it offers: acknowledge_with follows
};

struct send_bye {
  using stays_local = void;
};

struct dialog_event {
  using stays_local = void;
  enum class kind : std::uint8_t {
    acknowledged,
    ack_timed_out,
    bye_received,
    bye_final,
    lost,        ///< a request of ours got 481, 408 or no answer (§12.2.1.2)
    expired,     ///< nobody refreshed the session (RFC 4028 §10)
    refresh_due, ///< offer the unchanged description
  };
  kind what;
  child_id dialog;
  sip::message_ptr ack = nullptr; ///< acknowledged: it may bring an answer
};

// ------------------------------------------------------------ changing an established session

/// The peer's re-INVITE or UPDATE, to be answered by answer_offer. Without a body it is a
/// re-INVITE that wants an offer of ours.
struct offer_received {
  using stays_local = void;
  child_id dialog;
  sip::message_ptr message;
};

/// It is not to be answered any more: CANCEL, BYE, or it took too long.
struct offer_withdrawn {
  using stays_local = void;
};

struct answer_offer {
  using stays_local = void;
  std::uint16_t status = 0;
  std::string reason;
  std::string description; ///< of a 2xx
};

/// Offer this to the peer, by UPDATE if it is wanted so and the peer takes it. An empty description
/// asks for an offer of his. offer_result follows.
struct send_offer {
  using stays_local = void;
  std::string description;
  bool by_update = false;
};

struct withdraw_offer {
  using stays_local = void;
};

/// The final answer to our offer; null when none came.
struct offer_result {
  using stays_local = void;
  std::uint16_t status = 0;
  sip::message_ptr message;
};

/// The ACK that was held may leave, with our answer in it.
struct acknowledge_with {
  using stays_local = void;
  std::string description;
};

// ------------------------------------------------------------ INFO and MESSAGE through the call

/// A request of the peer, for the other leg; `transaction` is where its answer is due.
struct relay_received {
  using stays_local = void;
  sip::message_ptr message;
  child_id transaction;
};

/// Send the like of this request to the peer. relay_result names `answer_to` again.
struct send_relay {
  using stays_local = void;
  sip::message_ptr message;
  child_id answer_to;
};

/// What the peer answered, or for want of an answer the status alone. Dialog to leg, and by way of
/// the application to the dialog where the request came in.
struct relay_result {
  using stays_local = void;
  std::uint16_t status = 0;
  sip::message_ptr message;
  child_id answer_to;
};

// ------------------------------------------------------------ leg and its media endpoint

/// The endpoint has its ports.
struct media_ready {
  using stays_local = void;
  media::slot slot;
};

struct media_failed {
  using stays_local = void;
  media::error why;
};

/// Exchange the media beside the audio with that leg, m= line by m= line.
struct join_streams {
  using stays_local = void;
  child_id with;
};

/// It answers by telling that leg its endpoints.
struct streams_to_join {
  using stays_local = void;
  std::vector<actors::section_endpoint> list;
};

/// Send to where the peer's description says.
struct media_remote {
  using stays_local = void;
  ip_endpoint rtp;
  ip_endpoint rtcp;
  media::direction allowed = media::direction::send_receive;
  std::uint32_t clock_rate_hz = 8000; ///< of the RTP timestamps
};

/// Connect with the endpoint that says this: in any case, or only if it is the first to say so. Of
/// several callees the first to get ports is the caller's until one is to be heard.
struct media_peer {
  using stays_local = void;
  enum class claim : std::uint8_t { in_any_case, if_first };
  media::slot_id slot;
  claim how = claim::in_any_case;
};

/// Say so to that endpoint: from now on the two exchange media.
struct media_join {
  using stays_local = void;
  child_id with;
};

struct media_echo {
  using stays_local = void;
};

/// An event of the media worker for this endpoint.
struct media_event {
  using stays_local = void;
  media::event what;
};

/// No RTP for the configured time.
struct media_silent {
  using stays_local = void;
  child_id endpoint;
};

// ------------------------------------------------------------ legs and the application

/// What happened on a leg; shapes are those of call_app.
struct leg_event {
  using stays_local = void;
  enum class kind : std::uint8_t {
    incoming,
    progress,
    answered,
    ended,
    offered,       ///< the peer's re-INVITE or UPDATE; without description it wants an offer
    withdrawn,     ///< it is gone
    offer_taken,   ///< our offer was accepted: `description` answers it, or is the peer's offer
    offer_refused, ///< with `status`
    late_answer,   ///< the ACK brought the answer to the offer in our 2xx
    relay,         ///< INFO or MESSAGE for the other leg
    relay_answer,
  };
  kind what;
  std::uint8_t leg = 0;
  std::uint16_t status = 0;
  std::string reason;
  sip::end_cause cause = sip::end_cause::bye;
  session_ptr description;           ///< the peer's, where the message carried one
  std::vector<std::string> contacts; ///< of a 3xx
  child_id endpoint;                 ///< the leg's media endpoint, once it has one
  bool by_update = false;            ///< offered
  relay_result passing{};            ///< relay, relay_answer
};

/// What the application wants of a leg.
struct leg_command {
  using stays_local = void;
  enum class kind : std::uint8_t {
    ring,
    answer,
    answer_echo,
    reject,
    hang_up,
    offer, ///< to the peer; without description: ask him for one
    withdraw,
    answer_offer, ///< the peer's, with `status` and the description
    late_answer,  ///< into the ACK that is held
    relay,        ///< a request
    relay_answer,
  };
  kind what;
  std::uint16_t status = 0;
  std::string reason;
  sip::end_cause cause = sip::end_cause::hung_up;
  session_ptr description;           ///< the other leg's, to be offered or answered here
  std::vector<std::string> contacts; ///< of a 3xx
  bool by_update = false;            ///< offer
  relay_result passing{};            ///< relay, relay_answer
};

/// A timer of the application.
struct app_timer {
  using stays_local = void;
  std::uint32_t number = 0;
};

using event =
    std::variant<begin, deadline_reached, resumed, reaffirm, sip_input, undeliverable,
                 request_received, response_received, transaction_failed, ack_received, respond,
                 cancel, accepted, peer_accepted, send_bye, dialog_event, media_ready, media_failed,
                 media_remote, media_peer, media_join, media_echo, media_event, media_silent,
                 join_streams, streams_to_join, leg_event, leg_command, offer_received,
                 offer_withdrawn, answer_offer, send_offer, withdraw_offer, offer_result,
                 acknowledge_with, relay_received, send_relay, relay_result>;

} // namespace tandem::msg
