#pragma once

#include "actors/admission/newcomer.hpp"
#include "runtime/base/ip_endpoint.hpp"
#include "runtime/base/time.hpp"

#include <cstddef>
#include <deque>
#include <list>
#include <map>
#include <optional>
#include <unordered_set>
#include <vector>

namespace tandem::actors {

/// Where requests wait to be begun. Each source address (IPv6: each /64) has a queue of its own and
/// they take turns, so that who sends much waits longer than who sends little. A source has `share`
/// of its requests begun at each of its turns. What waits is bounded in bytes, and so in requests:
/// beyond that the source with most in it for its share loses its newest. Nothing here takes longer
/// the more wait.
class waiting_room {
public:
  waiting_room() = default;
  waiting_room(const waiting_room&) = delete; // it points into itself
  waiting_room& operator=(const waiting_room&) = delete;

  /// Who must go, since it is full: he, or others.
  [[nodiscard]] std::vector<newcomer> add(newcomer, std::size_t share, time_point now);
  /// Its turn has come.
  struct admitted {
    newcomer who;
    time_point since;
  };
  [[nodiscard]] std::optional<admitted> next();
  /// One that has waited too long: for limits::patient_wait, or for limits::overload_wait where his
  /// source had had somebody here for all of limits::standing_queue when he came.
  [[nodiscard]] std::optional<newcomer> overdue(time_point now);

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
    time_point since; ///< somebody of it has been here all the time
    std::size_t share;
    std::size_t left; ///< of its turn
    std::size_t bytes = 0;
    std::deque<line::iterator> queue{};
  };

  [[nodiscard]] ring::iterator enter(const ip_address&, std::size_t share, time_point now);
  [[nodiscard]] newcomer remove(line::iterator);
  void compare(ring::iterator);

  line line_;                              ///< in the order of their coming
  line::iterator judged_ = line_.end();    ///< from here on: not yet after overload_wait
  ring ring_;                              ///< sources with somebody here; the first has its turn
  ring::iterator greediest_ = ring_.end(); ///< of those that came lately
  std::map<ip_endpoint, ring::iterator> sources_; ///< ordered: whoever forges can build no chain
  std::unordered_set<std::uint64_t> ids_;
  std::size_t bytes_ = 0;
};

} // namespace tandem::actors
