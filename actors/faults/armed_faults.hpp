#pragma once

#include "actors/call/fault_plan.hpp"
#include "actors/faults/fault_path.hpp"

#include <tl/expected.hpp>

#include <atomic>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <vector>

namespace tandem::actors {

/// One fault that is to happen.
struct fault {
  enum class kind : std::uint8_t {
    throw_before_commit,
    throw_after_commit,
    drop,
    freeze,
    cost,
    exit
  };
  kind what = kind::throw_before_commit;
  fault_path path;                              ///< all but cost and exit: whose handler
  std::optional<child_kind> who = std::nullopt; ///< only actors of this kind
  turn_point point = turn_point::before_commit; ///< exit
  duration cost{};         ///< cost: what each new call takes of its shard's time
  std::uint64_t entry = 1; ///< the how manieth match is the first to be hit, from 1
  std::uint64_t times = 1; ///< how many in a row are hit; 0: all from then on
  duration freeze{};
};

/// What was armed, and what became of it.
struct fault_report {
  std::uint32_t id = 0;
  fault what;
  std::uint64_t seen = 0;  ///< entries or points that matched
  std::uint64_t fired = 0; ///< of them
};

/// Faults that the operator of a test node has armed. Any thread; one that has done its work stays
/// in the list until it is disarmed.
class armed_faults final : public fault_plan {
public:
  /// `end_process` ends it at once, as kill -9 would, and does not return. `spend` keeps the thread
  /// busy for so long.
  explicit armed_faults(std::function<void()> end_process,
                        std::function<void(duration)> spend = {});

  /// Its number. The error says what would be right.
  [[nodiscard]] tl::expected<std::uint32_t, std::string> arm(fault);
  /// False: there is none of this number.
  bool disarm(std::uint32_t id);
  /// How many there were.
  std::size_t disarm_all();
  /// In the order in which they were armed.
  [[nodiscard]] std::vector<fault_report> list() const;

  [[nodiscard]] act on_entry(const key128& call, std::optional<child_kind> who,
                             const std::string& path) override;
  [[nodiscard]] duration freeze_time(const key128&) const override;
  void on_call() override;
  void on_point(turn_point) override;

private:
  [[nodiscard]] static bool hits(fault_report&);

  const std::function<void()> end_process_;
  const std::function<void(duration)> spend_;
  std::atomic<bool> any_{false}; ///< so that a node with nothing armed takes no lock
  mutable std::mutex lock_;      // guards all below
  std::vector<fault_report> armed_;
  std::uint32_t next_id_ = 1;
};

} // namespace tandem::actors
