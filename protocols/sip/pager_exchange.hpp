#pragma once

#include "protocols/sip/non_invite_client_transaction.hpp"
#include "protocols/sip/non_invite_server_transaction.hpp"
#include "runtime/base/actions.hpp"

#include <cstdint>
#include <string_view>
#include <vector>

namespace tandem::sip {

/// What a pager_exchange asks of its host, in order.
struct pager_action {
  enum class kind : std::uint8_t {
    send_trying,     ///< Build and send 100 Trying.
    answer,          ///< Build and send the final response `status`, which `branch` has said.
    resend_response, ///< Send what was sent last to the sender once more.
    resend_request,  ///< Send the request of `branch` again, the very same bytes.
    destroy          ///< Nothing is awaited any more. Always the last action.
  };
  kind what;
  std::uint8_t branch = 0;
  std::uint16_t status = 0;

  bool operator==(const pager_action&) const = default;
};

/// A MESSAGE outside any dialog (RFC 3428 §6, §7) on its way through a back-to-back user agent: the
/// server transaction of whoever sent it, a client transaction for each phone it goes to, all at
/// once, and one answer for all (RFC 3261 §16.7). Sans-IO, as the transactions that it is made of.
///
/// - The first 2xx is the answer. Else the best refusal is, once all have refused: a 6xx ends
///   nothing earlier, since a request other than INVITE cannot be taken back (§9.1).
/// - Whoever is silent holds up nobody's delivery, and the answer not for ever: what is known after
///   64*T1 - T2 is said then, and 480 if that is nothing. RFC 4320 §4.2 forbids the 408 that stands
///   in RFC 3261 §16.8, because it would come when the sender has given up; this comes before.
/// - 100 goes out when nothing was said until Timer E has grown to T2 (RFC 4320 §4.1), else nothing
///   provisional.
///
/// Nothing of it is durable.
class pager_exchange {
public:
  enum class state : std::uint8_t { waiting, answered, over };
  using actions = tandem::actions<pager_action>;
  /// In an action: no phone has said this.
  static constexpr std::uint8_t nobody = 255;
  /// Phones and attempts of one exchange.
  static constexpr std::uint8_t max_branches = 64;

  /// The transport is that of the received request.
  pager_exchange(transport_kind, const timer_values&, time_point now);

  /// A client transaction begins: the host sends its request. Branches are numbered from 0.
  [[nodiscard]] std::uint8_t open_branch(transport_kind, time_point now);
  /// The request could not be sent to somebody, which counts as this refusal of his.
  void note_refusal(std::uint16_t status, std::uint8_t by = nobody);
  /// To all has been sent.
  [[nodiscard]] actions on_sent(time_point now);

  /// A retransmission of the sender's request (RFC 3261 §17.2.3).
  [[nodiscard]] actions on_request_again();
  [[nodiscard]] actions on_response(std::uint8_t branch, status_code, time_point now);
  /// The response was a challenge and is answered by a new branch (§22.2), which this returns.
  [[nodiscard]] std::uint8_t on_challenge(std::uint8_t branch, status_code, transport_kind,
                                          time_point now);
  /// The transport has no way for its request (§18.4).
  [[nodiscard]] actions on_undeliverable(std::uint8_t branch, time_point now);
  [[nodiscard]] actions on_deadline(time_point now);

  /// It has not said anything final yet.
  [[nodiscard]] bool awaits(std::uint8_t branch) const;
  [[nodiscard]] bool can_open() const { return branches_.size() < max_branches; }
  [[nodiscard]] std::optional<time_point> next_deadline() const;
  [[nodiscard]] state current() const { return state_; }

private:
  enum class timer : std::uint8_t { patience, trying, count };
  struct branch {
    non_invite_client_transaction transaction;
    bool awaited = true;
  };

  void perform(std::uint8_t, const transaction_actions&, time_point now, actions&);
  void refused(std::uint8_t, std::uint16_t status, time_point now, actions&);
  void say_best_if(bool is_time, time_point now, actions&);
  void answer(std::uint16_t status, std::uint8_t of, time_point now, actions&);
  void end_if_done(actions&);

  timer_values t_;
  non_invite_server_transaction server_;
  std::vector<branch> branches_;
  timer_table<timer> timers_;
  std::uint16_t refusal_ = 0; ///< the best so far; 0: none
  std::uint8_t refused_by_ = nobody;
  state state_ = state::waiting;
};

/// "waiting", "answered", "over"
[[nodiscard]] std::string_view state_name(pager_exchange::state);

} // namespace tandem::sip
