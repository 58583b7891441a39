#include "actors/leg/modification.hpp"

#include <utility>

namespace tandem::actors {

using event_kind = msg::leg_event::kind;
using command_kind = msg::leg_command::kind;
using ours = leg_change::ours;
using theirs = leg_change::theirs;

modification::modification(const leg_change& r, std::uint8_t leg, leg_sdp& sdp, call_scope& call)
  : r_(r), leg_(leg), sdp_(sdp), call_(call) {
}

// -- the peer offers -----------------------------------------------------------------------------

void modification::on_offer(const msg::offer_received& m) {
  if (m.dialog != r_.dialog)
    return refuse(m.dialog, 488); // of a forked answer that is being released
  auto offer = leg_sdp::read(*m.message);
  if (!offer)
    return refuse(m.dialog, offer.error(), offer.error() == 400 ? "Bad Session Description" : "");
  const bool by_update = m.message->get_method() == sip::method::update;
  if (!*offer) { // §14.2: an INVITE without offer wants one
    r_.of_peer = theirs::request;
    if (r_.echo)
      return answer_with(sdp_.own_offer());
    return report({.what = event_kind::offered});
  }
  const bool unchanged = sdp_.is_unchanged(**offer); // RFC 3264 §8, RFC 4028 §7.4
  if (!sdp_.take_offer(*offer)) {
    sdp_.rollback();
    return refuse(m.dialog, 488);
  }
  r_.of_peer = theirs::offer;
  if (unchanged)
    return answer_with(sdp_.same_answer());
  if (r_.echo)
    return answer_with(sdp_.echo_answer());
  report({.what = event_kind::offered, .description = *offer, .by_update = by_update});
}

void modification::on_withdrawn() {
  if (std::exchange(r_.of_peer, theirs::none) == theirs::offer)
    sdp_.rollback();
  report({.what = event_kind::withdrawn});
}

void modification::answer(const msg::leg_command& c) {
  if (r_.of_peer != theirs::offer && r_.of_peer != theirs::request)
    return; // withdrawn meanwhile
  if (c.status >= 300 || !c.description) {
    if (std::exchange(r_.of_peer, theirs::none) == theirs::offer)
      sdp_.rollback();
    return refuse(r_.dialog, c.status >= 300 ? c.status : std::uint16_t{488});
  }
  answer_with(r_.of_peer == theirs::offer ? sdp_.answer(*c.description, leg_sdp::stage::final)
                                          : sdp_.offer(*c.description));
}

void modification::answer_with(const std::optional<std::string>& description) {
  const bool offered = std::exchange(r_.of_peer, theirs::none) == theirs::offer;
  if (!description) {
    if (offered)
      sdp_.rollback();
    return refuse(r_.dialog, 488);
  }
  if (!offered)
    expect_late_answer();
  call_.tell(r_.dialog, msg::answer_offer{200, "", *description});
}

void modification::refuse(child_id dialog, std::uint16_t status, const char* reason) {
  call_.tell(dialog, msg::answer_offer{status, reason, ""});
}

auto modification::on_ack(const sip::message_ptr& ack) -> verdict {
  if (r_.of_peer != theirs::late_answer || !ack)
    return verdict::fine;
  r_.of_peer = theirs::none;
  const auto body = leg_sdp::read(*ack); // §13.2.1: the ACK must answer the offer of the 2xx
  if (!body || !*body || !sdp_.take_answer(*body, leg_sdp::stage::final))
    return verdict::broken;
  report({.what = event_kind::late_answer, .description = *body});
  return verdict::fine;
}

// -- we offer ------------------------------------------------------------------------------------

void modification::offer(const msg::leg_command& c) {
  if (r_.of_us != ours::none || r_.of_peer != theirs::none)
    return report({.what = event_kind::offer_refused, .status = 491});
  if (!c.description) {
    r_.of_us = ours::request;
    return call_.tell(r_.dialog, msg::send_offer{});
  }
  const auto text = sdp_.offer(*c.description);
  if (!text)
    return report({.what = event_kind::offer_refused, .status = 488});
  r_.of_us = ours::offer;
  call_.tell(r_.dialog, msg::send_offer{*text, c.by_update});
}

void modification::on_refresh_due() {
  if (r_.of_us != ours::none || r_.of_peer != theirs::none)
    return; // what is under way refreshes as well
  const auto text = sdp_.own_offer();
  if (!text)
    return;
  r_.of_us = ours::refresh;
  call_.tell(r_.dialog, msg::send_offer{*text});
}

void modification::withdraw() {
  if (r_.of_us == ours::offer || r_.of_us == ours::request)
    call_.tell(r_.dialog, msg::withdraw_offer{});
}

auto modification::on_result(const msg::offer_result& m) -> verdict {
  const auto what = std::exchange(r_.of_us, ours::none);
  if (m.status >= 300 || !m.message) {
    if (what == ours::offer || what == ours::refresh)
      sdp_.rollback();
    if (what == ours::offer || what == ours::request)
      report({.what = event_kind::offer_refused, .status = m.status});
    return verdict::fine;
  }
  const auto body = leg_sdp::read(*m.message);
  if (!body || !*body)
    return verdict::broken;
  if (what == ours::request) {
    if (!sdp_.take_offer(*body))
      return verdict::broken;
    hold_ack();
  } else if (!sdp_.take_answer(*body, leg_sdp::stage::final)) {
    return verdict::broken;
  }
  if (what != ours::refresh)
    report({.what = event_kind::offer_taken, .description = *body});
  return verdict::fine;
}

auto modification::answer_late(const msg::leg_command& c) -> verdict {
  if (r_.of_us != ours::held_ack)
    return verdict::fine;
  r_.of_us = ours::none;
  const auto text =
      c.description ? sdp_.answer(*c.description, leg_sdp::stage::final) : std::nullopt;
  if (!text)
    return verdict::broken; // the BYE lets the ACK go first
  call_.tell(r_.dialog, msg::acknowledge_with{*text});
  return verdict::fine;
}

// -- INFO and MESSAGE ----------------------------------------------------------------------------

void modification::on_relay(const msg::relay_received& m) {
  report({.what = event_kind::relay, .passing = {0, m.message, m.transaction}});
}

void modification::on_relay_result(const msg::relay_result& m) {
  report({.what = event_kind::relay_answer, .passing = m});
}

// -- the application -----------------------------------------------------------------------------

auto modification::on_command(const msg::leg_command& c) -> std::optional<verdict> {
  switch (c.what) {
    case command_kind::offer: offer(c); return verdict::fine;
    case command_kind::withdraw: withdraw(); return verdict::fine;
    case command_kind::answer_offer: answer(c); return verdict::fine;
    case command_kind::late_answer: return answer_late(c);
    case command_kind::relay:
      call_.tell(r_.dialog, msg::send_relay{c.passing.message, c.passing.answer_to});
      return verdict::fine;
    case command_kind::relay_answer: call_.tell(r_.dialog, c.passing); return verdict::fine;
    case command_kind::ring:
    case command_kind::answer:
    case command_kind::answer_echo:
    case command_kind::reject:
    case command_kind::hang_up: break;
  }
  return std::nullopt;
}

void modification::report(msg::leg_event e) {
  e.leg = leg_;
  call_.tell(app_child, std::move(e));
}

} // namespace tandem::actors
