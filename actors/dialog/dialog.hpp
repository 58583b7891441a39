#pragma once

#include "actors/call/scope.hpp"
#include "protocols/sip/dialog.hpp"
#include "protocols/sip/invite_usage.hpp"
#include "protocols/sip/name_addr.hpp"

#include <caf/behavior.hpp>

#include <optional>
#include <string_view>

namespace tandem::actors {

/// Hosts a dialog and its INVITE usage: orders requests by CSeq, makes the 2xx reliable, sends ACK
/// and BYE, and answers what comes inside the dialog. What a session is for is the leg's business.
class dialog {
public:
  static constexpr auto kind = child_kind::dialog;

  dialog(const dialog_record&, call_scope&);

  caf::behavior make_behavior();
  [[nodiscard]] std::optional<time_point> next_deadline() const { return usage_.next_deadline(); }
  [[nodiscard]] child_record record_at(time_point) const;
  [[nodiscard]] const char* state() const;
  void on_removed() {}

private:
  void on_request(const msg::request_received&);
  void on_bye(const msg::request_received&);
  void on_peer_accepted(const msg::peer_accepted&);
  void on_send_bye();
  void request_bye();
  void on_bye_final();
  [[nodiscard]] bool bye_again(const sip::message& response);
  void on_ack(const sip::message&);
  void perform(const actions<sip::usage_action>&);
  void acknowledge();
  void answer(const msg::request_received&, std::uint16_t status);

  dialog_record r_;
  call_scope& call_;
  sip::dialog dialog_;
  sip::invite_usage usage_;
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

} // namespace tandem::actors
