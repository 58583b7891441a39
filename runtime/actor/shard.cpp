#include "runtime/actor/shard.hpp"

#include "runtime/actor/limits.hpp"
#include "runtime/base/check.hpp"

#include <caf/actor_system.hpp>
#include <caf/scheduler/abstract_coordinator.hpp>

#include <algorithm>
#include <exception>

namespace tandem {

void shard_door::exec_later(caf::resumable* who) {
  if (home_.is_here())
    home_.run_.push_back(who);
  else
    home_.wake(who);
}

shard::shard(caf::actor_system& system, std::uint32_t index, const clock& c, reactor& bell)
  : caf::execution_unit(&system), index_(index), clock_(c), bell_(bell), door_(&system, *this),
    timers_(c.now()), now_(c.now()) {
}

shard::~shard() {
  close();
}

// -- any thread ----------------------------------------------------------------------------------

void shard::wake(caf::resumable* who) {
  bool refused = false;
  bool ring = false;
  {
    const std::lock_guard guard{lock_};
    refused = closed_;
    if (!refused) {
      woken_.push_back(who);
      ring = std::exchange(asleep_, false);
    }
  }
  // Its resident entry was or is being evicted, which empties the mailbox: only the reference that
  // CAF took for the run queue is left to give back.
  if (refused)
    caf::intrusive_ptr_release(who);
  if (ring)
    bell_.wake();
}

bool shard::post(task t) {
  bool ring = false;
  {
    const std::lock_guard guard{lock_};
    if (closed_ || posted_.size() >= max_posted_tasks)
      return false;
    posted_.push_back(std::move(t));
    ring = std::exchange(asleep_, false) && !is_here();
  }
  if (ring)
    bell_.wake();
  return true;
}

std::string shard::last_fault() const {
  const std::lock_guard guard{lock_};
  return last_fault_;
}

// -- the shard's thread --------------------------------------------------------------------------

void shard::bind() {
  owner_.store(std::this_thread::get_id(), std::memory_order_relaxed);
}

void shard::unbind() {
  owner_.store({}, std::memory_order_relaxed);
}

void shard::run_here() const {
  TANDEM_CHECK(is_here());
}

time_point shard::now() const {
  if (now_is_stale_) {
    now_ = clock_.now();
    now_is_stale_ = false;
  }
  return now_;
}

/// Runs `f`; what it throws is a fault of this shard, not the end of its thread.
template <class F>
void shard::contain(F&& f) {
  std::string text = "unknown exception";
  try {
    return f();
  } catch (const std::exception& e) {
    text = e.what();
  } catch (...) { // the text above
  }
  faults_.fetch_add(1, std::memory_order_relaxed);
  const std::lock_guard guard{lock_};
  last_fault_ = std::move(text);
}

void shard::take_inbox() {
  {
    const std::lock_guard guard{lock_};
    taken_actors_.swap(woken_);
    taken_tasks_.swap(posted_);
  }
  run_.insert(run_.end(), taken_actors_.begin(), taken_actors_.end());
  taken_actors_.clear();
  for (auto& t : taken_tasks_)
    contain([&t] { t(); });
  taken_tasks_.clear();
}

/// Resumes actors until none is left (true) or the budget is used up.
bool shard::run_some(std::size_t& budget) {
  while (run_head_ < run_.size()) {
    if (budget == 0)
      return false;
    --budget;
    auto* const who = run_[run_head_++];
    auto result = caf::resumable::done;
    contain([&] { result = who->resume(this, max_messages_per_resume); });
    if (result == caf::resumable::resume_later)
      run_.push_back(who);
    else
      caf::intrusive_ptr_release(who);
  }
  run_.clear();
  run_head_ = 0;
  return true;
}

bool shard::turn() {
  if (closed_)
    return false;
  if (owner_.load(std::memory_order_relaxed) == std::thread::id{})
    bind();
  run_here();
  now_is_stale_ = true;
  take_inbox();
  contain([this] { timers_.advance(now()); });
  auto budget = max_resumes_per_turn;
  bool empty = run_some(budget);
  bool released = stage_ != nullptr;
  for (auto rounds = max_resumes_per_turn; released && rounds > 0; --rounds) {
    released = false;
    contain([&] { released = stage_->commit(); });
    empty = run_some(budget);
  }
  if (stage_ != nullptr)
    contain([this] { stage_->flush(); });
  if (!empty) { // what has run need not be kept until all has
    run_.erase(run_.begin(), run_.begin() + static_cast<std::ptrdiff_t>(run_head_));
    run_head_ = 0;
  }
  return !empty || released;
}

std::optional<duration> shard::fall_asleep() {
  run_here();
  const auto next = timers_.next_deadline();
  now_is_stale_ = true;
  if (run_head_ < run_.size())
    return duration{};
  {
    const std::lock_guard guard{lock_};
    if (!woken_.empty() || !posted_.empty())
      return duration{};
    asleep_ = true;
  }
  if (!next)
    return std::nullopt;
  return std::max(duration{}, *next - clock_.now());
}

void shard::awake() {
  const std::lock_guard guard{lock_};
  asleep_ = false;
}

void shard::close() {
  unbind(); // whoever sends from here on, on whatever thread, finds the door closed
  std::vector<task> dropped;
  {
    const std::lock_guard guard{lock_};
    closed_ = true;
    dropped.swap(posted_);
  }
  // First end everyone, so that nobody's mailbox takes anything any more; then give back what the
  // run queue and the inbox hold.
  while (auto* const next = next_resident())
    contain([next] { next->evict(); });
  std::vector<caf::resumable*> left;
  {
    const std::lock_guard guard{lock_};
    left.swap(woken_);
  }
  left.insert(left.end(), run_.begin() + static_cast<std::ptrdiff_t>(run_head_), run_.end());
  run_.clear();
  run_head_ = 0;
  for (auto* who : left)
    caf::intrusive_ptr_release(who);
}

/// Takes the first resident that is not being destroyed off the list.
shard_resident* shard::next_resident() {
  const std::lock_guard guard{lock_};
  while (residents_ != nullptr) {
    auto* const r = residents_;
    unlist(*r);
    if (r->hold())
      return r;
  }
  return nullptr;
}

// -- actors --------------------------------------------------------------------------------------

void shard::exec_later(caf::resumable* who) {
  // Sharded actors come through the door; this one is of CAF's own scheduler, woken by one of ours.
  system().scheduler().enqueue(who);
}

bool shard::admit(shard_resident& r) {
  const std::lock_guard guard{lock_};
  if (closed_)
    return false;
  r.next_ = residents_;
  r.previous_ = nullptr;
  if (residents_ != nullptr)
    residents_->previous_ = &r;
  residents_ = &r;
  r.listed_ = true;
  return true;
}

void shard::dismiss(shard_resident& r) {
  const std::lock_guard guard{lock_};
  if (r.listed_)
    unlist(r);
}

void shard::unlist(shard_resident& r) {
  r.listed_ = false;
  (r.previous_ != nullptr ? r.previous_->next_ : residents_) = r.next_;
  if (r.next_ != nullptr)
    r.next_->previous_ = r.previous_;
}

} // namespace tandem
