#pragma once

#include "protocols/sip/leg_action.hpp"

#include <optional>
#include <string_view>

namespace tandem::sip {

/// The called side of an INVITE session: RFC 3261 §13.3 (answering), §9.2 (CANCEL), §15 (BYE).
///
/// Sans-IO. The host builds the messages, keeps the transactions and the dialog (whose invite_usage
/// retransmits the 2xx and reports a missing ACK); this machine decides what may be said when.
///
///     proceeding --answer--> accepted --ACK--> established --hang up--> ending --final--> ended
///         |                     `--BYE, no ACK--.   `--BYE from the peer-------------------^
///         `--reject, CANCEL, hang up------------+-------------------------------------------'
class incoming_leg {
public:
  enum class state : std::uint8_t { proceeding, accepted, established, ending, ended };
  using actions = tandem::actions<leg_action>;

  incoming_leg() = default;

  struct snapshot {
    state current = state::proceeding;
    bool bye_wanted = false;
    std::optional<end_cause> cause;

    bool operator==(const snapshot&) const = default;
  };
  explicit incoming_leg(const snapshot& s) : s_(s) {}
  /// No timer of its own, so nothing in it depends on a clock.
  [[nodiscard]] snapshot snapshot_now() const { return s_; }

  // What the application asks for.
  [[nodiscard]] actions on_ring(std::uint16_t status);
  [[nodiscard]] actions on_answer();
  [[nodiscard]] actions on_reject(std::uint16_t status);
  [[nodiscard]] actions on_hangup(end_cause);

  // What the caller and the layers below do.
  [[nodiscard]] actions on_cancel();
  [[nodiscard]] actions on_ack();
  [[nodiscard]] actions on_ack_timeout();
  [[nodiscard]] actions on_bye();
  [[nodiscard]] actions on_rtp_timeout();
  /// The session cannot go on: BYE, and the application is told. Only once it is established.
  [[nodiscard]] actions on_session_lost(end_cause);
  [[nodiscard]] actions on_bye_final(); ///< final response to our BYE, or its time-out

  [[nodiscard]] state current() const { return s_.current; }
  [[nodiscard]] std::optional<end_cause> cause() const { return s_.cause; }

private:
  actions end(end_cause, std::optional<leg_action> first = {});

  snapshot s_;
};

[[nodiscard]] std::string_view state_name(incoming_leg::state);

} // namespace tandem::sip
