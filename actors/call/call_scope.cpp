// What children ask for while they run: gathered as effects of the input.
#include "actors/call/call.hpp"
#include "actors/call/limits.hpp"
#include "actors/call/trunk_login.hpp"
#include "runtime/base/check.hpp"
#include "runtime/telemetry/event_log.hpp"

#include <algorithm>

namespace tandem::actors {

void call::tell(child_id to, msg::event what) {
  effects_.visits.push_back({to, std::move(what)});
}

child_id call::spawn(child_id parent, std::string name, child_record fresh) {
  TANDEM_CHECK(slots_.size() < limits::children_per_call);
  const child_id id{next_child_++};
  const auto asking = running_;
  open(id, parent, std::move(name), fresh);
  running_ = asking;
  effects_.durable = true;
  return id;
}

bool call::is_crowded() const {
  return slots_.size() >= limits::children_by_wire;
}

void call::send(outgoing what) {
  effects_.durable = true;
  send_again(std::move(what));
}

void call::send_again(outgoing what) {
  effects_.wire.push_back({std::move(what), leg_name(running_)});
}

void call::command(media::command what) {
  effects_.durable = true;
  effects_.media.push_back(what);
}

tl::expected<media::slot, media::error> call::allocate(ip_family family) {
  auto taken = services_.media.allocate(family, key_);
  if (taken)
    effects_.allocated.push_back(taken->id);
  return taken;
}

std::optional<media::slot_statistics> call::statistics(media::slot_id id) const {
  return services_.media.statistics(id);
}

bool call::answer_challenge(sip::digest_client& client, const sip::message& response,
                            const ip_endpoint& peer, const sip::challenged_request& request) {
  if (response.status().value() != 401 && response.status().value() != 407)
    return false; // else each answer would use up a number
  return answer_trunk(services_, client, response, peer, request, key_, next_branch());
}

void call::note_answer(std::uint8_t leg) {
  if (leg != caller.value && !account_.callee)
    account_.callee = leg;
  if (leg != caller.value || answered_)
    return;
  services_.counters.call_answered();
  answered_ = now();
  pending_ = nullptr;
  account_.answered = services_.time.wall();
}

/// The first leg to end says why the call ended; the others follow it. A leg that never answered
/// says so only if the caller was refused on its account: of several that rang one may have
/// answered, and the caller may have given up.
void call::note_cause(std::uint8_t leg, sip::end_cause cause) {
  if (leg != caller.value && account_.callee != leg)
    return note_refusal(cause);
  if (account_.cause)
    return;
  const bool follows = cause == sip::end_cause::rejected || cause == sip::end_cause::hung_up;
  const bool refused = leg == caller.value && follows && account_.refusal;
  account_.cause = refused ? *account_.refusal : cause;
  account_.by = refused ? by_whom(1, *account_.refusal) : by_whom(leg, cause);
}

/// A refusal says more than a silence, and that more than the CANCEL of those still ringing then.
void call::note_refusal(sip::end_cause cause) {
  const auto said = [](std::optional<sip::end_cause> c) {
    if (!c || c == sip::end_cause::hung_up || c == sip::end_cause::answered_elsewhere)
      return 0;
    return c == sip::end_cause::rejected ? 2 : 1;
  };
  if (said(cause) > said(account_.refusal))
    account_.refusal = cause;
}

void call::note_end(std::uint8_t leg, sip::end_cause cause, std::uint16_t status) {
  const auto slot = std::ranges::find(slots_, running_, &child_slot::id);
  TANDEM_CHECK(slot != slots_.end() && legs_alive_ > 0);
  slot->settled = true;
  --legs_alive_;
  effects_.durable = true;
  note_cause(leg, cause);
  if (leg == caller.value) {
    account_.status = status;
    pending_ = nullptr;
  }
}

ended_by call::by_whom(std::uint8_t leg, sip::end_cause cause) {
  switch (cause) {
    case sip::end_cause::bye:
    case sip::end_cause::cancelled:
      return leg == caller.value ? ended_by::calling_party : ended_by::called_party;
    case sip::end_cause::rejected:
      return leg == caller.value ? ended_by::node : ended_by::called_party;
    case sip::end_cause::operator_request: return ended_by::console;
    case sip::end_cause::hung_up:
    case sip::end_cause::no_answer:
    case sip::end_cause::no_response:
    case sip::end_cause::unreachable:
    case sip::end_cause::ack_timeout:
    case sip::end_cause::rtp_timeout:
    case sip::end_cause::answered_elsewhere:
    case sip::end_cause::session_expired:
    case sip::end_cause::dialog_gone:
    case sip::end_cause::bad_description:
    case sip::end_cause::failure: break;
  }
  return ended_by::node;
}

void call::note_media(child_id leg, const media::slot_statistics& s) {
  const auto& name = leg_name(leg);
  const auto row = std::ranges::find(detail_.legs, name, &leg_detail::name);
  if (row == detail_.legs.end())
    return;
  row->packets_in += s.rtp_packets_received; // of audio and video
  row->packets_out += s.rtp_packets_sent;
  row->lost += s.rtp_packets_lost;
}

} // namespace tandem::actors
