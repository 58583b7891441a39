#pragma once

#include "actors/call/scope.hpp"
#include "actors/leg/leg_sdp.hpp"

#include <cstdint>

namespace tandem::actors {

/// What happens on a leg after its first offer and answer, the same for both directions of a leg:
/// re-INVITE and UPDATE either way, offers that come late (in a 2xx), INFO and MESSAGE (RFC 3261
/// §14, RFC 3311, RFC 6337). The dialog sees to who may speak when; this decides what is said:
/// an offer that changes nothing is answered here, any other by the leg that we are connected with.
class modification {
public:
  modification(const leg_change&, std::uint8_t leg, leg_sdp&, call_scope&);

  [[nodiscard]] const leg_change& record() const { return r_; }
  /// This dialog is the leg's from now on.
  void establish(child_id dialog) { r_.dialog = dialog; }
  /// The leg hears itself: no other leg is asked.
  void set_echo() { r_.echo = true; }
  /// Our 2xx carried the offer.
  void expect_late_answer() { r_.of_peer = leg_change::theirs::late_answer; }
  /// The 2xx to our INVITE carried the offer.
  void hold_ack() { r_.of_us = leg_change::ours::held_ack; }

  /// Whether the session can go on; if not, it has to be ended for bad_description.
  enum class verdict : std::uint8_t { fine, broken };

  // What the dialog says.
  void on_offer(const msg::offer_received&);
  void on_withdrawn();
  [[nodiscard]] verdict on_result(const msg::offer_result&);
  [[nodiscard]] verdict on_ack(const sip::message_ptr&);
  void on_refresh_due();
  void on_relay(const msg::relay_received&);
  void on_relay_result(const msg::relay_result&);

  /// What the application wants; nullopt if it is not about an established session.
  [[nodiscard]] std::optional<verdict> on_command(const msg::leg_command&);

private:
  void offer(const msg::leg_command&);
  void answer(const msg::leg_command&);
  [[nodiscard]] verdict answer_late(const msg::leg_command&);
  void withdraw();
  void answer_with(const std::optional<std::string>& description);
  void refuse(child_id dialog, std::uint16_t status, const char* reason = "");
  void report(msg::leg_event);

  leg_change r_;
  std::uint8_t leg_;
  leg_sdp& sdp_;
  call_scope& call_;
};

} // namespace tandem::actors
