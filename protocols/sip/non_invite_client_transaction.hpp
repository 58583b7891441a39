#pragma once

#include "protocols/sip/transaction_action.hpp"
#include "runtime/base/timer_table.hpp"

#include <cstdint>
#include <string_view>

namespace tandem::sip {

/// Non-INVITE client transaction: RFC 3261 §17.1.2. Sans-IO, as invite_server_transaction.
///
///     Trying --1xx--> Proceeding --200-699--> Completed --K--> Terminated
///       | |               |                        ^               ^
///       | `---200-699-----|------------------------'               |
///       `---------F-------`----------------------------------------'
class non_invite_client_transaction {
public:
  enum class state : std::uint8_t { trying, proceeding, completed, terminated };

  /// Starts the timers; the host performs `on_start()` next.
  non_invite_client_transaction(transport_kind, const timer_values&, time_point now);

  /// All that the machine knows, free of clocks.
  struct snapshot;
  [[nodiscard]] snapshot snapshot_at(time_point now) const;
  non_invite_client_transaction(const snapshot&, const timer_values&, time_point now);

  [[nodiscard]] static transaction_actions on_start();
  [[nodiscard]] transaction_actions on_response(status_code, time_point now);
  [[nodiscard]] transaction_actions on_transport_error();
  [[nodiscard]] transaction_actions on_deadline(time_point now);

  [[nodiscard]] std::optional<time_point> next_deadline() const { return timers_.next(); }
  [[nodiscard]] state current() const { return state_; }

private:
  // What ends the machine stands before what retransmits: when both are due, nothing is sent.
  enum class timer : std::uint8_t { f, k, e, count };

  void fire(timer, time_point now, transaction_actions&);
  void terminate(transaction_actions&);

  transport_kind transport_;
  timer_values t_;
  timer_table<timer> timers_;
  duration e_interval_{};
  state state_ = state::trying;
};

struct non_invite_client_transaction::snapshot {
  transport_kind transport;
  state current;
  duration e_interval;
  timer_table<timer>::remaining timers; ///< F, K, E

  bool operator==(const snapshot&) const = default;
};

/// "trying", "proceeding", …
[[nodiscard]] std::string_view state_name(non_invite_client_transaction::state);

} // namespace tandem::sip
