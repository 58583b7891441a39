#pragma once

#include "actors/call/scope.hpp"
#include "actors/cdr/call_detail.hpp"
#include "actors/node/facts.hpp"
#include "actors/trace/ladder_archive.hpp"
#include "actors/transport/flow_directory.hpp"
#include "config/configuration.hpp"
#include "media/engine.hpp"
#include "runtime/base/hash.hpp"
#include "runtime/base/key.hpp"
#include "runtime/base/time.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace tandem {
class event_log;
}

namespace tandem::actors {

class call;
class fault_plan;

/// Writes for the wire, gathered until the shard's turn ends.
class outbox {
public:
  virtual ~outbox() = default;
  virtual void send(const outgoing&) = 0;
};

/// Where calls commit. A call that has added a record is told by msg::committed before the
/// turn ends; what it wants to be seen by others waits for that.
class commit_queue {
public:
  virtual ~commit_queue() = default;
  virtual void add(call&, std::string record) = 0;
  /// The call is over: forget its record.
  virtual void erase(const key128&) = 0;
  /// The last committed record.
  [[nodiscard]] virtual std::optional<std::string> read(const key128&) const = 0;
};

/// Figures of one shard's calls, read by the console from other threads.
struct call_counters {
  virtual ~call_counters() = default;
  virtual void stray_message() = 0;
  virtual void input_dropped() = 0;
  virtual void fault() = 0;
  virtual void call_opened() = 0;
  virtual void call_answered() = 0;
};

/// What the calls of one shard share. All of it outlives them.
struct call_services {
  const node_facts& facts;
  const clock& time;
  media::engine& media;
  outbox& wire;
  commit_queue& commits;
  ladder_archive& ladders;
  call_counters& counters;
  event_log& log;
  const flow_directory& flows; ///< connections that stand
  std::function<void(call_detail)> record_detail;
  const hash_functions& hashes;
  /// Users, trunks and routes are those of the last reload; read it anew for each input.
  std::shared_ptr<const configuration> settings;
  fault_plan* faults = nullptr; ///< null: none are wanted
};

} // namespace tandem::actors
