#pragma once

#include "actors/admission/newcomer.hpp"
#include "runtime/base/ip_endpoint.hpp"
#include "runtime/base/time.hpp"

#include <cstddef>
#include <deque>
#include <list>
#include <optional>
#include <unordered_map>
#include <unordered_set>

namespace tandem::actors {

/// Where requests wait to be begun, a bounded number of them. Each source address (IPv6: each /64)
/// has a queue of its own and they take turns, so that who sends much waits longer than who sends
/// little. A source has `share` of its requests begun at each of its turns. When the room is full,
/// the source with most in it for its share loses its newest.
class waiting_room {
public:
  /// Who must go, if it was full: he, or somebody else.
  [[nodiscard]] std::optional<newcomer> add(newcomer, std::size_t share, time_point now);
  /// Its turn has come.
  struct admitted {
    newcomer who;
    time_point since;
  };
  [[nodiscard]] std::optional<admitted> next();
  /// One that came before `then`.
  [[nodiscard]] std::optional<newcomer> older_than(time_point then);

  [[nodiscard]] bool holds(std::uint64_t id) const { return ids_.contains(id); }
  [[nodiscard]] bool empty() const { return line_.empty(); }
  [[nodiscard]] std::size_t size() const { return line_.size(); }
  [[nodiscard]] std::size_t sources() const { return sources_.size(); }

private:
  struct source;
  using ring = std::list<source>;
  struct place {
    newcomer who;
    time_point since;
    ring::iterator of;
  };
  using line = std::list<place>;
  struct source {
    ip_endpoint site;
    std::size_t share;
    std::size_t left; ///< of its turn
    std::deque<line::iterator> queue{};
  };

  [[nodiscard]] ring::iterator enter(const ip_address&, std::size_t share);
  [[nodiscard]] bool is_full() const;
  [[nodiscard]] std::optional<newcomer> push_out();
  [[nodiscard]] newcomer remove(line::iterator);

  line line_; ///< in the order of their coming
  ring ring_; ///< sources that have somebody here; the first has its turn
  std::unordered_map<ip_endpoint, ring::iterator> sources_;
  std::unordered_set<std::uint64_t> ids_;
  std::size_t bytes_ = 0;
};

} // namespace tandem::actors
