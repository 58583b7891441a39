#pragma once

#include "actors/call/record/call_record.capnp.h"
#include "actors/call/snapshots.hpp"

#include <optional>

/// Our enumerators and those of the schema, one line each: a new one of ours does not compile until
/// it has its number in the schema. Each switch ends in `no_wire`, which is how `from_wire` knows
/// where ours end.
namespace tandem::actors {

template <class Wire>
constexpr auto no_wire = static_cast<Wire>(0xffff);

constexpr IpFamily to_wire(ip_family f) {
  switch (f) {
    case ip_family::v4: return IpFamily::V4;
    case ip_family::v6: return IpFamily::V6;
  }
  return no_wire<IpFamily>;
}

constexpr EndCause to_wire(sip::end_cause c) {
  switch (c) {
    case sip::end_cause::bye: return EndCause::BYE;
    case sip::end_cause::hung_up: return EndCause::HUNG_UP;
    case sip::end_cause::cancelled: return EndCause::CANCELLED;
    case sip::end_cause::rejected: return EndCause::REJECTED;
    case sip::end_cause::no_answer: return EndCause::NO_ANSWER;
    case sip::end_cause::no_response: return EndCause::NO_RESPONSE;
    case sip::end_cause::unreachable: return EndCause::UNREACHABLE;
    case sip::end_cause::ack_timeout: return EndCause::ACK_TIMEOUT;
    case sip::end_cause::rtp_timeout: return EndCause::RTP_TIMEOUT;
    case sip::end_cause::answered_elsewhere: return EndCause::ANSWERED_ELSEWHERE;
    case sip::end_cause::operator_request: return EndCause::OPERATOR_REQUEST;
    case sip::end_cause::failure: return EndCause::FAILURE;
    case sip::end_cause::session_expired: return EndCause::SESSION_EXPIRED;
    case sip::end_cause::dialog_gone: return EndCause::DIALOG_GONE;
    case sip::end_cause::bad_description: return EndCause::BAD_DESCRIPTION;
  }
  return no_wire<EndCause>;
}

constexpr Root::EndedBy to_wire(ended_by who) {
  switch (who) {
    case ended_by::calling_party: return Root::EndedBy::CALLING_PARTY;
    case ended_by::called_party: return Root::EndedBy::CALLED_PARTY;
    case ended_by::node: return Root::EndedBy::NODE;
    case ended_by::console: return Root::EndedBy::CONSOLE;
  }
  return no_wire<Root::EndedBy>;
}

constexpr Root::MediaPath to_wire(media_path p) {
  switch (p) {
    case media_path::anchored: return Root::MediaPath::ANCHORED;
    case media_path::direct: return Root::MediaPath::DIRECT;
  }
  return no_wire<Root::MediaPath>;
}

constexpr IncomingLeg::State to_wire(sip::incoming_leg::state s) {
  using enum sip::incoming_leg::state;
  switch (s) {
    case proceeding: return IncomingLeg::State::PROCEEDING;
    case accepted: return IncomingLeg::State::ACCEPTED;
    case established: return IncomingLeg::State::ESTABLISHED;
    case ending: return IncomingLeg::State::ENDING;
    case ended: return IncomingLeg::State::ENDED;
  }
  return no_wire<IncomingLeg::State>;
}

constexpr OutgoingLeg::State to_wire(sip::outgoing_leg::state s) {
  using enum sip::outgoing_leg::state;
  switch (s) {
    case calling: return OutgoingLeg::State::CALLING;
    case proceeding: return OutgoingLeg::State::PROCEEDING;
    case cancelling: return OutgoingLeg::State::CANCELLING;
    case established: return OutgoingLeg::State::ESTABLISHED;
    case ending: return OutgoingLeg::State::ENDING;
    case ended: return OutgoingLeg::State::ENDED;
  }
  return no_wire<OutgoingLeg::State>;
}

constexpr Negotiation::State to_wire(sdp::negotiation::state s) {
  using enum sdp::negotiation::state;
  switch (s) {
    case stable: return Negotiation::State::STABLE;
    case local_offer: return Negotiation::State::LOCAL_OFFER;
    case remote_offer: return Negotiation::State::REMOTE_OFFER;
  }
  return no_wire<Negotiation::State>;
}

constexpr Dialog::State to_wire(sip::dialog::state s) {
  using enum sip::dialog::state;
  switch (s) {
    case early: return Dialog::State::EARLY;
    case confirmed: return Dialog::State::CONFIRMED;
    case terminated: return Dialog::State::TERMINATED;
  }
  return no_wire<Dialog::State>;
}

constexpr Dialog::Role to_wire(sip::invite_usage::role r) {
  switch (r) {
    case sip::invite_usage::role::uas: return Dialog::Role::UAS;
    case sip::invite_usage::role::uac: return Dialog::Role::UAC;
  }
  return no_wire<Dialog::Role>;
}

constexpr Dialog::Usage to_wire(sip::invite_usage::state s) {
  using enum sip::invite_usage::state;
  switch (s) {
    case early: return Dialog::Usage::EARLY;
    case answered: return Dialog::Usage::ANSWERED;
    case established: return Dialog::Usage::ESTABLISHED;
    case leaving: return Dialog::Usage::LEAVING;
    case terminated: return Dialog::Usage::TERMINATED;
  }
  return no_wire<Dialog::Usage>;
}

constexpr Dialog::ExchangeRole to_wire(sip::session_exchange::role r) {
  switch (r) {
    case sip::session_exchange::role::uas: return Dialog::ExchangeRole::UAS;
    case sip::session_exchange::role::uac: return Dialog::ExchangeRole::UAC;
  }
  return no_wire<Dialog::ExchangeRole>;
}

constexpr Dialog::Ours to_wire(sip::session_exchange::ours o) {
  switch (o) {
    case sip::session_exchange::ours::none: return Dialog::Ours::NONE;
    case sip::session_exchange::ours::waiting: return Dialog::Ours::WAITING;
    case sip::session_exchange::ours::invite: return Dialog::Ours::INVITE;
    case sip::session_exchange::ours::update: return Dialog::Ours::UPDATE;
  }
  return no_wire<Dialog::Ours>;
}

constexpr Dialog::Theirs to_wire(sip::session_exchange::theirs t) {
  switch (t) {
    case sip::session_exchange::theirs::none: return Dialog::Theirs::NONE;
    case sip::session_exchange::theirs::invite: return Dialog::Theirs::INVITE;
    case sip::session_exchange::theirs::answered: return Dialog::Theirs::ANSWERED;
    case sip::session_exchange::theirs::update: return Dialog::Theirs::UPDATE;
  }
  return no_wire<Dialog::Theirs>;
}

constexpr Dialog::Refresher to_wire(sip::session_timer::refresher r) {
  switch (r) {
    case sip::session_timer::refresher::nobody: return Dialog::Refresher::NOBODY;
    case sip::session_timer::refresher::us: return Dialog::Refresher::US;
    case sip::session_timer::refresher::peer: return Dialog::Refresher::PEER;
  }
  return no_wire<Dialog::Refresher>;
}

constexpr Change::Theirs to_wire(leg_change::theirs t) {
  switch (t) {
    case leg_change::theirs::none: return Change::Theirs::NONE;
    case leg_change::theirs::offer: return Change::Theirs::OFFER;
    case leg_change::theirs::request: return Change::Theirs::REQUEST;
    case leg_change::theirs::late_answer: return Change::Theirs::LATE_ANSWER;
  }
  return no_wire<Change::Theirs>;
}

constexpr Change::Ours to_wire(leg_change::ours o) {
  switch (o) {
    case leg_change::ours::none: return Change::Ours::NONE;
    case leg_change::ours::offer: return Change::Ours::OFFER;
    case leg_change::ours::refresh: return Change::Ours::REFRESH;
    case leg_change::ours::request: return Change::Ours::REQUEST;
    case leg_change::ours::held_ack: return Change::Ours::HELD_ACK;
  }
  return no_wire<Change::Ours>;
}

constexpr Method to_wire(sip::method m) {
  switch (m) {
    case sip::method::invite: return Method::INVITE;
    case sip::method::ack: return Method::ACK;
    case sip::method::bye: return Method::BYE;
    case sip::method::cancel: return Method::CANCEL;
    case sip::method::options: return Method::OPTIONS;
    case sip::method::register_: return Method::REGISTER;
    case sip::method::prack: return Method::PRACK;
    case sip::method::subscribe: return Method::SUBSCRIBE;
    case sip::method::notify: return Method::NOTIFY;
    case sip::method::publish: return Method::PUBLISH;
    case sip::method::info: return Method::INFO;
    case sip::method::refer: return Method::REFER;
    case sip::method::message: return Method::MESSAGE;
    case sip::method::update: return Method::UPDATE;
    case sip::method::unknown: return Method::UNKNOWN;
  }
  return no_wire<Method>;
}

constexpr Transaction::Role to_wire(transaction_match::role r) {
  switch (r) {
    case transaction_match::role::client: return Transaction::Role::CLIENT;
    case transaction_match::role::server: return Transaction::Role::SERVER;
  }
  return no_wire<Transaction::Role>;
}

constexpr Transaction::Carrier to_wire(sip::transport_kind k) {
  switch (k) {
    case sip::transport_kind::unreliable: return Transaction::Carrier::UNRELIABLE;
    case sip::transport_kind::reliable: return Transaction::Carrier::RELIABLE;
  }
  return no_wire<Transaction::Carrier>;
}

constexpr Transaction::InviteServerState to_wire(sip::invite_server_transaction::state s) {
  using enum sip::invite_server_transaction::state;
  using wire = Transaction::InviteServerState;
  switch (s) {
    case proceeding: return wire::PROCEEDING;
    case accepted: return wire::ACCEPTED;
    case completed: return wire::COMPLETED;
    case confirmed: return wire::CONFIRMED;
    case terminated: return wire::TERMINATED;
  }
  return no_wire<wire>;
}

constexpr Transaction::InviteClientState to_wire(sip::invite_client_transaction::state s) {
  using enum sip::invite_client_transaction::state;
  using wire = Transaction::InviteClientState;
  switch (s) {
    case calling: return wire::CALLING;
    case proceeding: return wire::PROCEEDING;
    case accepted: return wire::ACCEPTED;
    case completed: return wire::COMPLETED;
    case terminated: return wire::TERMINATED;
  }
  return no_wire<wire>;
}

constexpr Transaction::NonInviteState to_wire(sip::non_invite_server_transaction::state s) {
  using enum sip::non_invite_server_transaction::state;
  using wire = Transaction::NonInviteState;
  switch (s) {
    case trying: return wire::TRYING;
    case proceeding: return wire::PROCEEDING;
    case completed: return wire::COMPLETED;
    case terminated: return wire::TERMINATED;
  }
  return no_wire<wire>;
}

constexpr Transaction::NonInviteState to_wire(sip::non_invite_client_transaction::state s) {
  using enum sip::non_invite_client_transaction::state;
  using wire = Transaction::NonInviteState;
  switch (s) {
    case trying: return wire::TRYING;
    case proceeding: return wire::PROCEEDING;
    case completed: return wire::COMPLETED;
    case terminated: return wire::TERMINATED;
  }
  return no_wire<wire>;
}

constexpr MediaEndpoint::Direction to_wire(media::direction d) {
  switch (d) {
    case media::direction::send_receive: return MediaEndpoint::Direction::SEND_RECEIVE;
    case media::direction::send_only: return MediaEndpoint::Direction::SEND_ONLY;
    case media::direction::receive_only: return MediaEndpoint::Direction::RECEIVE_ONLY;
    case media::direction::inactive: return MediaEndpoint::Direction::INACTIVE;
  }
  return no_wire<MediaEndpoint::Direction>;
}

/// nullopt: a number that none of ours has. Ours count from 0 without a gap.
template <class Native, class Wire>
[[nodiscard]] constexpr std::optional<Native> from_wire(Wire wanted) {
  for (std::uint8_t n = 0;; ++n) {
    const auto candidate = static_cast<Native>(n);
    const auto wire = to_wire(candidate);
    if (wire == no_wire<Wire>)
      return std::nullopt;
    if (wire == wanted)
      return candidate;
  }
}

} // namespace tandem::actors
