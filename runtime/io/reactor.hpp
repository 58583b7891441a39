#pragma once

#include "runtime/base/time.hpp"

#include <optional>

namespace tandem {

/// What one shard waits on: its sockets and its door bell. Handlers of sockets opened on a reactor
/// run inside `poll()`, in the thread that calls it. Two implementations: `asio_reactor` and
/// `simulated_reactor`.
///
/// A shard's loop is: look at the queues that others fill, then `poll()`, then again. Whoever
/// fills a queue does so *before* he rings, so a ring is answered by any later look at the queue.
class reactor {
public:
  virtual ~reactor() = default;
  /// Runs what is ready; with nothing ready, waits until something is, until `wake()`, or for
  /// `at_most` (nullopt: no limit; zero: do not wait). May return early; never from inside itself.
  virtual void poll(std::optional<duration> at_most) = 0;
  /// Ends the current or the next wait. Any thread; cheap when the shard is awake.
  virtual void wake() = 0;
};

} // namespace tandem
