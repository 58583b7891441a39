#pragma once

#include "protocols/sip/limits.hpp"
#include "protocols/sip/status.hpp"

#include <tl/expected.hpp>

#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tandem::sip {

/// RFC 3261 §12: what names a dialog at one UA. `remote_tag` is empty with a peer of RFC 2543.
struct dialog_id {
  std::string call_id, local_tag, remote_tag;

  auto operator<=>(const dialog_id&) const = default;
};

/// What §12.1 takes from the request (UAS) or from request and response (UAC) that make a dialog.
/// Local is we, remote is the peer.
struct dialog_start {
  dialog_id id;
  std::string local;         ///< From (UAC) or To (UAS) as written; its parameters are cut off
  std::string remote;        ///< To (UAC) or From (UAS), likewise
  std::string remote_target; ///< URI of the peer's Contact, without < >
  /// One value each ("<sip:p1;lr>"), in the order of the message.
  std::vector<std::string> record_route;
  std::uint32_t cseq = 0; ///< number of the request that makes the dialog
  bool secure = false;    ///< §12.1.1: a sips: Request-URI and TLS
};

enum class dialog_error : std::uint8_t {
  too_many_routes,  ///< more than max_routes
  bad_cseq,         ///< above last_cseq
  no_remote_target, ///< UAS: the request has no Contact (§12.1.1); answer 400
};

/// §8.1.1.5: numbers are below 2^31.
constexpr std::uint32_t last_cseq = 0x7fffffff;

/// What a dialog distinguishes in a request: ACK alone takes no number of its own (§13.2.2.4).
enum class request_class : std::uint8_t { invite, ack, other };

/// §12.2.2: what the UAS core does with a request that came inside the dialog.
enum class request_verdict : std::uint8_t {
  accepted,
  lower_cseq, ///< out of order, or a number used before: answer 500
  stray_ack,  ///< acknowledges no INVITE that is pending here: drop it
  no_dialog,  ///< the dialog is terminated: answer 481 (an ACK: drop it)
};

/// §12.2.1.1: all that the dialog contributes to a request. Via, Max-Forwards, Contact and body are
/// the host's.
struct request_plan {
  std::string request_uri;
  std::vector<std::string> routes; ///< Route values, in order; may be empty
  std::string next_hop;            ///< the URI whose address the request goes to, §8.1.2
  std::string from, to;            ///< with tags
  std::string call_id;
  std::uint32_t cseq = 0;
  bool secure = false;            ///< our Contact must be a sips: URI, §12.1
  std::uint8_t max_forwards = 70; ///< §8.1.1.6

  bool operator==(const request_plan&) const = default;
};

/// A dialog: RFC 3261 §12. Peer to peer: only route set and numbers remember who called whom.
///
/// A value without time. `local_cseq` is the last number that we used; whoever goes on from a
/// committed copy calls `raise_cseq()` first, so that no number is used twice.
///
///     early --2xx--> confirmed --BYE, 481, 408--> terminated
///       `-----------3xx-6xx, BYE------------------^
///
/// DEVIATION RFC 3261 §12.1: a route set has at most max_routes elements; more makes no dialog.
/// Assumptions. A number equal to the last is refused like a lower one (§12.2.2 is silent): a
/// retransmission never comes this far, and a request delivered twice must not act twice. A
/// response without Contact, against §12.1.2, leaves the peer's own URI as the target.
class dialog {
public:
  enum class state : std::uint8_t { early, confirmed, terminated };

  /// §12.1.1: the route set is Record-Route in order. Early by a 1xx with To tag, or confirmed.
  [[nodiscard]] static tl::expected<dialog, dialog_error> as_uas(dialog_start, state);
  /// §12.1.2: the route set is Record-Route in reverse order.
  [[nodiscard]] static tl::expected<dialog, dialog_error> as_uac(dialog_start, state);

  /// All that the dialog knows; nothing in it depends on a clock.
  struct snapshot {
    dialog_id id;
    std::string local, remote;
    std::string remote_target;
    std::vector<std::string> route_set;
    std::uint32_t local_cseq = 0;        ///< 0: none used yet
    std::uint32_t local_invite_cseq = 0; ///< of our last INVITE; 0: none
    std::optional<std::uint32_t> remote_cseq;
    std::optional<std::uint32_t> remote_invite_cseq; ///< of the peer's INVITE accepted last
    bool secure = false;
    state current = state::early;

    bool operator==(const snapshot&) const = default;
  };
  explicit dialog(snapshot s) : s_(std::move(s)) {}
  [[nodiscard]] const snapshot& snapshot_now() const { return s_; }

  /// UAS: its 2xx was sent. Does nothing once confirmed.
  void confirm();
  /// The peer's re-INVITE was accepted: the next ACK carries its number. One that was refused
  /// changes nothing, since its ACK belongs to its transaction (§17.1.1.3).
  void on_reinvite_accepted(std::uint32_t cseq);
  /// UAC: a 2xx to our INVITE. An early dialog takes its route set anew (§13.2.2.4); any 2xx
  /// refreshes the target. An empty `remote_target` keeps the one known. After an error the
  /// dialog is confirmed with the route set it had.
  [[nodiscard]] tl::expected<void, dialog_error>
  confirm_by_2xx(std::vector<std::string> record_route, std::string remote_target);
  /// §12.2: Contact of an accepted target refresh request (re-INVITE, UPDATE) or of the 2xx to
  /// ours.
  void refresh_target(std::string remote_target);
  void terminate();

  [[nodiscard]] request_verdict on_request(request_class, std::uint32_t cseq);
  /// Takes the next number (ACK: that of the last INVITE). Not for CANCEL, which copies the INVITE
  /// (§9.1). Any state: BYE and ACK are due on terminated dialogs too when messages cross.
  [[nodiscard]] request_plan next_request(request_class);
  /// The ACK for a 2xx with this CSeq number, when INVITEs have followed since.
  [[nodiscard]] request_plan ack_request(std::uint32_t invite_cseq) const;
  /// Skips numbers that may have been used after the copy we go on from was committed.
  void raise_cseq(std::uint32_t by);

  [[nodiscard]] const dialog_id& id() const { return s_.id; }
  [[nodiscard]] const std::string& remote_target() const { return s_.remote_target; }
  [[nodiscard]] const std::vector<std::string>& route_set() const { return s_.route_set; }
  [[nodiscard]] state current() const { return s_.current; }

  bool operator==(const dialog&) const = default;

private:
  [[nodiscard]] request_plan plan(std::uint32_t cseq) const;

  snapshot s_;
};

/// "early", "confirmed", "terminated"
[[nodiscard]] std::string_view state_name(dialog::state);

/// §12.2.1.2: 481 and 408 in answer to a request inside a dialog end it.
[[nodiscard]] bool ends_dialog(status_code);

} // namespace tandem::sip

template <>
struct std::hash<tandem::sip::dialog_id> {
  std::size_t operator()(const tandem::sip::dialog_id& id) const noexcept {
    const std::hash<std::string> h;
    return (h(id.call_id) * 31 + h(id.local_tag)) * 31 + h(id.remote_tag);
  }
};
