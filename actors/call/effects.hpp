#pragma once

#include "actors/call/events.hpp"
#include "actors/call/scope.hpp"
#include "media/engine.hpp"

#include <cstddef>
#include <list>
#include <optional>
#include <string>
#include <vector>

namespace tandem::actors {

/// A word from one child to another, said when the first has returned.
struct visit {
  child_id to;
  msg::event what;
};

/// All that one input led to; nothing of it is seen outside before the commit.
struct effects {
  struct addressed {
    outgoing what;
    std::string leg; ///< for the ladder
  };

  std::list<visit> visits; ///< still to be made
  std::vector<child_id> endings;
  std::vector<addressed> wire;
  std::vector<media::command> media;
  std::size_t sent = 0;                  ///< of `wire`, so far
  std::size_t commanded = 0;             ///< of `media`, so far
  std::vector<media::slot_id> allocated; ///< given back if the input fails
  bool durable = false;                  ///< state changed: commit before anybody sees it
  bool later = false; ///< state changed that nobody can see: some commit to come carries it
  std::optional<std::string> record; ///< what is to be committed, at the end of the input

  /// Gives back the memory, too: calls wait far longer than they work.
  void clear() { *this = effects{}; }
};

} // namespace tandem::actors
