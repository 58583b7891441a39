#pragma once

#include "protocols/sip/timer_values.hpp"
#include "runtime/base/actions.hpp"
#include "runtime/base/timer_table.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

namespace tandem::sip {

/// What an exchange asks of its host, in order.
enum class exchange_action : std::uint8_t {
  send_offer, ///< The way is free for the offer that was wanted: send it, then say on_sent().
  answer_504, ///< An UPDATE has waited as long as it may: answer it (RFC 3311 §5.2).
};

/// Who may offer a new session description when, inside one dialog: RFC 3261 §14, RFC 3311 §5,
/// with RFC 6337 §3 as a guide. At most one exchange by INVITE or UPDATE each way; the first INVITE
/// of the dialog is one, too.
///
/// Sans-IO. It knows no description; that a description fits is the negotiation's business, and
/// repeating 2xx and ACK that of invite_usage.
///
///     ours:    none --wanted--> waiting --sent--> invite, update --2xx and ACK, refusal--> none
///                                  ^--------491, Retry-After------'
///     theirs:  none --INVITE--> invite --2xx--> answered --ACK--> none
///              none --UPDATE--> update --final--> none
///
/// Assumptions. An offer of the peer is answered 491 from the moment that ours is wanted, not only
/// from when it is sent: who waits behind a back-off may hold up another leg. An INVITE between our
/// 2xx and its ACK is answered 491 (§14.2 is silent). An UPDATE without offer is no exchange.
class session_exchange {
public:
  enum class role : std::uint8_t { uas, uac }; ///< in the INVITE that made the dialog
  enum class ours : std::uint8_t { none, waiting, invite, update };
  enum class theirs : std::uint8_t { none, invite, answered, update };

  /// Of a fresh dialog: its first INVITE is under way.
  explicit session_exchange(role, const timer_values& = {});

  struct snapshot;
  [[nodiscard]] snapshot snapshot_at(time_point now) const;
  session_exchange(const snapshot&, const timer_values&, time_point now);

  // -- the peer's
  enum class verdict : std::uint8_t {
    accepted,
    pending, ///< 491
    busy,    ///< 500 with Retry-After of 0 to 10 s
  };
  [[nodiscard]] verdict on_invite();
  /// With an offer.
  [[nodiscard]] verdict on_update(time_point now);
  /// Our final response to it. An INVITE with 2xx goes on until its ACK.
  [[nodiscard]] actions<exchange_action> on_answered(std::uint16_t status);
  [[nodiscard]] actions<exchange_action> on_ack();

  // -- ours
  /// False: one is under way already.
  [[nodiscard]] bool may_want() const { return ours_ == ours::none; }
  [[nodiscard]] actions<exchange_action> on_wanted();
  enum class method : std::uint8_t { invite, update };
  void on_sent(method);
  /// No longer wanted. True: it had not been sent.
  [[nodiscard]] bool on_withdrawn();

  enum class outcome : std::uint8_t { over, later };
  /// A final response of 300 to 699 to ours. `later`: it is sent again by itself. `draw` is random.
  [[nodiscard]] outcome on_refused(std::uint16_t status,
                                   std::optional<std::chrono::seconds> retry_after,
                                   std::uint32_t draw, time_point now);
  /// The 2xx to our UPDATE, or the ACK of the 2xx to our INVITE has left.
  void on_concluded();

  [[nodiscard]] actions<exchange_action> on_deadline(time_point now);
  [[nodiscard]] std::optional<time_point> next_deadline() const { return timers_.next(); }

  struct state {
    ours of_us;
    theirs of_peer;

    bool operator==(const state&) const = default;
  };
  [[nodiscard]] state current() const { return {ours_, theirs_}; }

private:
  /// prompt: the answer to an UPDATE is due. retry: §14.1, the back-off is over.
  enum class timer : std::uint8_t { prompt, retry, count };

  [[nodiscard]] actions<exchange_action> send_if_free() const;

  role role_;
  timer_values t_;
  timer_table<timer> timers_;
  ours ours_ = ours::none;
  theirs theirs_ = theirs::none;
  std::uint8_t attempts_ = 0; ///< of the offer that is under way
};

struct session_exchange::snapshot {
  role who = role::uas;
  ours of_us = ours::none;
  theirs of_peer = theirs::none;
  std::uint8_t attempts = 0;
  timer_table<timer>::remaining timers{};

  bool operator==(const snapshot&) const = default;
};

/// "offering" and the like; empty when nothing is under way.
[[nodiscard]] std::string_view state_name(const session_exchange::state&);

} // namespace tandem::sip
