#pragma once

#include "actors/node/call_shard.hpp"
#include "runtime/io/libcrypto_hash.hpp"
#include "runtime/io/simulated/simulated_reactor.hpp"
#include "runtime/io/siphash.hpp"
#include "runtime/telemetry/event_log.hpp"
#include "tests/support/deterministic_shard.hpp"
#include "tests/support/simulated_media.hpp"

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tandem::test {

/// What a node is given and what outlives it: its cable, its disk, its clock, and who reads what
/// it writes.
struct node_grounds {
  const clock& time;
  network& net;
  std::vector<actors::shard_stores> stores; ///< of each shard, as many as the settings say
  std::function<void(std::string_view)> log_line;
  std::function<void(actors::call_detail)> detail;
  actors::fault_plan* faults = nullptr;                               ///< what is to go wrong in it
  std::function<bool(const key128&, wall_time started)> has_detail{}; ///< of the lives before
  std::string boot_id = "boot";
};

struct node_shape {
  configuration settings;
  actors::app_catalogue apps;
  duration ring_timeout{};
  std::size_t calls_per_shard = 1000;
  std::size_t media_pairs = 100;
  std::size_t bindings_per_node = 100;
};

/// One life of a node, from its start to its end, in virtual time: all that a process of it has.
/// Shards, transports, router and calls are as in tandemd; media is simulated.
struct node_life {
  node_life(const node_grounds&, node_shape);
  ~node_life();

  /// One turn of one shard, until it has nothing more to do.
  void step(std::size_t shard);
  /// After a round of all of them: there is more to do at this moment.
  [[nodiscard]] bool is_busy();
  /// When something is due here.
  [[nodiscard]] std::optional<time_point> next() const;

  node_shape shape;
  deterministic_system system;
  simulated_media media;
  siphash hash{siphash::secret{1, 2, 3}};
  libcrypto_hash hashes{libcrypto_hash::secret{1, 2, 3}};
  event_log log;
  metrics figures;
  tree nodes{"a"};
  actors::node_facts facts;
  actors::flow_directory flows;
  std::unique_ptr<actors::node_environment> env;
  std::vector<std::unique_ptr<simulated_reactor>> bells;
  std::vector<std::unique_ptr<actors::call_shard>> shards;
  std::size_t rows_at_rest = 0;
  std::size_t timers_at_rest = 0; ///< of each shard
  std::string gave_up;            ///< why a shard's supervisor ended

private:
  const clock& time_;
};

} // namespace tandem::test
