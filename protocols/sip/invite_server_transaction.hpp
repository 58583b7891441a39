#pragma once

#include "protocols/sip/timer_values.hpp"
#include "runtime/base/actions.hpp"
#include "runtime/base/timer_table.hpp"

#include <cstdint>


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

  /// What the host must do, in order.
  enum class action : std::uint8_t {
    send_trying,      ///< Build and send 100 Trying: the TU was silent for 200 ms.
    send_response,    ///< Send the response just given by the TU.
    resend_response,  ///< Send the last response again.
    pass_ack_to_user, ///< ACK for a 2xx belongs to the TU.
    report_failure,   ///< Tell the TU: no ACK came, or the transport failed.
    destroy,          ///< The machine is Terminated; forget it.
  };
  using actions = tandem::actions<action>;

  invite_server_transaction(transport_kind, const timer_values&, time_point now);

  /// All that the machine knows, free of clocks: what is committed, replicated and restored.
  struct snapshot;
  [[nodiscard]] snapshot snapshot_at(time_point now) const;
  invite_server_transaction(const snapshot&, const timer_values&, time_point now);

  [[nodiscard]] actions on_invite(); // retransmission of the INVITE that created this object
  [[nodiscard]] actions on_ack(time_point now);
  [[nodiscard]] actions on_user_response(status_code, time_point now);
  [[nodiscard]] actions on_transport_error();
  [[nodiscard]] actions on_deadline(time_point now);

  [[nodiscard]] std::optional<time_point> next_deadline() const { return timers_.next(); }
  [[nodiscard]] state current() const { return state_; }

private:
  enum class timer : std::uint8_t { trying, g, h, i, l, count };

  void fire(timer, time_point now, actions&);
  void terminate(actions&);

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
  bool responded;
  duration g_interval;
  timer_table<timer>::remaining timers;

  bool operator==(const snapshot&) const = default;
};

} // namespace tandem::sip
