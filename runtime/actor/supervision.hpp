#pragma once

#include "runtime/base/actions.hpp"
#include "runtime/base/time.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace tandem {

/// Whom the death of one child concerns.
enum class restart_strategy : std::uint8_t {
  one_for_one,  ///< the child alone
  one_for_all,  ///< every child
  rest_for_one, ///< the child and those started after it
};

/// Which ends of a child call for a new one.
enum class restart_type : std::uint8_t {
  permanent, ///< every end
  transient, ///< a failure
  temporary, ///< none; its siblings' deaths do not bring it back either
};

/// How a child ended.
enum class child_exit : std::uint8_t {
  normal,
  shutdown, ///< told to
  failure,
};

[[nodiscard]] bool calls_for_restart(restart_type, child_exit);

/// How long a child may take to end when told to, before it is killed.
struct shutdown_time {
  std::optional<duration> limit = std::chrono::seconds{5};

  static shutdown_time brutal_kill() { return {duration{}}; }
  static shutdown_time infinity() { return {std::nullopt}; }
};

/// More than `intensity` restarts within `period` and the supervisor gives up.
struct restart_limit {
  std::size_t intensity = 1;
  duration period = std::chrono::seconds{5};
};

/// Remembers when restarts happened; in constant space.
class restart_history {
public:
  explicit restart_history(restart_limit limit) : limit_(limit) {}
  /// Notes one restart. False: that is one too many.
  [[nodiscard]] bool admit(time_point now);

private:
  restart_limit limit_;
  std::vector<time_point> recent_; // at most `intensity`; empty, it takes no memory
};

/// The supervisor of Erlang/OTP (supervisor behaviour) as a sans-IO machine: which child is to be
/// started, told to shut down or killed, and when the supervisor itself ends.
///
/// Children start in the order of the table, one after the other, and end in reverse order; both
/// also within a restart. A child that cannot be started again counts as another restart. The host
/// answers each `start` with on_started or on_start_failed and reports every end with on_exited.
///
///     starting --all up--> running --death--> stopping some --all down--> starting them again
///         |                   |  `--too many, or stop()--> stopping all --> ended
///         `--start failed-----'
///
/// Not taken over from OTP: significant children and auto_shutdown, hibernation, code upgrades.
class supervision {
public:
  struct child_spec {
    restart_type restart = restart_type::permanent;
    shutdown_time shutdown{};
  };

  struct action {
    enum class kind : std::uint8_t {
      start,    ///< bring the child up
      shutdown, ///< tell it to end
      kill,     ///< end it without asking
      end,      ///< every child is down: the supervisor ends with `exit`
    };
    kind what;
    std::size_t child = 0;
    child_exit exit = child_exit::shutdown;

    bool operator==(const action&) const = default;
  };
  using actions = tandem::actions<action>;

  supervision(restart_strategy, restart_limit, std::vector<child_spec>);

  [[nodiscard]] actions start(time_point now);
  [[nodiscard]] actions on_started(std::size_t child, time_point now);
  [[nodiscard]] actions on_start_failed(std::size_t child, time_point now);
  /// Of a child that is up, or was told to end. Anything else is ignored.
  [[nodiscard]] actions on_exited(std::size_t child, child_exit, time_point now);
  /// The supervisor itself is told to end.
  [[nodiscard]] actions stop(time_point now);
  [[nodiscard]] actions on_deadline(time_point now);
  [[nodiscard]] std::optional<time_point> next_deadline() const { return kill_at_; }

  [[nodiscard]] bool ended() const { return phase_ == phase::ended; }
  [[nodiscard]] bool is_up(std::size_t child) const;
  [[nodiscard]] std::size_t restarts(std::size_t child) const { return children_[child].restarts; }

private:
  enum class phase : std::uint8_t { idle, starting, running, stopping, ended };
  enum class child_state : std::uint8_t {
    down,
    starting,
    up,
    died,    ///< ended by itself while others were started or stopped; looked at afterwards
    ending,  ///< was told to end
    removed, ///< a temporary child that ended
  };
  struct row {
    child_spec spec;
    child_state state = child_state::down;
    child_exit last_exit = child_exit::normal;
    bool wanted = true; ///< to be started by the current round
    std::size_t restarts = 0;
  };

  [[nodiscard]] static child_state down_state(restart_type);
  void start_next(actions&);
  void stop_next(time_point now, actions&);
  void settle(time_point now, actions&);
  void child_ended(std::size_t, time_point now);
  void restart_from(std::size_t, time_point now);
  void give_up(child_exit);
  [[nodiscard]] bool concerns(std::size_t dead, std::size_t other) const;

  restart_strategy strategy_;
  restart_history history_;
  std::vector<row> children_;
  phase phase_ = phase::idle;
  bool ever_running_ = false;
  std::optional<child_exit> final_exit_; ///< set: on the way to the end
  std::optional<std::size_t> stopping_;  ///< the child that is being ended
  std::vector<bool> to_stop_;
  std::optional<time_point> kill_at_;
};

} // namespace tandem
