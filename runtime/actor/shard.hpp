#pragma once

#include "runtime/actor/task.hpp"
#include "runtime/base/time.hpp"
#include "runtime/io/reactor.hpp"
#include "runtime/time/timer_wheel.hpp"

#include <caf/execution_unit.hpp>
#include <caf/resumable.hpp>

#include <atomic>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace tandem {

class shard;

/// What a node does at the end of a shard's turn: the store's batch and the sockets' batches.
class turn_stage {
public:
  virtual ~turn_stage() = default;
  /// Makes durable what the turn changed and releases what waited for it. True: something was
  /// released, so run again.
  virtual bool commit() = 0;
  /// Sends what was released, in order.
  virtual void flush() = 0;
};

/// An actor that lives on a shard, so that the shard can end it when it closes.
class shard_resident {
public:
  shard_resident(const shard_resident&) = delete;
  shard_resident& operator=(const shard_resident&) = delete;

protected:
  shard_resident() = default;
  ~shard_resident() = default;

private:
  friend class shard;
  /// Keeps the actor's memory; false if it is being destroyed already.
  virtual bool hold() = 0;
  /// Ends the actor, whose mailbox bounces requests from then on, and drops what hold() took.
  virtual void evict() = 0;

  shard_resident* previous_ = nullptr;
  shard_resident* next_ = nullptr;
  bool listed_ = false;
};

/// The second face of a shard: what is woken through the door runs on the shard, whoever wakes it.
class shard_door final : public caf::execution_unit {
public:
  shard_door(caf::actor_system* system, shard& home) : caf::execution_unit(system), home_(home) {}
  void exec_later(caf::resumable*) override;

private:
  shard& home_;
};

/// One thread's world: run queue, timer wheel, cached time and an inbox for everyone else. It
/// creates no thread: a `shard_thread` or, in simulation and tests, the test calls turn().
///
/// As an execution unit it is the context of its actors; actors of CAF's own scheduler that they
/// wake go there. Actors of this shard are woken through door().
///
///     one turn: inbox → due timers → run queue until empty → commit → (again while there is more)
///               → flush
class shard final : public caf::execution_unit {
public:
  /// `bell` is rung only while the shard sleeps. Both references must outlive the shard.
  shard(caf::actor_system&, std::uint32_t index, const clock&, reactor& bell);
  ~shard() override;

  [[nodiscard]] std::uint32_t index() const { return index_; }

  // -- any thread ------------------------------------------------------------------------------

  /// Runs `t` in the next turn, after what was posted before it. False: the inbox is full
  /// (max_posted_tasks) or the shard is closed; `t` is dropped.
  [[nodiscard]] bool post(task t);
  [[nodiscard]] shard_door& door() { return door_; }
  /// This thread is the shard's own: the one that was bound, or stepped it first.
  [[nodiscard]] bool is_here() const {
    return owner_.load(std::memory_order_relaxed) == std::this_thread::get_id();
  }
  /// The cached time on the shard's thread, the clock's elsewhere.
  [[nodiscard]] time_point now_anywhere() const { return is_here() ? now() : clock_.now(); }

  // -- the shard's thread ----------------------------------------------------------------------

  /// Makes this thread the shard's; unbind() leaves it to the next one that binds or steps it.
  void bind();
  void unbind();
  /// States that the caller runs on the shard's thread.
  void run_here() const;

  /// One turn as above. True: work is left (a limit was reached), so do not sleep.
  bool turn();

  /// The time, read from the clock once per turn (and once after each sleep).
  [[nodiscard]] time_point now() const;
  [[nodiscard]] timer_wheel& timers() { return timers_; }

  /// Optional; set before the first turn, must outlive the last.
  void set_stage(turn_stage* s) { stage_ = s; }

  /// How long the caller may sleep; zero when there is work, nullopt when only the bell can bring
  /// some. Until awake() whoever brings work rings the bell.
  [[nodiscard]] std::optional<duration> fall_asleep();
  void awake();

  /// Ends every actor that still lives here and refuses everything from now on: requests to them
  /// are bounced, also those sent later. Idempotent. The destructor does the same.
  void close();

  /// Exceptions that came out of posted tasks, timers or stages: contained, counted, shown.
  [[nodiscard]] std::uint64_t faults() const { return faults_.load(std::memory_order_relaxed); }
  [[nodiscard]] std::string last_fault() const;

  // -- for actors of this shard ----------------------------------------------------------------

  void exec_later(caf::resumable*) override;
  /// False: the shard is closed, the actor must end at once.
  [[nodiscard]] bool admit(shard_resident&);
  void dismiss(shard_resident&);

private:
  friend class shard_door;

  void wake(caf::resumable*); // from any thread
  void take_inbox();
  bool run_some(std::size_t& budget);
  template <class F>
  void contain(F&&);
  [[nodiscard]] shard_resident* next_resident();
  void unlist(shard_resident&);

  const std::uint32_t index_;
  const clock& clock_;
  reactor& bell_;
  shard_door door_;
  timer_wheel timers_;
  turn_stage* stage_ = nullptr;
  std::atomic<std::thread::id> owner_;

  // The shard's thread alone:
  std::vector<caf::resumable*> run_;
  std::size_t run_head_ = 0;
  std::vector<caf::resumable*> taken_actors_;
  std::vector<task> taken_tasks_;
  mutable time_point now_;
  mutable bool now_is_stale_ = true;

  mutable std::mutex lock_; // guards all below
  std::vector<caf::resumable*> woken_;
  std::vector<task> posted_;
  shard_resident* residents_ = nullptr;
  std::string last_fault_;
  bool asleep_ = false;

  std::atomic<bool> closed_{false}; // written under the lock
  std::atomic<std::uint64_t> faults_{0};
};

} // namespace tandem
