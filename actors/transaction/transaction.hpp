#pragma once

#include "actors/call/scope.hpp"
#include "protocols/sip/transaction.hpp"
#include "protocols/sip/via.hpp"

#include <caf/behavior.hpp>

#include <optional>

namespace tandem::actors {

/// Hosts one of the four transaction machines of RFC 3261 §17: keeps the message that may have to
/// be sent again, and passes to its user (a leg or a dialog) what the machine lets through.
class transaction {
public:
  static constexpr auto kind = child_kind::transaction;

  transaction(const transaction_record&, call_scope&);

  caf::behavior make_behavior();
  [[nodiscard]] std::optional<time_point> next_deadline() const;
  [[nodiscard]] child_record record_at(time_point) const;
  [[nodiscard]] const char* state() const;
  void on_removed() {}

private:
  void on_wire(const msg::sip_input&);
  void on_request(const msg::sip_input&);
  void on_respond(const msg::respond&);
  void on_cancel(std::string_view reason);
  /// `response`: what the actions speak of, if a message came.
  void perform(const sip::transaction_actions&, const sip::message_ptr& response = nullptr);
  void forget_what_is_said();
  /// Where it sends: of a server what the request's Via says (§18.2.2).
  [[nodiscard]] ip_endpoint destination() const;
  void send(bool again);
  void acknowledge(const sip::message_ptr& response);

  transaction_record r_;
  call_scope& call_;
  sip::any_transaction machine_;
};

/// What a message is matched by (§17.1.3, §17.2.3).
[[nodiscard]] transaction_match match_of(const sip::message&, const sip::via& top);

/// A server transaction for this request, not yet run.
[[nodiscard]] transaction_record server_transaction(const call_scope&, const msg::sip_input&,
                                                    child_id user);
/// A client transaction that will send `request`; its branch is `branch`.
struct client_request {
  sip::method method = sip::method::unknown;
  std::string branch;
  wire_bytes bytes;
  std::string summary;
  transport_index transport;
  ip_endpoint peer;
};
[[nodiscard]] transaction_record client_transaction(const call_scope&, client_request,
                                                    child_id user);

} // namespace tandem::actors
