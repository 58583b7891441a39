#pragma once

#include "media/statistics.hpp"
#include "runtime/base/ip_endpoint.hpp"
#include "runtime/base/key.hpp"
#include "runtime/base/time.hpp"

#include <tl/expected.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>
#include <variant>

namespace tandem::media {

/// Names one use of one RTP/RTCP socket pair. A command or a question that carries the generation
/// of an earlier use is ignored, so a restored endpoint may repeat what it had already said.
struct slot_id {
  std::uint16_t worker = 0;
  std::uint32_t index = 0;
  std::uint32_t generation = 0;

  auto operator<=>(const slot_id&) const = default;
};

/// A socket pair that belongs to the caller until he releases it. The ports stand in our SDP;
/// the RTP port is even, the RTCP port is the next one (RFC 3550 §11).
struct slot {
  slot_id id;
  ip_endpoint rtp;
  ip_endpoint rtcp;

  bool operator==(const slot&) const = default;
};

/// What the last offer/answer lets *us* do on this stream (RFC 3264 §5.1, §6.1). It rules RTP only:
/// RTCP flows in every direction, also on hold.
enum class direction : std::uint8_t { send_receive, send_only, receive_only, inactive };

/// The other side's description, after each SDP: opens latching anew. A port of 0 or an
/// unspecified address means "not known": nothing is sent there before a source has latched.
struct set_remote {
  slot_id slot;
  ip_endpoint rtp;
  ip_endpoint rtcp;
  direction allowed = direction::send_receive;
  std::uint32_t clock_rate_hz = 8000; ///< of the RTP timestamps, for the jitter

  bool operator==(const set_remote&) const = default;
};

/// Hold, mute and resume without a new SDP from the other side: latching is left alone. From now on
/// a silence is counted anew, also when nothing else changes: so it is told what began too early.
struct set_direction {
  slot_id slot;
  direction allowed = direction::send_receive;

  bool operator==(const set_direction&) const = default;
};

/// Relays RTP and RTCP between two slots, both ways, until either is connected elsewhere, set to
/// echo or released. Both slots are of one worker: allocate them with the same call key.
struct connect {
  slot_id a;
  slot_id b;

  bool operator==(const connect&) const = default;
};

/// Sends what the slot receives back to its source.
struct echo {
  slot_id slot;

  bool operator==(const echo&) const = default;
};

/// Relays nothing more from or to this slot; it stays latched and counts.
struct disconnect {
  slot_id slot;

  bool operator==(const disconnect&) const = default;
};

/// Gives the ports back. They are handed out again only after the worker has let go of them and a
/// quarantine has passed, so that late packets of this call reach nobody.
struct release {
  slot_id slot;

  bool operator==(const release&) const = default;
};

/// The stream of this slot was under way before the process began: it is locked to the source that
/// it had, so that nobody else can take it over in between, and goes on counting where it was.
/// After set_remote; a slot that has heard something of its own takes no notice.
struct resume {
  slot_id slot;
  ip_endpoint source;     ///< port 0: none had latched
  std::uint32_t ssrc = 0; ///< of the stream from there
  packet_counters counted;

  bool operator==(const resume&) const = default;
};

/// Commands are data: an endpoint actor returns them as effects, its call submits them once the
/// commit has been made.
using command = std::variant<set_remote, set_direction, connect, echo, disconnect, release, resume>;

enum class error : std::uint8_t {
  exhausted,         ///< every pair of this family is in use or in quarantine: answer 503
  not_there,         ///< the wanted pair is not bound, another call's, or another worker's
  no_such_family,    ///< [media] has no address of this family: answer 488
  control_queue_full ///< the worker is stalled; the command was not taken
};
[[nodiscard]] std::string_view to_string(error);

/// The worker has given up one endpoint: it relays nothing more and waits for its release.
enum class failure : std::uint8_t {
  socket_error,     ///< the kernel refuses the socket itself, not a single packet
  different_worker, ///< connect() named slots of two workers
  broken_invariant  ///< a check failed on the packet path
};
[[nodiscard]] std::string_view to_string(failure);

/// The stream locked to a source: the first since the last SDP, or the old one at a new address.
struct latched {
  ip_endpoint source;
  std::uint32_t ssrc = 0;

  bool operator==(const latched&) const = default;
};

/// The first valid RTP packet of this use of the slot.
struct first_packet {
  bool operator==(const first_packet&) const = default;
};

/// No RTP for the set time on a stream that flows both ways: on hold either way nobody is missed.
/// Said once per silence.
struct rtp_timeout {
  duration silence{};

  bool operator==(const rtp_timeout&) const = default;
};

struct endpoint_failed {
  failure reason = failure::broken_invariant;

  bool operator==(const endpoint_failed&) const = default;
};

struct event {
  slot_id slot;
  key128 call; ///< as given to allocate()
  std::variant<latched, first_packet, rtp_timeout, endpoint_failed> what;

  bool operator==(const event&) const = default;
};

/// Runs in the worker's thread between two packets: it may post to a queue and no more, must not
/// throw, and must not call the engine.
using event_sink = std::function<void(const event&)>;

/// What pools hold, for metrics and for "ports are back".
struct occupancy {
  std::size_t pairs = 0;       ///< bound, all families and workers
  std::size_t free = 0;        ///< can be allocated now
  std::size_t quarantined = 0; ///< released, not yet free

  bool operator==(const occupancy&) const = default;
};

/// The control side of the packet path. Every member may be called from any thread, never blocks
/// and never waits for a worker. Two implementations: the workers' (socket_engine.hpp) and the
/// simulation's (tests/support/simulated_media.hpp).
class engine {
public:
  virtual ~engine() = default;

  /// Takes a socket pair of `family` from the worker that `call` belongs to. The pair hears nothing
  /// before the first command for it.
  [[nodiscard]] virtual tl::expected<slot, error> allocate(ip_family family,
                                                           const key128& call) = 0;

  /// Takes the very pair that `call` had before the process began, or still has. A call's pairs are
  /// on one worker; that it is the same one, with the same range and number of workers, is sure.
  [[nodiscard]] virtual tl::expected<slot, error> adopt(const ip_endpoint& rtp,
                                                        const key128& call) = 0;

  /// Hands `what` to the worker that owns the slot; commands of one thread keep their order. A
  /// `release` is always taken.
  [[nodiscard]] virtual tl::expected<void, error> submit(const command& what) = 0;

  /// The counters at the last batch; nullopt once the slot was released and its quarantine is over.
  [[nodiscard]] virtual std::optional<slot_statistics> statistics(slot_id) const = 0;

  [[nodiscard]] virtual occupancy pools() const = 0;
};

} // namespace tandem::media
