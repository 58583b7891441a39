#pragma once

#include "protocols/sip/transaction_action.hpp"
#include "runtime/base/timer_table.hpp"

#include <cstdint>
#include <string_view>

namespace tandem::sip {

/// INVITE client transaction: RFC 3261 §17.1.1 with the Accepted state of RFC 6026 §7.2.
/// Sans-IO, as invite_server_transaction.
///
///     Calling --1xx--> Proceeding --300-699--> Completed --D--> Terminated
///      | | |               |   |                   ^               ^  ^
///      | | `--300-699------|---|-------------------'               |  |
///      | `----2xx----------`---|---> Accepted --------- M ---------'  |
///      `------B----------------`----64*T1 after CANCEL----------------'
///
/// Assumption: nothing but a final response or `on_cancel_sent()` ends Proceeding. Timer C
/// (§16.6 step 11) belongs to whoever owns the call.
class invite_client_transaction {
public:
  enum class state : std::uint8_t { calling, proceeding, accepted, completed, terminated };

  /// Starts the timers; the host performs `on_start()` next.
  invite_client_transaction(transport_kind, const timer_values&, time_point now);

  /// All that the machine knows, free of clocks.
  struct snapshot;
  [[nodiscard]] snapshot snapshot_at(time_point now) const;
  invite_client_transaction(const snapshot&, const timer_values&, time_point now);

  [[nodiscard]] static transaction_actions on_start();
  [[nodiscard]] transaction_actions on_response(status_code, time_point now);
  /// A CANCEL for this INVITE was sent. It is sent in Proceeding only (§9.1: not before a 1xx); in
  /// any other state this changes nothing. Without a final response in 64*T1 the machine gives up.
  void on_cancel_sent(time_point now);
  [[nodiscard]] transaction_actions on_transport_error();
  [[nodiscard]] transaction_actions on_deadline(time_point now);

  [[nodiscard]] std::optional<time_point> next_deadline() const { return timers_.next(); }
  [[nodiscard]] state current() const { return state_; }

private:
  // What ends the machine stands before what retransmits: when both are due, nothing is sent.
  enum class timer : std::uint8_t { b, d, m, cancelled, a, count };

  transaction_actions complete(status_code, time_point now);
  void fire(timer, time_point now, transaction_actions&);
  void terminate(transaction_actions&);

  transport_kind transport_;
  timer_values t_;
  timer_table<timer> timers_;
  duration a_interval_{};
  state state_ = state::calling;
};

struct invite_client_transaction::snapshot {
  transport_kind transport;
  state current;
  duration a_interval;
  timer_table<timer>::remaining timers; ///< B, D, M, 64*T1 after CANCEL, A

  bool operator==(const snapshot&) const = default;
};

/// "calling", "proceeding", …
[[nodiscard]] std::string_view state_name(invite_client_transaction::state);

} // namespace tandem::sip
