#pragma once

#include "actors/calls/call_archive.hpp"
#include "actors/node/stamp.hpp"
#include "cluster/store/patient_store.hpp"
#include "runtime/telemetry/metrics.hpp"

#include <optional>
#include <span>
#include <string>
#include <vector>

namespace tandem {
class event_log;
}

namespace tandem::actors {

/// Where one shard commits; outlives it.
struct shard_stores {
  cluster::store& calls;
  cluster::store& registrations;
  cluster::store* marks = nullptr;   ///< null: what it should know at its next start it will not
  cluster::store* damaged = nullptr; ///< null: records that nobody can read are dropped
};

/// The records of one shard's calls: each with the stamp of its commit, in memory while the disk
/// fails, and given back when calls start.
class stored_calls final {
public:
  stored_calls(const shard_stores&, std::string_view boot_id, const clock&, gauge& degraded,
               event_log&);

  /// Adds the stamps. A failure is said, and what could not be written is kept.
  void commit(std::vector<cluster::record_change>&);
  /// The record last committed, without its stamp.
  [[nodiscard]] std::optional<std::string> read(const key128&) const;
  /// Now and then: writes what was missed; and, while there are calls, that we live.
  void keep_house(bool calls_live);

  // See call_archive.
  [[nodiscard]] duration downtime() const;
  [[nodiscard]] tl::expected<void, std::string> visit(const call_archive::visitor&) const;
  void visit(const key128&, const call_archive::visitor&) const;
  [[nodiscard]] std::uint32_t begin_attempt(const key128&);
  void end_attempts();
  /// Its record is still to be erased.
  void set_aside(const key128&, std::string_view bytes);

private:
  [[nodiscard]] stamp this_moment() const { return {boot_, time_.now(), time_.wall()}; }
  void commit_some(std::span<const cluster::record_change>);
  void mark(const key128&, std::optional<std::string> bytes);

  cluster::patient_store calls_;
  cluster::store* marks_;
  cluster::store* damaged_;
  std::optional<std::string> last_attempt_; ///< as the process before this one left it
  const std::uint64_t boot_;
  const clock& time_;
  gauge& degraded_;
  event_log& log_;
};

/// Brings each record to the shard that owns its key: the number of shards may be another than when
/// it was written. The first `owners` are the shards'; any others are emptied. Returns how many
/// were moved. Before the shards run.
[[nodiscard]] tl::expected<std::size_t, std::string> settle_calls(const std::vector<shard_stores>&,
                                                                  std::size_t owners);

} // namespace tandem::actors
