#pragma once

#include "actors/call/scope.hpp"
#include "protocols/sip/dialog.hpp"
#include "protocols/sip/invite_usage.hpp"
#include "protocols/sip/name_addr.hpp"
#include "protocols/sip/session_exchange.hpp"
#include "protocols/sip/session_timer.hpp"
#include "protocols/sip/writer.hpp"

#include <caf/behavior.hpp>

#include <optional>
#include <string_view>

namespace tandem::actors {

/// Hosts a dialog and its INVITE usage: orders requests by CSeq, makes the 2xx reliable, sends ACK
/// and BYE, sees to whose offer goes first (session_exchange) and that the session is alive
/// (session_timer), and answers what comes inside the dialog. What a session is for is the leg's
/// business.
class dialog {
public:
  static constexpr auto kind = child_kind::dialog;

  dialog(const dialog_record&, call_scope&);

  caf::behavior make_behavior();
  [[nodiscard]] std::optional<time_point> next_deadline() const;
  [[nodiscard]] child_record record_at(time_point) const;
  [[nodiscard]] const char* state() const;
  void on_removed() {}

private:
  // dialog.cpp: requests in order, 2xx and ACK, BYE
  void on_request(const msg::request_received&);
  void on_response(const msg::response_received&);
  void on_transaction_failed(const msg::transaction_failed&);
  void on_bye(const msg::request_received&);
  void on_cancel(const msg::request_received&);
  void on_accepted(const msg::accepted&);
  void on_peer_accepted(const msg::peer_accepted&);
  void on_send_bye();
  void on_bye_final();
  [[nodiscard]] bool bye_again(const sip::message& response);
  /// §22.2: true if the request may be sent again, with this login.
  [[nodiscard]] bool answer_challenge(sip::digest_client::snapshot& login, sip::method,
                                      const sip::message& response);
  void on_ack(const sip::message_ptr&);
  void on_reaffirm();
  void on_deadline();
  void perform(const actions<sip::usage_action>&, const sip::message_ptr& ack = nullptr);
  void acknowledge(std::string_view description);
  void tell_leg(msg::dialog_event::kind, sip::message_ptr ack = nullptr);

  // dialog_exchange.cpp: re-INVITE, UPDATE, session timers
  void on_reinvite(const msg::request_received&);
  void on_update(const msg::request_received&);
  [[nodiscard]] bool takes(const msg::request_received&, sip::session_exchange::verdict);
  [[nodiscard]] bool allows_interval(const msg::request_received&);
  void on_answer_offer(const msg::answer_offer&);
  void answer_offered(std::uint16_t status, std::string_view reason, std::string_view description);
  void withdraw_offered(std::uint16_t status);
  void on_send_offer(const msg::send_offer&);
  void on_withdraw_offer();
  void send_pending_offer();
  void on_offer_response(const sip::message_ptr&);
  void on_offer_accepted(const sip::message_ptr&);
  void on_offer_refused(const sip::message_ptr&);
  void refresh();
  void on_refresh_response(const sip::message_ptr&);
  void perform(const actions<sip::exchange_action>&);
  void perform(const actions<sip::session_timer_action>&);
  void note_2xx(const sip::message&);

  // dialog_requests.cpp: what is written, INFO and MESSAGE
  /// With the content of `like`, if there is one.
  [[nodiscard]] child_id send_request(sip::method, const sip::message* like,
                                      std::string_view description,
                                      const sip::digest_client::snapshot& login);
  void begin(sip::message_writer&, sip::method, const sip::request_plan&,
             std::string_view branch) const;
  void add_session_headers(sip::message_writer&) const;
  void on_relay(const msg::request_received&);
  void on_send_relay(const msg::send_relay&);
  void on_relay_result(const msg::relay_result&);
  void answer_pending();
  [[nodiscard]] bool on_relay_response(child_id transaction, std::uint16_t status,
                                       const sip::message_ptr&);
  void answer(const msg::request_received&, std::uint16_t status, std::string_view reason = {});
  void answer_later(const msg::request_received&);
  [[nodiscard]] std::string contact() const;
  [[nodiscard]] std::uint32_t draw();
  void learn(const sip::message&);

  dialog_record r_;
  time_point ack_until_; ///< no 2xx can ask for the ACK again
  call_scope& call_;
  sip::dialog dialog_;
  sip::invite_usage usage_;
  sip::session_exchange exchange_;
  sip::session_timer timer_;
};

/// From or To of a request or dialog: the name-addr without its parameters.
[[nodiscard]] std::string without_tag(const sip::name_addr&);

/// §12.1.1: the dialog that our 1xx or 2xx to this INVITE will make, under our tag. A request
/// without Contact or with too long a route set makes none.
[[nodiscard]] tl::expected<dialog_record, sip::dialog_error>
dialog_as_uas(const call_scope&, const sip::message& invite, std::string local_tag);

/// §12.1.2: the dialog that this 1xx or 2xx to our INVITE makes.
[[nodiscard]] tl::expected<dialog_record, sip::dialog_error>
dialog_as_uac(const call_scope&, const sip::message& response);

/// The peer says by Allow that it takes UPDATE (RFC 3311 §4); nullopt: it says nothing.
[[nodiscard]] std::optional<bool> takes_update(const sip::message&);

} // namespace tandem::actors
