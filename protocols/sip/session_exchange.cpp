#include "protocols/sip/session_exchange.hpp"

#include "protocols/sip/limits.hpp"
#include "runtime/base/check.hpp"

#include <algorithm>

namespace tandem::sip {

using namespace std::chrono_literals;
using enum exchange_action;

namespace {

/// §14.1: whoever made the Call-ID waits longer, so that the two do not meet again.
duration back_off(session_exchange::role who, std::uint32_t draw) {
  return who == session_exchange::role::uac ? 10ms * (210 + draw % 191) : 10ms * (draw % 201);
}

} // namespace

session_exchange::session_exchange(role who, const timer_values& t)
  : role_(who), t_(t), ours_(who == role::uac ? ours::invite : ours::none),
    theirs_(who == role::uas ? theirs::invite : theirs::none) {
}

session_exchange::session_exchange(const snapshot& s, const timer_values& t, time_point now)
  : role_(s.who), t_(t), timers_(timer_table<timer>::restored(s.timers, now)), ours_(s.of_us),
    theirs_(s.of_peer), attempts_(s.attempts) {
}

auto session_exchange::snapshot_at(time_point now) const -> snapshot {
  return {role_, ours_, theirs_, attempts_, timers_.remaining_at(now)};
}

auto session_exchange::on_invite() -> verdict {
  if (theirs_ == theirs::invite || theirs_ == theirs::update)
    return verdict::busy; // §14.2: the one before has no final response
  if (ours_ != ours::none || theirs_ == theirs::answered)
    return verdict::pending;
  theirs_ = theirs::invite;
  return verdict::accepted;
}

auto session_exchange::on_update(time_point now) -> verdict {
  if (theirs_ == theirs::invite || theirs_ == theirs::update)
    return verdict::busy; // RFC 3311 §5.2: an offer, or an UPDATE, that we have not answered
  if (ours_ != ours::none || theirs_ == theirs::answered)
    return verdict::pending; // RFC 3311 §5.2: an offer of ours is not answered
  theirs_ = theirs::update;
  timers_.start(timer::prompt, now + 32 * t_.t1);
  return verdict::accepted;
}

actions<exchange_action> session_exchange::on_answered(std::uint16_t status) {
  TANDEM_CHECK(status >= 200);
  timers_.stop(timer::prompt);
  const bool accepted = status < 300 && theirs_ == theirs::invite;
  theirs_ = accepted ? theirs::answered : theirs::none;
  return send_if_free();
}

actions<exchange_action> session_exchange::on_ack() {
  if (theirs_ != theirs::answered)
    return {};
  theirs_ = theirs::none;
  return send_if_free();
}

actions<exchange_action> session_exchange::on_wanted() {
  TANDEM_CHECK(may_want());
  ours_ = ours::waiting;
  attempts_ = 0;
  return send_if_free();
}

void session_exchange::on_sent(method how) {
  TANDEM_CHECK(ours_ == ours::waiting);
  ours_ = how == method::invite ? ours::invite : ours::update;
  ++attempts_;
}

bool session_exchange::on_withdrawn() {
  if (ours_ != ours::waiting)
    return false;
  ours_ = ours::none;
  timers_.stop(timer::retry);
  return true;
}

auto session_exchange::on_refused(std::uint16_t status,
                                  std::optional<std::chrono::seconds> retry_after,
                                  std::uint32_t draw, time_point now) -> outcome {
  TANDEM_CHECK(status >= 300);
  std::optional<duration> wait;
  if (status == 491)
    wait = back_off(role_, draw);
  else if (status == 500 && retry_after) // §14.2, RFC 3311 §5.2: they are busy with ours before
    wait = std::min<duration>(*retry_after, longest_retry_after);
  if (!wait || attempts_ >= max_offer_attempts) {
    ours_ = ours::none;
    return outcome::over;
  }
  ours_ = ours::waiting;
  timers_.start(timer::retry, now + *wait);
  return outcome::later;
}

void session_exchange::on_concluded() {
  ours_ = ours::none;
}

actions<exchange_action> session_exchange::on_deadline(time_point now) {
  actions<exchange_action> out;
  while (const auto expired = timers_.pop_expired(now)) {
    if (*expired == timer::prompt)
      out.push_back(answer_504);
    else
      for (const auto a : send_if_free())
        out.push_back(a);
  }
  return out;
}

/// §14.1: no INVITE while another is under way in either direction.
actions<exchange_action> session_exchange::send_if_free() const {
  if (ours_ != ours::waiting || theirs_ != theirs::none || timers_.is_running(timer::retry))
    return {};
  return {send_offer};
}

std::string_view state_name(const session_exchange::state& s) {
  using ours = session_exchange::ours;
  using theirs = session_exchange::theirs;
  switch (s.of_us) {
    case ours::none: break;
    case ours::waiting: return "waiting to offer";
    case ours::invite: return "offering by INVITE";
    case ours::update: return "offering by UPDATE";
  }
  switch (s.of_peer) {
    case theirs::none: return "";
    case theirs::invite: return "offered by INVITE";
    case theirs::answered: return "waiting for ACK";
    case theirs::update: return "offered by UPDATE";
  }
  return "";
}

} // namespace tandem::sip
