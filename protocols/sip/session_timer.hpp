#pragma once

#include "protocols/sip/typed_headers.hpp"
#include "protocols/sip/writer.hpp"
#include "runtime/base/actions.hpp"
#include "runtime/base/time.hpp"
#include "runtime/base/timer_table.hpp"

#include <tl/expected.hpp>

#include <chrono>
#include <cstdint>
#include <optional>

namespace tandem::sip {

/// What the configuration says about session timers.
struct session_timer_rules {
  std::chrono::seconds wanted{1800}; ///< 0: none towards peers that do not ask
  std::chrono::seconds least{90};    ///< our Min-SE, RFC 4028 §5: 90 at least
};

/// What a message says about them: RFC 4028 §4, §5.
struct session_timer_fields {
  enum class refresher : std::uint8_t { uac, uas }; ///< of the transaction of this message
  bool supported = false;                           ///< "timer" in Supported or Require
  std::optional<std::chrono::seconds> interval;     ///< Session-Expires
  std::optional<refresher> who;
  std::chrono::seconds least{90}; ///< Min-SE, or its default

  bool operator==(const session_timer_fields&) const = default;
};
/// The error is of Session-Expires or Min-SE.
[[nodiscard]] header_result<session_timer_fields> read_session_timer(const message&);
/// Supported: timer, and Session-Expires and Min-SE where they say something.
void write_session_timer(message_writer&, const session_timer_fields&);

enum class session_timer_action : std::uint8_t {
  refresh, ///< Send UPDATE, or re-INVITE with the unchanged description.
  expire,  ///< The session is not alive any more: BYE (§10).
};

/// Session timers of one dialog: RFC 4028. Sans-IO.
///
/// Whoever refreshes does so at half the interval. Whether it is we or the peer: when no refresh
/// has succeeded by min(32 s, a third of the interval) before its end, the session is over.
///
/// Assumptions. A peer that asks for timers without naming the refresher refreshes itself; when we
/// ask, we do. An interval below our Min-SE from somebody who does not know timers was put in by a
/// proxy: it is taken as it is, since 422 would tell him nothing (§9).
class session_timer {
public:
  enum class refresher : std::uint8_t { nobody, us, peer };

  session_timer() = default;
  /// Of an INVITE that is sent again: RFC 4028 §7.3 with the Min-SE of the 422; 0: of a first one.
  explicit session_timer(std::chrono::seconds raised) : raised_(raised) {}

  struct snapshot;
  [[nodiscard]] snapshot snapshot_at(time_point now) const;
  session_timer(const snapshot&, time_point now);

  /// §9: what we answer this request with in its 2xx, and agree to; the error is the Min-SE of our
  /// 422. Nothing runs before start().
  [[nodiscard]] tl::expected<void, std::chrono::seconds> agree(const session_timer_fields& request,
                                                               const session_timer_rules&);
  /// §7.2: what the 2xx to our request says.
  void on_2xx(const session_timer_fields&, time_point now);
  /// §7.3: the peer refused an interval as too short. True: ask again with its Min-SE, but once.
  [[nodiscard]] bool on_422(const session_timer_fields&);
  /// A 2xx of ours left: the session was refreshed.
  void start(time_point now);
  /// The refresh failed in a way that does not end the dialog: try again a little later.
  void on_refresh_refused(time_point now);
  /// The dialog is ending.
  void stop();

  /// What our next request says: §7.1, §7.4.
  [[nodiscard]] session_timer_fields request_fields(const session_timer_rules&) const;
  /// What our 2xx says; "Require: timer" goes with it when the peer is to refresh.
  [[nodiscard]] session_timer_fields response_fields() const;

  [[nodiscard]] actions<session_timer_action> on_deadline(time_point now);
  [[nodiscard]] std::optional<time_point> next_deadline() const { return timers_.next(); }
  [[nodiscard]] refresher current() const { return refresher_; }
  [[nodiscard]] std::chrono::seconds interval() const { return interval_; }

private:
  enum class timer : std::uint8_t { expiry, refresh, count };

  std::chrono::seconds interval_{0}; ///< 0: none
  std::chrono::seconds raised_{0};   ///< the Min-SE of a 422
  refresher refresher_ = refresher::nobody;
  timer_table<timer> timers_;
};

struct session_timer::snapshot {
  std::chrono::seconds interval{0};
  std::chrono::seconds raised{0};
  refresher who = refresher::nobody;
  timer_table<timer>::remaining timers{};

  bool operator==(const snapshot&) const = default;
};

} // namespace tandem::sip
