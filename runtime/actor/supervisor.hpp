#pragma once

#include "runtime/actor/sharded.hpp"
#include "runtime/actor/supervision.hpp"

#include <caf/actor.hpp>
#include <caf/event_based_actor.hpp>

#include <functional>
#include <string>
#include <unordered_map>
#include <vector>

namespace tandem {

/// Spawns a child in its place and returns its only handle; throws when it cannot. The place
/// carries how often it was restarted and why, for the tree. The child may live on any shard or on
/// CAF's scheduler.
using child_starter = std::function<caf::actor(tree_place)>;

/// One row of a supervisor's table.
struct child_row {
  std::string name;
  const char* kind; ///< static text
  restart_type restart = restart_type::permanent;
  shutdown_time shutdown{};
  child_starter start;
};

/// How an exit reason reads in OTP's words: none is normal, user_shutdown is shutdown, all else a
/// failure.
[[nodiscard]] child_exit exit_kind(const caf::error&);

/// A supervisor as OTP knows it: hosts a `supervision` over a table of children that is fixed.
/// user_shutdown ends it in order; kill ends it and its children at once.
class supervisor final : public sharded<caf::event_based_actor> {
public:
  supervisor(caf::actor_config&, shard& home, tree_place, restart_strategy, restart_limit,
             std::vector<child_row>);

  caf::behavior make_behavior() override;
  void on_exit() override;

private:
  struct child {
    child_row row;
    caf::actor handle;
    std::string last_error;
  };

  void perform(supervision::actions);
  void perform(const supervision::action&, supervision::actions& then);
  [[nodiscard]] caf::actor start_child(child&, std::size_t index);
  void on_down(const caf::down_msg&);
  void on_wheel();

  std::vector<child> children_;
  supervision machine_;
  std::unordered_map<caf::actor_id, std::size_t> index_of_;
  timer deadline_ = timer::calling<&supervisor::on_wheel>(this);
};

/// What all children of a dynamic_supervisor have in common.
struct dynamic_row {
  const char* kind; ///< static text
  restart_type restart = restart_type::transient;
  restart_limit limit{}; ///< of each child for itself
  shutdown_time shutdown{};
  child_starter start;
  /// A child failed more often than its limit and is not started again. Optional.
  std::function<void(const std::string& name, const std::string& last_error)> gave_up{};
};

/// A supervisor for children that come and go, all of one sort (OTP's simple_one_for_one): adding
/// and removing one takes constant time.
///
/// DEVIATION OTP: the restart limit holds for each child by itself, and exceeding it gives up that
/// child alone. A failure inside one call must touch no other call.
class dynamic_supervisor final : public sharded<caf::event_based_actor> {
public:
  dynamic_supervisor(caf::actor_config&, shard& home, tree_place, dynamic_row);

  /// Starts a child of this name, which must not exist. Null: this supervisor is shutting down or
  /// the child could not be started. On the shard's thread, like the next two.
  [[nodiscard]] caf::actor start_child(const std::string& name);
  /// Null: there is none.
  [[nodiscard]] caf::actor find(const std::string& name) const;
  /// Tells the child to end; it is not started again. False: there is none.
  bool stop_child(const std::string& name);
  [[nodiscard]] std::size_t size() const { return children_.size(); }

  caf::behavior make_behavior() override;
  void on_exit() override;

private:
  struct child {
    caf::actor handle;
    restart_history history;
    std::uint32_t restarts = 0;
    bool stopping = false;
  };

  [[nodiscard]] caf::actor spawn_child(const std::string& name, std::uint32_t restarts,
                                       std::string last_error);
  void on_down(const caf::down_msg&);
  void remove(const std::string& name);
  void begin_shutdown();
  void on_wheel();

  dynamic_row row_;
  std::unordered_map<std::string, child> children_;
  std::unordered_map<caf::actor_id, std::string> name_of_;
  bool closing_ = false;
  timer deadline_ = timer::calling<&dynamic_supervisor::on_wheel>(this);
};

} // namespace tandem
