#pragma once

#include "protocols/sip/limits.hpp"
#include "runtime/base/time.hpp"
#include "runtime/base/timer_table.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tandem::sip {

/// How long a connection may keep us waiting.
struct stream_times {
  duration first_message = std::chrono::seconds{32}; ///< to a new one's first complete message
  duration whole_message = std::chrono::seconds{10}; ///< from the first to the last byte of one
  duration idle = std::chrono::minutes{10};          ///< without a byte either way
};

/// Which side opened the connection: we wait for a first message only of those that others opened.
enum class stream_opener : std::uint8_t { peer, ourselves };

/// What a connection delivered.
struct stream_item {
  enum class kind : std::uint8_t {
    none,    ///< nothing more for now
    message, ///< one whole message
    ping,    ///< the keep-alive of RFC 5626 §3.5.1: answer with one CRLF (§4.4.1)
    broken,  ///< no way to tell where the next message begins: answer if you can, close
  };
  kind is = kind::none;
  std::string_view bytes{}; ///< of the message, or what there is of it; good until the next call
};

/// Why a connection is to be closed.
enum class stream_fault : std::uint8_t { never_spoke, half_message, idle };

/// One connection as SIP sees it, sans I/O: cuts the bytes into messages (RFC 3261 §18.3: there
/// Content-Length decides), knows keep-alives, and says when the peer has kept us waiting for too
/// long. Holds one message at most. It dies with its connection, so it has no snapshot.
///
/// Assumption: a message that cannot be framed cannot be skipped either (§18.3 gives no way), so
/// `broken` is the end.
class stream_session {
public:
  stream_session(stream_opener, const stream_times&, time_point now, const message_limits& = {});

  void on_bytes(std::string_view, time_point now);
  /// Call until `none`; after `broken` there is only `none`.
  [[nodiscard]] stream_item next(time_point now);
  void on_sent(time_point now);

  [[nodiscard]] std::optional<time_point> next_deadline() const { return timers_.next(); }
  [[nodiscard]] std::optional<stream_fault> on_deadline(time_point now);
  /// Somebody needs the connection although nothing goes over it.
  void keep(time_point until);

  /// When the peer completed its last message; until then, since it is there.
  [[nodiscard]] time_point last_message() const { return last_message_; }
  [[nodiscard]] std::size_t held_bytes() const { return held_.size() - at_; }

private:
  enum class timer : std::uint8_t { first, whole, idle, count };

  void drop_spent();
  void skip_line_ends();

  stream_times times_;
  message_limits limits_;
  time_point last_message_;
  timer_table<timer> timers_;
  std::string held_; ///< received; what stands before at_ was given out
  std::size_t at_ = 0;
  std::size_t wanted_ = 0; ///< bytes of the message under way, when its head is complete
  std::size_t seen_ = 0;   ///< bytes of its head already searched for the empty line
  unsigned line_ends_ = 0; ///< CRLFs in a row between messages
  unsigned pings_ = 0;     ///< not yet given out
  bool broken_ = false;
};

} // namespace tandem::sip
