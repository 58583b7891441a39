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
  struct circumstances {
    duration uptime;       ///< of the host
    wall_time wall;        ///< of the host, at the restore
    std::size_t slots = 0; ///< socket pairs that are taken, as on the host where the call was
    duration absent{};     ///< since its record was committed
  };
  lone_call(const key128&, const std::string& record, const circumstances&);
  ~lone_call() override;

  void receive(const happening& datagram);
  void pass_until(duration since_restore);
  [[nodiscard]] bool is_gone() const { return gone_; }

  /// What it sent and committed: times count from the restore.
  std::vector<happening> lines;
  /// The CDRs that it gave, as their lines.
  strings details;

private:
  /// The host's clock: a wall of its own.
  class host_clock final : public clock {
  public:
    host_clock(const clock& below, wall_time at_start) : below_(below), wall_(at_start) {}
    void start() { start_ = below_.now(); }
    [[nodiscard]] time_point now() const override { return below_.now(); }
    [[nodiscard]] wall_time wall() const override {
      return wall_ + std::chrono::duration_cast<wall_time::duration>(now() - start_);
    }

  private:
    const clock& below_;
    wall_time wall_;
    time_point start_;
  };

  bool commit() override;
  void flush() override {}
  void send(const actors::outgoing&) override;
  void add(actors::call&, std::string record) override;
  void erase(const key128&) override;
  [[nodiscard]] std::optional<std::string> read(const key128&) const override { return record_; }
  void stray_message() override {}
  void input_dropped() override {}
  void fault() override {}
  void call_opened() override {}
  void call_answered() override {}

  void note(happening);

  deterministic_shard host_;
  host_clock time_;
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
