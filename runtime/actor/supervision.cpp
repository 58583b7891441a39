#include "runtime/actor/supervision.hpp"

#include "runtime/base/check.hpp"

#include <utility>

namespace tandem {

bool restart_history::admit(time_point now) {
  // supervisor:add_restart/1: a restart exactly one period ago still counts.
  std::erase_if(recent_, [&](time_point t) { return t < now - limit_.period; });
  if (recent_.size() >= limit_.intensity)
    return false;
  recent_.push_back(now);
  return true;
}

bool calls_for_restart(restart_type type, child_exit how) {
  return type == restart_type::permanent
         || (type == restart_type::transient && how == child_exit::failure);
}

supervision::supervision(restart_strategy strategy, restart_limit limit,
                         std::vector<child_spec> specs)
  : strategy_(strategy), history_(limit), to_stop_(specs.size()) {
  children_.reserve(specs.size());
  for (const auto& s : specs)
    children_.push_back({s});
}

/// A temporary child that has ended is forgotten.
auto supervision::down_state(restart_type type) -> child_state {
  return type == restart_type::temporary ? child_state::removed : child_state::down;
}

bool supervision::is_up(std::size_t c) const {
  return children_[c].state == child_state::up;
}

auto supervision::start(time_point now) -> actions {
  TANDEM_CHECK(phase_ == phase::idle);
  actions out;
  phase_ = phase::starting;
  settle(now, out);
  return out;
}

auto supervision::on_started(std::size_t c, time_point now) -> actions {
  TANDEM_CHECK(children_[c].state == child_state::starting);
  actions out;
  children_[c].state = child_state::up;
  if (final_exit_)
    to_stop_[c] = true; // told to stop meanwhile
  settle(now, out);
  return out;
}

auto supervision::on_start_failed(std::size_t c, time_point now) -> actions {
  TANDEM_CHECK(children_[c].state == child_state::starting);
  actions out;
  children_[c].state = child_state::down;
  if (!ever_running_)
    give_up(child_exit::failure); // the supervisor could not start
  else if (children_[c].spec.restart == restart_type::temporary)
    children_[c].state = child_state::removed;
  else if (!final_exit_)
    restart_from(c, now); // tried again, and counted
  settle(now, out);
  return out;
}

auto supervision::on_exited(std::size_t c, child_exit how, time_point now) -> actions {
  actions out;
  auto& it = children_[c];
  if (it.state == child_state::up && !to_stop_[c]) {
    it.state = child_state::died;
    it.last_exit = how;
  } else if (it.state == child_state::up || it.state == child_state::ending) {
    // Told to end, or just before: supervisor:terminate_children/2 does not count that.
    const bool asked = it.state == child_state::ending;
    it.state = down_state(it.spec.restart);
    to_stop_[c] = false;
    if (asked) {
      stopping_.reset();
      kill_at_.reset();
    }
  } else {
    return out;
  }
  settle(now, out);
  return out;
}

auto supervision::stop(time_point now) -> actions {
  actions out;
  if (phase_ == phase::ended)
    return out;
  give_up(child_exit::shutdown);
  settle(now, out);
  return out;
}

auto supervision::on_deadline(time_point now) -> actions {
  if (!kill_at_ || *kill_at_ > now)
    return {};
  kill_at_.reset();
  return {{action::kind::kill, *stopping_}};
}

/// Does the next thing there is to do: stop who is to be stopped, the youngest first; then start
/// who is to be started, the eldest first; then look at who died meanwhile.
void supervision::settle(time_point now, actions& out) {
  while (phase_ != phase::ended) {
    if (stopping_)
      return; // until it has ended
    stop_next(now, out);
    if (stopping_)
      return;
    for (const auto& c : children_)
      if (c.state == child_state::starting)
        return; // until the host has answered
    if (final_exit_) {
      phase_ = phase::ended;
      out.push_back({action::kind::end, 0, *final_exit_});
      return;
    }
    const auto before = out.size();
    start_next(out);
    if (out.size() != before)
      return;
    phase_ = phase::running;
    ever_running_ = true;
    std::size_t dead = 0;
    while (dead < children_.size() && children_[dead].state != child_state::died)
      ++dead;
    if (dead == children_.size())
      return;
    child_ended(dead, now);
  }
}

void supervision::stop_next(time_point now, actions& out) {
  for (auto c = children_.size(); c-- > 0;) {
    if (!to_stop_[c])
      continue;
    to_stop_[c] = false;
    if (children_[c].state != child_state::up)
      continue;
    phase_ = phase::stopping;
    children_[c].state = child_state::ending;
    stopping_ = c;
    const auto& limit = children_[c].spec.shutdown.limit;
    if (limit == duration{}) {
      out.push_back({action::kind::kill, c});
    } else {
      out.push_back({action::kind::shutdown, c});
      if (limit)
        kill_at_ = now + *limit;
    }
    return;
  }
}

void supervision::start_next(actions& out) {
  for (std::size_t c = 0; c < children_.size(); ++c) {
    auto& it = children_[c];
    if (it.state != child_state::down || !it.wanted)
      continue;
    phase_ = phase::starting;
    it.state = child_state::starting;
    it.wanted = false;
    out.push_back({action::kind::start, c});
    return;
  }
}

void supervision::child_ended(std::size_t c, time_point now) {
  auto& it = children_[c];
  it.state = down_state(it.spec.restart);
  if (calls_for_restart(it.spec.restart, it.last_exit))
    restart_from(c, now);
}

bool supervision::concerns(std::size_t dead, std::size_t other) const {
  switch (strategy_) {
    case restart_strategy::one_for_one: return other == dead;
    case restart_strategy::one_for_all: return true;
    case restart_strategy::rest_for_one: return other >= dead;
  }
  return false;
}

/// Stops and starts again all whom the death of `dead` concerns, among them transient children
/// that had ended normally (supervisor:start_children/2 starts every specification it is given).
void supervision::restart_from(std::size_t dead, time_point now) {
  if (!history_.admit(now))
    return give_up(child_exit::shutdown);
  ++children_[dead].restarts;
  for (std::size_t c = 0; c < children_.size(); ++c) {
    auto& it = children_[c];
    if (!concerns(dead, c))
      continue;
    if (it.state == child_state::died)
      it.state = down_state(it.spec.restart);
    to_stop_[c] = it.state == child_state::up;
    it.wanted = it.spec.restart != restart_type::temporary;
  }
}

/// Ends every child and then the supervisor. OTP: it exits with `shutdown` when it gave up or was
/// told to, so that its own supervisor restarts it only if it is permanent there.
void supervision::give_up(child_exit exit) {
  if (!final_exit_)
    final_exit_ = exit;
  for (std::size_t c = 0; c < children_.size(); ++c) {
    auto& it = children_[c];
    it.wanted = false;
    if (it.state == child_state::died)
      it.state = child_state::down;
    to_stop_[c] = it.state == child_state::up;
  }
}

} // namespace tandem
