#pragma once

#include "runtime/actor/shard.hpp"

#include <caf/actor.hpp>

#include <atomic>
#include <chrono>
#include <span>
#include <thread>

namespace tandem {

/// The loop that makes a shard live: wait on the reactor, turn, wait until the next deadline.
class shard_thread {
public:
  /// Starts the thread at once; all references must outlive this object.
  shard_thread(shard&, reactor&);
  /// stop()
  ~shard_thread();

  /// Ends the loop after the current turn, runs what has arrived meanwhile, closes the shard and
  /// joins. Afterwards nothing runs there and requests to its actors are bounced.
  void stop();

private:
  void loop();

  shard& shard_;
  reactor& reactor_;
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

/// The order in which a node stops: end the supervisors (each ends its children) one after another
/// in the given order, then stop the threads; the caller destroys the shards and then the actor
/// system. Never call it from an actor. False: a supervisor had not ended within `patience`; its
/// shard was closed all the same.
bool stop_node(caf::actor_system&, std::span<const caf::actor> supervisors,
               std::span<shard_thread* const>, std::chrono::milliseconds patience);

} // namespace tandem
