#pragma once

#include "actors/call/scope.hpp"
#include "actors/leg/leg_sdp.hpp"
#include "actors/leg/modification.hpp"
#include "protocols/sip/outgoing_leg.hpp"

#include <caf/behavior.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace tandem::actors {

/// A leg that we opened: hosts sip::outgoing_leg, builds the INVITE and tells the dialogs that its
/// answers make apart.
class outgoing_leg {
public:
  static constexpr auto kind = child_kind::leg;

  outgoing_leg(const outgoing_leg_record&, call_scope&);

  caf::behavior make_behavior();
  [[nodiscard]] std::optional<time_point> next_deadline() const { return machine_.next_deadline(); }
  [[nodiscard]] child_record record_at(time_point) const;
  [[nodiscard]] const char* state() const;
  void on_removed() {}

private:
  /// What the actions speak of: the response, and what it described.
  struct answer_context {
    sip::message_ptr response;
    child_id dialog;
    session_ptr description;
  };

  void begin();
  void send_invite();
  void invite(const std::string& description);
  void invite_again();
  void on_response(const msg::response_received&);
  void on_provisional(const sip::message_ptr&);
  void on_success(const sip::message_ptr&);
  void on_failure(const sip::message_ptr&);
  void on_dialog(const msg::dialog_event&);
  [[nodiscard]] child_id dialog_for(const sip::message&);
  void perform(const sip::outgoing_leg::actions&, const answer_context& = {});
  void report(msg::leg_event);
  void give_up();
  /// Ends the session if it is broken.
  void check(modification::verdict);
  void on_command(const msg::leg_command&);
  void settle();

  outgoing_leg_record r_;
  call_scope& call_;
  sip::outgoing_leg machine_;
  leg_sdp sdp_;
  modification change_;
};

} // namespace tandem::actors
