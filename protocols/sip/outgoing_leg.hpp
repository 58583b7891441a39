#pragma once

#include "protocols/sip/leg_action.hpp"
#include "protocols/sip/timer_values.hpp"
#include "runtime/base/timer_table.hpp"

#include <optional>
#include <string_view>

namespace tandem::sip {

/// The calling side of an INVITE session: RFC 3261 §13.2 (INVITE, forked answers), §9.1 (CANCEL),
/// §15 (BYE).
///
/// Sans-IO. One INVITE, any number of dialogs: the first 2xx is the answer, each 2xx of another
/// dialog is acknowledged and released with a BYE (§13.2.2.4).
///
///     calling --1xx--> proceeding --2xx--> established --hang up--> ending --final--> ended
///        |                 `--hang up, no answer--> cancelling --final--------------------^
///        `--hang up: the CANCEL waits for a 1xx (§9.1)
class outgoing_leg {
public:
  enum class state : std::uint8_t { calling, proceeding, cancelling, established, ending, ended };
  using actions = tandem::actions<leg_action>;

  /// Rings for `ring_timeout` at most.
  outgoing_leg(duration ring_timeout, const timer_values&, time_point now);

  struct snapshot;
  [[nodiscard]] snapshot snapshot_at(time_point now) const;
  outgoing_leg(const snapshot&, const timer_values&, time_point now);

  [[nodiscard]] actions on_hangup(end_cause, time_point now);

  [[nodiscard]] actions on_provisional(std::uint16_t status, time_point now);
  /// The first 2xx makes the answering dialog, unless the leg was over before it came.
  enum class answer_from : std::uint8_t { answering_dialog, another_dialog };
  [[nodiscard]] actions on_2xx(answer_from);
  [[nodiscard]] actions on_failure(std::uint16_t status);
  /// One that has a remedy: 401 or 407 that can be answered (§22.2), 422 with a Min-SE (RFC 4028
  /// §7.3). The INVITE is sent again, unless somebody has hung up.
  [[nodiscard]] actions on_curable_failure(std::uint16_t status);
  [[nodiscard]] actions on_transaction_failed(end_cause no_response_or_unreachable);
  [[nodiscard]] actions on_bye();
  [[nodiscard]] actions on_bye_final();
  [[nodiscard]] actions on_rtp_timeout();
  /// The session cannot go on: BYE, and the application is told. Only once it is established.
  [[nodiscard]] actions on_session_lost(end_cause);
  [[nodiscard]] actions on_deadline(time_point now);

  [[nodiscard]] std::optional<time_point> next_deadline() const { return timers_.next(); }
  [[nodiscard]] state current() const { return state_; }
  [[nodiscard]] std::optional<end_cause> cause() const { return cause_; }

private:
  /// no_answer: the application's patience. cancel: §9.1, 64*T1 for the final answer to a CANCEL.
  enum class timer : std::uint8_t { no_answer, cancel, count };

  actions give_up(end_cause, time_point now);
  actions end(end_cause, std::uint16_t status);

  timer_values t_;
  timer_table<timer> timers_;
  state state_ = state::calling;
  std::optional<end_cause> cause_;
};

struct outgoing_leg::snapshot {
  state current = state::calling;
  std::optional<end_cause> cause;
  timer_table<timer>::remaining timers{};

  bool operator==(const snapshot&) const = default;
};

[[nodiscard]] std::string_view state_name(outgoing_leg::state);

} // namespace tandem::sip
