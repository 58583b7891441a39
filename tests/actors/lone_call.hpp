#pragma once

#include "actors/call/call.hpp"
#include "runtime/io/libcrypto_hash.hpp"
#include "runtime/telemetry/event_log.hpp"
#include "tests/actors/world.hpp"
#include "tests/support/deterministic_shard.hpp"

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace tandem::test {

/// One call on a host of its own: restored from a record, on a clock that started elsewhere. The
/// test is its transport and its store.
class lone_call final : private turn_stage,
                        private actors::outbox,
                        private actors::commit_queue,
                        private actors::call_counters {
public:
  /// `uptime` of the host; `slots` socket pairs are taken as on the host where the call was.
  lone_call(const key128&, const std::string& record, duration uptime, std::size_t slots);
  ~lone_call() override;

  void receive(const happening& datagram);
  void pass_until(duration since_restore);
  [[nodiscard]] bool is_gone() const { return gone_; }

  /// What it sent and committed: times count from the restore.
  std::vector<happening> lines;

private:
  bool commit() override;
  void flush() override {}
  void send(const actors::outgoing&) override;
  void add(actors::call&, std::string record) override;
  void erase(const key128&) override;
  [[nodiscard]] std::optional<std::string> read(const key128&) const override { return record_; }
  void stray_message() override {}
  void input_dropped() override {}
  void fault() override {}

  void note(happening);

  deterministic_shard host_;
  event_log log_;
  simulated_media media_;
  libcrypto_hash hashes_{libcrypto_hash::secret{1, 2, 3}};
  actors::node_facts facts_;
  actors::flow_directory flows_;
  actors::ladder_archive ladders_{std::chrono::hours{1}};
  actors::call_services services_;
  time_point start_;
  caf::actor call_;
  std::optional<std::string> record_;
  std::optional<std::string> changed_;
  std::vector<happening> outbox_;
  bool gone_ = false;
};

} // namespace tandem::test
