#pragma once

#include "protocols/sdp/attributes.hpp"
#include "protocols/sdp/session.hpp"
#include "protocols/sdp/shared_session.hpp"

#include <cstdint>
#include <optional>
#include <string_view>

namespace tandem::sdp {

/// Why a description cannot be used now. The state has not changed.
enum class negotiation_errc : std::uint8_t {
  local_offer_pending,  ///< ours is unanswered: a remote offer gets 491 (RFC 3261 §14.2)
  remote_offer_pending, ///< theirs is unanswered: a second one gets 500 (RFC 3261 §14.2)
  no_offer_to_answer,
  too_few_media,       ///< an offer with fewer m= lines than before (RFC 3264 §8)
  media_count_differs, ///< an answer with other than the offer's number of m= lines (§6)
  media_kind_differs,  ///< an answer whose n-th m= line is of another kind or proto (§6)
};
[[nodiscard]] std::string_view to_string(negotiation_errc);

/// Offer/answer of one dialog: RFC 3264, with the version of o= of §8.
///
/// Sans-IO and without time. A description given as ours comes back as it must be sent: with our
/// o= line, whose version rises by exactly one when the description differs from the last one that
/// left and stays when it does not, and, in an answer, with the offer's t= (§6). A copy of the
/// machine serves each early dialog of an INVITE that forks.
///
///              set_local_offer                set_remote_offer
///     local_offer <------------- stable -------------> remote_offer
///        |  set_remote_answer    ^    ^   set_local_answer   |
///        `----- or rollback -----'    '------ or rollback ---'
class negotiation {
public:
  enum class state : std::uint8_t { stable, local_offer, remote_offer };

  /// `ours` carries the version of our first description; §5 wants it below 2^62 - 1.
  explicit negotiation(const origin& ours);

  /// All that the machine knows.
  struct snapshot;
  [[nodiscard]] snapshot take_snapshot() const;
  /// Whoever restores may have missed descriptions that left: with a mark, the next one carries a
  /// version above it (DEVIATION RFC 3264 §8: by more than one). The o= address stays, as §8 wants.
  explicit negotiation(const snapshot&, std::optional<std::uint64_t> version_mark = std::nullopt);

  using result = tl::expected<shared_session, negotiation_errc>;

  /// The offer to send.
  [[nodiscard]] result set_local_offer(session description);
  /// The answer to send.
  [[nodiscard]] result set_local_answer(session description);
  /// What arrived, as it takes effect: a stream that was offered with port 0 has port 0.
  [[nodiscard]] result set_remote_offer(shared_session description);
  [[nodiscard]] result set_remote_answer(shared_session description);

  /// An answer ahead of the answer, in an unreliable provisional response (RFC 3261 §13.2.1):
  /// checked and stamped, but the offer stays open until the 2xx repeats it.
  [[nodiscard]] result preview_local_answer(session description);
  [[nodiscard]] result preview_remote_answer(shared_session description) const;

  /// The pending offer was refused or withdrawn: what was agreed before still holds (§8).
  void rollback();

  [[nodiscard]] state current() const { return state_; }
  /// Both sides have a port for this m= line.
  [[nodiscard]] bool is_agreed(std::size_t index) const;
  /// Agreed descriptions: empty before the first answer.
  [[nodiscard]] const shared_session& local() const { return local_; }
  [[nodiscard]] const shared_session& remote() const { return remote_; }
  /// The offer waiting for an answer.
  [[nodiscard]] const shared_session& pending() const { return pending_; }
  /// Our o= line with the version last used: what to give to anchor(), make_offer(), echo_answer().
  [[nodiscard]] const origin& local_origin() const { return origin_; }

  /// What we may do with stream `index` by what was agreed: both sides must want it (§6.1).
  [[nodiscard]] direction agreed_direction(std::size_t index) const;
  /// True if the peer (or we) put the agreed stream on hold (§8.4).
  [[nodiscard]] bool held_by_remote(std::size_t index) const;
  [[nodiscard]] bool held_by_local(std::size_t index) const;

private:
  [[nodiscard]] std::optional<negotiation_errc> refuses_offer(const session&) const;
  [[nodiscard]] session stamp(session description);
  void conclude(shared_session local, shared_session remote);

  origin origin_;
  std::uint64_t next_version_at_least_ = 0; ///< set by a restore until the next description
  state state_ = state::stable;
  shared_session local_;
  shared_session remote_;
  shared_session pending_;
  shared_session unagreed_; ///< left us last, but was rolled back or only a preview
};

struct negotiation::snapshot {
  origin ours;
  std::uint64_t next_version_at_least = 0;
  state current = state::stable;
  shared_session local;
  shared_session remote;
  shared_session pending;
  shared_session unagreed;

  bool operator==(const snapshot&) const = default;
};

} // namespace tandem::sdp
