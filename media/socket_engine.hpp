#pragma once

#include "media/engine.hpp"
#include "media/settings.hpp"

#include <tl/expected.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace tandem::media {

/// The packet path as a whole, for metrics.
struct traffic {
  // Since the engine started:
  std::uint64_t received = 0;      ///< RTP packets, valid and from the latched source
  std::uint64_t sent = 0;          ///< RTP packets
  std::uint64_t expected = 0;      ///< RTP packets: received, and lost by RFC 3550 A.3
  std::uint64_t dropped = 0;       ///< datagrams, for any of the reasons of `drop`
  std::uint64_t carried = 0;       ///< of those received: by the kernel (kernel/)
  std::uint64_t flows_refused = 0; ///< streams that it would not carry: no room or no way
  // Of the streams that were heard within limits::stream_is_heard:
  std::size_t streams = 0;
  duration mean_jitter{};
  duration worst_jitter{};
};

struct started_engine {
  std::unique_ptr<engine> media;
  /// Looks at every slot in use. Any thread, as long as `media` lives.
  std::function<traffic()> look;
  std::vector<std::string> warnings; ///< sentences for the log: what was asked for and not given
};

/// Raises the limit of open files, binds the port pool and starts the workers; errors are sentences
/// that say what to set. The clock outlives the engine. Destroying the engine joins the workers, so
/// the sink is not called after that.
[[nodiscard]] tl::expected<started_engine, std::string>
start_socket_engine(const engine_settings&, const clock&, event_sink);

} // namespace tandem::media
