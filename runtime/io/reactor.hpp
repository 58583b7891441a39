#pragma once

#include "runtime/base/time.hpp"

#include <optional>

namespace tandem {

/// What one shard waits on: its sockets and its door bell. Handlers of sockets opened on a reactor
/// run inside `poll()`, in the thread that calls it. Two implementations: Asio and the simulation.
class reactor {
public:
  virtual ~reactor() = default;
  /// Runs what is ready; with nothing ready, waits until something is, until `wake()`, or for
  /// `at_most` (nullopt: no limit; zero: do not wait).
  virtual void poll(std::optional<duration> at_most) = 0;
  /// Ends the current or the next wait. Any thread.
  virtual void wake() = 0;
};

} // namespace tandem
