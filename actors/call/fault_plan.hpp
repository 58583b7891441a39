#pragma once

#include "actors/call/ids.hpp"
#include "runtime/base/key.hpp"
#include "runtime/base/time.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace tandem::actors {

/// Moments of a shard's turn.
enum class turn_point : std::uint8_t {
  before_commit, ///< calls have changed; nothing is stored
  after_commit,  ///< stored; nobody was told, and nothing was sent
  after_flush,   ///< sent
};

/// Faults that somebody wants to happen: the operator of a test node, or a simulation. Asked in the
/// threads of the shards.
class fault_plan {
public:
  enum class act : std::uint8_t {
    proceed,
    throw_before_commit, ///< in the handler, as a bug in it would
    /// Once what this input leads to is committed, and before anything of it is seen: the children
    /// are brought to life from those bytes, and what was to be seen is seen, once and in order.
    throw_after_commit,
    drop_message, ///< this handler does not get it
    freeze,       ///< after this input the call takes none for freeze_time()
  };
  virtual ~fault_plan() = default;

  /// A handler is about to run: of a child, or (`who` is null) of the call itself, which routes an
  /// input. `path` is the child's below its call ("leg 0/dialog"), empty for the call's own.
  [[nodiscard]] virtual act on_entry(const key128& call, std::optional<child_kind> who,
                                     const std::string& path) = 0;
  /// Asked after act::freeze was said for that call.
  [[nodiscard]] virtual duration freeze_time(const key128&) const { return {}; }
  /// A new call is about to begin. May keep the thread busy.
  virtual void on_call() {}
  /// In every turn that has something to commit or to send. May not return: the process ends.
  virtual void on_point(turn_point) = 0;
};

} // namespace tandem::actors
