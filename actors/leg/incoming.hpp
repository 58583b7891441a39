#pragma once

#include "actors/call/scope.hpp"
#include "actors/leg/leg_sdp.hpp"
#include "actors/leg/modification.hpp"
#include "protocols/sip/incoming_leg.hpp"

#include <caf/behavior.hpp>

#include <optional>
#include <string>

namespace tandem::actors {

/// The leg on which a call came in: hosts sip::incoming_leg, builds its responses.
class incoming_leg {
public:
  static constexpr auto kind = child_kind::leg;

  incoming_leg(const incoming_leg_record&, call_scope&);

  caf::behavior make_behavior();
  [[nodiscard]] std::optional<time_point> next_deadline() const { return std::nullopt; }
  [[nodiscard]] child_record record_at(time_point) const;
  [[nodiscard]] const char* state() const;
  void on_removed() {}

private:
  void on_request(const msg::request_received&);
  void on_invite(const msg::request_received&);
  void report_incoming();
  void on_command(const msg::leg_command&);
  void on_dialog(const msg::dialog_event&);
  /// What the application wants, while the actions that it leads to are carried out.
  void perform(const sip::incoming_leg::actions&, const msg::leg_command& wanted = {});
  void answer(const msg::leg_command&);
  [[nodiscard]] std::optional<std::string> description_of_answer(const msg::leg_command&);
  void on_ack(const sip::message_ptr&);
  void add_session_timer(sip::message_writer&) const;
  /// A response to the INVITE.
  void respond(std::uint16_t status, const msg::leg_command&, const std::string* sdp = nullptr);
  void refuse(std::uint16_t status, std::string_view reason = {});
  void report_ended();
  /// Ends the session if it is broken.
  void check(modification::verdict);
  void settle();

  incoming_leg_record r_;
  call_scope& call_;
  sip::incoming_leg machine_;
  leg_sdp sdp_;
  modification change_;
};

/// A fresh one for this INVITE.
[[nodiscard]] incoming_leg_record incoming_leg_for(const call_scope&, const msg::sip_input&);

} // namespace tandem::actors
