#pragma once

#include "protocols/rtp/stream_statistics.hpp"
#include "runtime/base/ip_endpoint.hpp"
#include "runtime/base/time.hpp"

#include <cstdint>
#include <optional>
#include <vector>

namespace tandem::media {

/// Which packets a flow takes: from `remote` to our `local`.
struct flow_name {
  ip_endpoint local, remote;

  bool operator==(const flow_name&) const = default;
};

/// One direction of a settled stream, carried without the worker. What the name, the SSRC and the
/// numbering of RFC 3550 A.1 do not cover comes to the socket, and the worker judges it.
struct flow {
  flow_name name;
  ip_endpoint source;      ///< our port that it leaves from
  ip_endpoint destination; ///< of the same family as `name`
  std::uint32_t clock_rate_hz = 8000;
  std::uint32_t packets_per_second = 0;
  std::uint64_t described = 0; ///< a hash of what the SDP named when `name.remote` was locked to
  rtp::stream_statistics::position position; ///< where its numbering begins

  /// Does it take and send the same, wherever the stream stands by now?
  [[nodiscard]] bool leads_as(const flow& f) const noexcept {
    return name == f.name && source == f.source && destination == f.destination
           && position.ssrc == f.position.ssrc;
  }
};

/// Since the flow was set up.
struct flow_counts {
  std::uint64_t packets = 0;
  std::uint64_t bytes = 0;   ///< UDP payload
  std::uint64_t flooded = 0; ///< dropped: too many a second
  std::uint64_t expired = 0; ///< dropped: no hop left (RFC 791 §3.2)
  time_point heard_at{};     ///< with packets
  rtp::stream_statistics::position position;

  bool operator==(const flow_counts&) const = default;
  [[nodiscard]] flow_counts since(const flow_counts& before) const noexcept {
    return {packets - before.packets,
            bytes - before.bytes,
            flooded - before.flooded,
            expired - before.expired,
            heard_at,
            position};
  }
};

/// Where flows are set up. Two implementations: the kernel's (kernel/kernel_flows.hpp) and that of
/// tests. Any thread; a call costs a system call or a few, so none is made for a packet.
class flow_table {
public:
  virtual ~flow_table() = default;

  /// False: no room, or no way there that avoids the sockets. The name is not taken.
  [[nodiscard]] virtual bool install(const flow&) noexcept = 0;
  [[nodiscard]] virtual std::optional<flow_counts> read(const flow_name&) const noexcept = 0;
  /// When it returns, no further packet is taken.
  virtual std::optional<flow_counts> remove(const flow_name&) noexcept = 0;
  /// Flows are carried until then; said again and again while the node lives.
  virtual void live_until(time_point) noexcept = 0;
};

/// What one worker has of it.
struct flow_share {
  flow_table* table = nullptr; ///< nullptr: every packet goes through sockets; else it lives longer
  std::vector<flow> inherited; ///< into this worker's ports, from a process that was killed
};

/// For whoever reads a slot's counters from another thread: what carries it, and what of that is in
/// the published statistics already.
struct flow_view {
  static constexpr std::uint32_t nobody = ~std::uint32_t{0};
  std::uint32_t to = nobody;   ///< the slot that the flow into this one leaves from
  std::uint32_t from = nobody; ///< the slot whose flow leaves from this one
  flow_name name;              ///< with `to`
  flow_counts told;

  bool operator==(const flow_view&) const = default;
};

} // namespace tandem::media
