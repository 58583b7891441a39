#pragma once

#include "protocols/sip/transaction_action.hpp"
#include "runtime/base/timer_table.hpp"

#include <cstdint>
#include <string_view>

namespace tandem::sip {

/// Non-INVITE server transaction: RFC 3261 §17.2.2. Sans-IO, as invite_server_transaction.
///
///     Trying --1xx--> Proceeding --200-699--> Completed --J--> Terminated
///        `-----------200-699--------------------^
///
/// Assumption: the TU obeys RFC 4320 (no 1xx but 100, and that one late; never 408).
class non_invite_server_transaction {
public:
  enum class state : std::uint8_t { trying, proceeding, completed, terminated };

  /// The transport is that of the received request. The machine is created by that request.
  non_invite_server_transaction(transport_kind, const timer_values&, time_point now);

  /// All that the machine knows, free of clocks.
  struct snapshot;
  [[nodiscard]] snapshot snapshot_at(time_point now) const;
  non_invite_server_transaction(const snapshot&, const timer_values&, time_point now);

  /// A retransmission of the request (§17.2.3 says what is one).
  [[nodiscard]] transaction_actions on_request_again();
  [[nodiscard]] transaction_actions on_user_response(status_code, time_point now);
  [[nodiscard]] transaction_actions on_transport_error();
  [[nodiscard]] transaction_actions on_deadline(time_point now);

  [[nodiscard]] std::optional<time_point> next_deadline() const { return timers_.next(); }
  [[nodiscard]] state current() const { return state_; }

private:
  enum class timer : std::uint8_t { j, count };

  transport_kind transport_;
  timer_values t_;
  timer_table<timer> timers_;
  state state_ = state::trying;
};

struct non_invite_server_transaction::snapshot {
  transport_kind transport;
  state current;
  timer_table<timer>::remaining timers; ///< J

  bool operator==(const snapshot&) const = default;
};

/// "trying", "proceeding", …
[[nodiscard]] std::string_view state_name(non_invite_server_transaction::state);

} // namespace tandem::sip
