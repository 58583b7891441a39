#pragma once

#include "actors/admission/refusals.hpp"
#include "actors/admission/waiting_room.hpp"
#include "runtime/telemetry/metrics.hpp"

#include <optional>
#include <string>
#include <vector>

namespace tandem::actors {

/// Figures of all shards.
struct gate_counters {
  explicit gate_counters(metrics&);

  counter& admitted;
  counter& absorbed; ///< retransmissions of what waits
  counter& waited;   ///< refused: too long here
  counter& full;     ///< refused: no room
  counter& again;    ///< refused: as before
  gauge& waiting;
  histogram& wait_s; ///< of the admitted
};

/// Decides which requests are begun when more come than can be served, and which are refused, as
/// docs/OVERLOAD.md says. A value of one shard without clock or socket; nothing of it is durable.
///
/// Requests wait here from the moment they are read; at the beginning of each turn a quota of them
/// is drawn. The quota is what fits into limits::turn_budget, judged by the turns before.
class gate {
public:
  explicit gate(const gate_counters& c) : count_(c) {}

  /// Who is to be refused now: the newcomer, or others for whom there is no room any more. A
  /// retransmission of what waits is absorbed; one of what was refused is refused again.
  [[nodiscard]] std::vector<newcomer> arrive(newcomer, std::size_t share, time_point now);
  [[nodiscard]] bool holds(std::uint64_t id) const { return room_.holds(id); }
  [[nodiscard]] bool empty() const { return room_.empty(); }

  struct draft {
    std::vector<newcomer> admitted;
    std::vector<newcomer> refused;
  };
  /// A turn begins.
  [[nodiscard]] draft draw(time_point now);
  /// That turn is over, and has taken so long.
  void spent(duration);

  /// A sentence, when an overload has begun or ended; after a draw, and from time to time.
  [[nodiscard]] std::optional<std::string> news(time_point now);

private:
  void refuse(const newcomer&, counter& why, time_point now);

  waiting_room room_;
  refusals refused_;
  gate_counters count_;
  std::size_t quota_ = limits::first_quota;
  std::size_t drawn_ = 0; ///< in this turn
  time_point last_refusal_{};
  struct overload {
    time_point since;
    std::uint64_t admitted = 0; ///< up to the last refusal
    std::uint64_t admitted_since = 0;
    std::uint64_t refused = 0;
    bool is_told = false;
  };
  std::optional<overload> overload_;
};

} // namespace tandem::actors
