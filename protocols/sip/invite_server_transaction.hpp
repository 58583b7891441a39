#pragma once

#include "protocols/sip/transaction_action.hpp"
#include "runtime/base/timer_table.hpp"

#include <cstdint>
#include <string_view>

namespace tandem::sip {

/// INVITE server transaction: RFC 3261 §17.2.1 with the Accepted state of RFC 6026 §7.1.
///
/// Sans-IO: inputs are method calls that carry `now`, outputs are the returned actions, and
/// `next_deadline()` says when to call `on_deadline()`. The host keeps the messages; the
/// machine keeps only what the figure needs, and `snapshot_at()` is all of it.
///
///     Proceeding --300-699--> Completed --ACK--> Confirmed --I--> Terminated
///         |                       `------------- H -------------------^
///         `-------2xx-------> Accepted ------------- L ---------------'
class invite_server_transaction {
public:
  enum class state : std::uint8_t { proceeding, accepted, completed, confirmed, terminated };

  /// The transport is that of the received INVITE. The machine is created by that INVITE.
  invite_server_transaction(transport_kind, const timer_values&, time_point now);

  /// All that the machine knows, free of clocks: what is committed, replicated and restored.
  struct snapshot;
  [[nodiscard]] snapshot snapshot_at(time_point now) const;
  invite_server_transaction(const snapshot&, const timer_values&, time_point now);

  /// A retransmission of the INVITE (§17.2.3 says what is one).
  [[nodiscard]] transaction_actions on_request_again();
  [[nodiscard]] transaction_actions on_ack(time_point now);
  [[nodiscard]] transaction_actions on_user_response(status_code, time_point now);
  [[nodiscard]] transaction_actions on_transport_error();
  [[nodiscard]] transaction_actions on_deadline(time_point now);

  [[nodiscard]] std::optional<time_point> next_deadline() const { return timers_.next(); }
  [[nodiscard]] state current() const { return state_; }

private:
  // What ends the machine stands before what retransmits: when both are due, nothing is sent.
  enum class timer : std::uint8_t { h, i, l, g, trying, count };

  void fire(timer, time_point now, transaction_actions&);
  void terminate(transaction_actions&);

  transport_kind transport_;
  timer_values t_;
  timer_table<timer> timers_;
  duration g_interval_{};
  bool responded_ = false;
  state state_ = state::proceeding;
};

struct invite_server_transaction::snapshot {
  transport_kind transport;
  state current;
  bool responded; ///< A response (perhaps our own 100) can be sent again.
  duration g_interval;
  timer_table<timer>::remaining timers; ///< H, I, L, G, the 200 ms of 100 Trying

  bool operator==(const snapshot&) const = default;
};

/// "proceeding", "accepted", …
[[nodiscard]] std::string_view state_name(invite_server_transaction::state);

} // namespace tandem::sip
