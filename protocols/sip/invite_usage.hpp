#pragma once

#include "protocols/sip/timer_values.hpp"
#include "runtime/base/actions.hpp"
#include "runtime/base/timer_table.hpp"

#include <cstdint>
#include <string_view>

namespace tandem::sip {

/// What an INVITE usage asks of its host, in order.
enum class usage_action : std::uint8_t {
  resend_provisional, ///< UAS: send the last 101-199 again, §13.3.1.1.
  resend_2xx,         ///< UAS: send the 2xx again, §13.3.1.4.
  pass_ack,           ///< UAS: the 2xx is acknowledged; an answer may be in this ACK.
  report_ack_timeout, ///< UAS: no ACK in 64*T1; the TU sends BYE, §13.3.1.4.
  send_ack,           ///< UAC: build the ACK for this 2xx and send it, §13.2.2.4.
  resend_ack,         ///< UAC: send that ACK again (if the answer in it is known already).
  reject_pending,     ///< UAS: answer the pending INVITE with 487, §15.1.2.
  answer_bye,         ///< Answer this BYE with 200.
  refuse_bye,         ///< Answer this BYE with 481: the usage was over.
  report_ended,       ///< Tell the TU: the session is over. Comes exactly once.
};

/// The part of an INVITE session that belongs to one dialog: RFC 3261 §13.2.2.4, §13.3.1.4, §15.
///
/// Sans-IO, as the transactions. Who hangs up when, and why, is the leg's business; this machine
/// makes the 2xx reliable from end to end and lets BYEs cross.
///
///     early --2xx sent--> answered --ACK--> established --BYE sent--> leaving --final-->
///     terminated
///       |                    |                  ^   |                    |                   ^
///       |--2xx received------|------------------'   |                    |                   |
///       `--failure, BYE------`--BYE received--------`--------------------`-------------------'
///
/// A re-INVITE is a second exchange of the same kind beside `established` (§14), in either
/// direction whatever the role was; the timers serve it too, since there is only one INVITE at a
/// time in a dialog (session_exchange sees to that).
class invite_usage {
public:
  enum class role : std::uint8_t { uas, uac };
  enum class state : std::uint8_t { early, answered, established, leaving, terminated };

  invite_usage(role, const timer_values&);

  /// All that the machine knows, free of clocks.
  struct snapshot;
  [[nodiscard]] snapshot snapshot_at(time_point now) const;
  invite_usage(const snapshot&, const timer_values&, time_point now);

  // UAS of an INVITE
  /// We sent a 101-199: it is sent again every minute until the answer.
  void on_provisional_sent(time_point now);
  /// We sent the first 2xx, by way of the server transaction: in `early`, or to a re-INVITE in
  /// `established`.
  void on_2xx_sent(time_point now);
  [[nodiscard]] actions<usage_action> on_ack();

  // UAC of an INVITE
  /// We sent a re-INVITE: the next 2xx wants an ACK of its own.
  void on_reinvite_sent() { ack_sent_ = false; }
  /// A 2xx of this dialog, the first or a retransmission; in every state it is acknowledged.
  [[nodiscard]] actions<usage_action> on_2xx();

  // both
  /// The INVITE ended without a 2xx in this dialog: 3xx-6xx, time-out, or, on an early dialog of a
  /// forked INVITE, 64*T1 after the 2xx of another (§13.2.2.4).
  [[nodiscard]] actions<usage_action> on_failure();
  /// §15: a callee must not send BYE on an early dialog, nor before the ACK or its time-out.
  [[nodiscard]] bool may_send_bye() const;
  /// We sent BYE, having asked `may_send_bye()`.
  void on_bye_sent();
  /// Its final response (any: 481 and 408 too), its time-out or a transport error, §15.1.1.
  [[nodiscard]] actions<usage_action> on_bye_final();
  [[nodiscard]] actions<usage_action> on_bye();
  [[nodiscard]] actions<usage_action> on_deadline(time_point now);

  [[nodiscard]] std::optional<time_point> next_deadline() const { return timers_.next(); }
  [[nodiscard]] state current() const { return state_; }

private:
  // What gives up stands before what retransmits: when both are due, nothing is sent.
  enum class timer : std::uint8_t { ack, resend, ringing, count };

  void fire(timer, time_point now, actions<usage_action>&);
  void terminate(actions<usage_action>&);

  role role_;
  timer_values t_;
  timer_table<timer> timers_;
  duration resend_interval_{};
  bool ack_sent_ = false;
  state state_ = state::early;
};

struct invite_usage::snapshot {
  role who;
  state current;
  bool ack_sent;
  duration resend_interval;
  timer_table<timer>::remaining timers; ///< 64*T1 for the ACK, next 2xx, next provisional

  bool operator==(const snapshot&) const = default;
};

/// "early", "waiting for ACK", "established", "BYE sent", "terminated"
[[nodiscard]] std::string_view state_name(invite_usage::state);

} // namespace tandem::sip
