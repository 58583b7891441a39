#include "protocols/sdp/negotiation.hpp"

#include "runtime/base/check.hpp"

#include <algorithm>
#include <utility>

namespace tandem::sdp {

namespace {

using errc = negotiation_errc;

/// RFC 3264 §6: the n-th m= line of the answer answers the n-th of the offer.
std::optional<errc> mismatch(const session& offer, const session& answer) {
  if (answer.media.size() != offer.media.size())
    return errc::media_count_differs;
  for (std::size_t i = 0; i < offer.media.size(); ++i) {
    const auto& o = offer.media[i];
    const auto& a = answer.media[i];
    // A refusal in other words is still a refusal.
    if (o.port != 0 && a.port != 0 && (a.kind != o.kind || a.proto != o.proto))
      return errc::media_kind_differs;
  }
  return std::nullopt;
}

/// A matching answer as it takes effect: what was offered with port 0 stays at port 0, whatever the
/// other side says. Nearly always that is how it came.
void take_effect(const session& offer, session& answer) {
  for (std::size_t i = 0; i < offer.media.size(); ++i)
    if (offer.media[i].port == 0)
      answer.media[i].port = 0;
}

shared_session in_effect(const session& offer, shared_session answer) {
  auto effective = *answer;
  take_effect(offer, effective);
  return answer == effective ? answer : shared_session{std::move(effective)};
}

bool is_live(const shared_session& s, std::size_t index) {
  return s && index < s->media.size() && s->media[index].port != 0;
}

} // namespace

std::string_view to_string(negotiation_errc e) {
  switch (e) {
    case errc::local_offer_pending: return "our offer is not answered yet";
    case errc::remote_offer_pending: return "their offer is not answered yet";
    case errc::no_offer_to_answer: return "there is no offer to answer";
    case errc::too_few_media: return "an offer may not drop m= lines";
    case errc::media_count_differs:
      return "the answer has another number of m= lines than the offer";
    case errc::media_kind_differs:
      return "an m= line of the answer is of another kind than offered";
  }
  return "unknown";
}

negotiation::negotiation(const origin& ours) : origin_{ours} {
}

negotiation::negotiation(const snapshot& s, std::optional<std::uint64_t> version_mark)
  : origin_{s.ours}, next_version_at_least_{s.next_version_at_least}, state_{s.current},
    local_{s.local}, remote_{s.remote}, pending_{s.pending}, unagreed_{s.unagreed} {
  TANDEM_CHECK(pending_.has_value() == (state_ != state::stable));
  if (version_mark && *version_mark >= origin_.version)
    next_version_at_least_ = std::max(next_version_at_least_, *version_mark + 1);
}

auto negotiation::take_snapshot() const -> snapshot {
  return {origin_, next_version_at_least_, state_, local_, remote_, pending_, unagreed_};
}

auto negotiation::set_local_offer(session description) -> result {
  if (const auto wrong = refuses_offer(description))
    return tl::unexpected{*wrong};
  pending_ = stamp(std::move(description));
  state_ = state::local_offer;
  return pending_;
}

auto negotiation::set_remote_offer(shared_session description) -> result {
  if (const auto wrong = refuses_offer(*description))
    return tl::unexpected{*wrong};
  pending_ = std::move(description);
  state_ = state::remote_offer;
  return pending_;
}

auto negotiation::preview_local_answer(session description) -> result {
  if (state_ != state::remote_offer)
    return tl::unexpected{errc::no_offer_to_answer};
  if (const auto wrong = mismatch(*pending_, description))
    return tl::unexpected{*wrong};
  take_effect(*pending_, description);
  description.timing = pending_->timing; // RFC 3264 §6: t= equals that of the offer
  unagreed_ = stamp(std::move(description));
  return unagreed_;
}

auto negotiation::set_local_answer(session description) -> result {
  auto answer = preview_local_answer(std::move(description));
  if (answer)
    conclude(*answer, std::exchange(pending_, {}));
  return answer;
}

auto negotiation::preview_remote_answer(shared_session description) const -> result {
  if (state_ != state::local_offer)
    return tl::unexpected{errc::no_offer_to_answer};
  if (const auto wrong = mismatch(*pending_, *description))
    return tl::unexpected{*wrong};
  return in_effect(*pending_, std::move(description));
}

auto negotiation::set_remote_answer(shared_session description) -> result {
  auto answer = preview_remote_answer(std::move(description));
  if (answer)
    conclude(std::exchange(pending_, {}), *answer);
  return answer;
}

void negotiation::rollback() {
  // RFC 3264 §8: the session is as before the offer; but its version was used and stays used.
  if (state_ == state::local_offer)
    unagreed_ = pending_;
  pending_.reset();
  state_ = state::stable;
}

bool negotiation::is_agreed(std::size_t index) const {
  return is_live(local_, index) && is_live(remote_, index);
}

direction negotiation::agreed_direction(std::size_t index) const {
  if (!is_agreed(index))
    return direction::inactive;
  const auto ours = direction_of(*local_, local_->media[index]);
  const auto theirs = direction_of(*remote_, remote_->media[index]);
  return make_direction(sends(ours) && !is_held(*remote_, index),
                        receives(ours) && sends(theirs) && !is_held(*local_, index));
}

bool negotiation::held_by_remote(std::size_t index) const {
  return remote_ && is_held(*remote_, index);
}

bool negotiation::held_by_local(std::size_t index) const {
  return local_ && is_held(*local_, index);
}

std::optional<negotiation_errc> negotiation::refuses_offer(const session& offer) const {
  if (state_ == state::local_offer)
    return errc::local_offer_pending;
  if (state_ == state::remote_offer)
    return errc::remote_offer_pending;
  if (local_ && offer.media.size() < local_->media.size()) // RFC 3264 §8
    return errc::too_few_media;
  return std::nullopt;
}

/// Gives `description` our o= line: RFC 3264 §8 for the version.
session negotiation::stamp(session description) {
  const auto& before = unagreed_ ? unagreed_ : local_; // the description that left us last
  description.origin = origin_;
  if (next_version_at_least_ > origin_.version)
    origin_.version = next_version_at_least_;
  else if (before && description != *before)
    ++origin_.version;
  next_version_at_least_ = 0;
  description.origin.version = origin_.version;
  return description;
}

void negotiation::conclude(shared_session local, shared_session remote) {
  local_ = std::move(local);
  remote_ = std::move(remote);
  unagreed_.reset();
  state_ = state::stable;
}

} // namespace tandem::sdp
