#include "runtime/actor/supervisor.hpp"

#include "runtime/actor/local_message.hpp"

#include <caf/sec.hpp>
#include <caf/send.hpp>

#include <exception>
#include <utility>

namespace tandem {

namespace msg {
/// The wheel has reached a supervisor's deadline.
struct supervisor_deadline {
  using stays_local = void;
};
} // namespace msg

namespace {

std::vector<supervision::child_spec> specs_of(const std::vector<child_row>& rows) {
  std::vector<supervision::child_spec> specs;
  for (const auto& r : rows)
    specs.push_back({r.restart, r.shutdown});
  return specs;
}

} // namespace

child_exit exit_kind(const caf::error& reason) {
  if (!reason)
    return child_exit::normal;
  return reason == caf::exit_reason::user_shutdown ? child_exit::shutdown : child_exit::failure;
}

// -- supervisor ----------------------------------------------------------------------------------

supervisor::supervisor(caf::actor_config& cfg, shard& home, tree_place place,
                       restart_strategy strategy, restart_limit limit, std::vector<child_row> rows)
  : sharded(cfg, home, std::move(place)), machine_(strategy, limit, specs_of(rows)) {
  for (auto& r : rows)
    children_.push_back({std::move(r), {}, {}});
  set_down_handler([this](caf::scheduled_actor*, caf::down_msg& m) { on_down(m); });
  set_exit_handler([this](caf::scheduled_actor*, caf::exit_msg& m) {
    if (m.reason)
      perform(machine_.stop(this->home().now()));
  });
}

caf::behavior supervisor::make_behavior() {
  entry().set_state("supervising");
  perform(machine_.start(home().now()));
  return {[this](msg::supervisor_deadline) { perform(machine_.on_deadline(home().now())); }};
}

void supervisor::on_exit() {
  deadline_.stop();
  for (auto& c : children_) // only when this supervisor was killed is anyone left
    if (c.handle)
      caf::anon_send_exit(c.handle, caf::exit_reason::kill);
  children_.clear();
}

void supervisor::perform(supervision::actions todo) {
  while (!todo.empty()) {
    supervision::actions then;
    for (const auto& a : todo)
      perform(a, then);
    todo = std::move(then);
  }
  if (const auto next = machine_.next_deadline())
    deadline_.start(home().timers(), *next);
  else
    deadline_.stop();
}

void supervisor::perform(const supervision::action& a, supervision::actions& then) {
  using kind = supervision::action::kind;
  const auto append = [&then](const supervision::actions& more) {
    then.insert(then.end(), more.begin(), more.end());
  };
  switch (a.what) {
    case kind::start:
      children_[a.child].handle = start_child(children_[a.child], a.child);
      append(children_[a.child].handle ? machine_.on_started(a.child, home().now())
                                       : machine_.on_start_failed(a.child, home().now()));
      break;
    case kind::shutdown:
      send_exit(children_[a.child].handle, caf::exit_reason::user_shutdown);
      break;
    case kind::kill: send_exit(children_[a.child].handle, caf::exit_reason::kill); break;
    case kind::end:
      switch (a.exit) {
        case child_exit::normal: quit(); break;
        case child_exit::shutdown: quit(caf::exit_reason::user_shutdown); break;
        case child_exit::failure:
          quit(caf::make_error(caf::sec::runtime_error, std::string{"a child did not start"}));
          break;
      }
  }
}

caf::actor supervisor::start_child(child& c, std::size_t index) {
  try {
    auto handle = c.row.start({entry().branch(), c.row.kind, c.row.name,
                               static_cast<std::uint32_t>(machine_.restarts(index)), c.last_error});
    if (handle) {
      index_of_.emplace(handle.id(), index);
      monitor(handle);
    }
    return handle;
  } catch (const std::exception& e) { // a child that cannot start is the supervisor's business
    c.last_error = e.what();
    return nullptr;
  }
}

void supervisor::on_down(const caf::down_msg& m) {
  const auto at = index_of_.find(m.source.id());
  if (at == index_of_.end())
    return;
  const auto index = at->second;
  index_of_.erase(at);
  children_[index].handle = nullptr;
  const auto how = exit_kind(m.reason);
  if (how == child_exit::failure) {
    children_[index].last_error = exit_text(m.reason);
    entry().set_restarts(static_cast<std::uint32_t>(machine_.restarts(index)),
                         children_[index].row.name + ": " + children_[index].last_error);
  }
  perform(machine_.on_exited(index, how, home().now()));
}

void supervisor::on_wheel() {
  msg::supervisor_deadline m;
  run_self(m);
}

// -- dynamic_supervisor --------------------------------------------------------------------------

dynamic_supervisor::dynamic_supervisor(caf::actor_config& cfg, shard& home, tree_place place,
                                       dynamic_row row)
  : sharded(cfg, home, std::move(place)), row_(std::move(row)) {
  set_down_handler([this](caf::scheduled_actor*, caf::down_msg& m) { on_down(m); });
  set_exit_handler([this](caf::scheduled_actor*, caf::exit_msg& m) {
    if (m.reason)
      begin_shutdown();
  });
}

caf::behavior dynamic_supervisor::make_behavior() {
  entry().set_state("supervising");
  return {[this](msg::supervisor_deadline) {
    for (const auto& [name, c] : children_)
      send_exit(c.handle, caf::exit_reason::kill);
  }};
}

void dynamic_supervisor::on_exit() {
  deadline_.stop();
  closing_ = true;
  for (const auto& [name, c] : children_)
    caf::anon_send_exit(c.handle, caf::exit_reason::kill);
  children_.clear();
  name_of_.clear();
  row_ = {};
}

caf::actor dynamic_supervisor::start_child(const std::string& name) {
  home().run_here();
  TANDEM_CHECK(!children_.contains(name));
  if (closing_)
    return nullptr;
  auto handle = spawn_child(name, 0, {});
  if (handle)
    children_.emplace(name, child{handle, restart_history{row_.limit}});
  return handle;
}

caf::actor dynamic_supervisor::find(const std::string& name) const {
  const auto at = children_.find(name);
  return at == children_.end() ? caf::actor{} : at->second.handle;
}

bool dynamic_supervisor::stop_child(const std::string& name) {
  const auto at = children_.find(name);
  if (at == children_.end())
    return false;
  at->second.stopping = true;
  send_exit(at->second.handle, caf::exit_reason::user_shutdown);
  return true;
}

caf::actor dynamic_supervisor::spawn_child(const std::string& name, std::uint32_t restarts,
                                           std::string last_error) {
  try {
    auto handle = row_.start({entry().branch(), row_.kind, name, restarts, std::move(last_error)});
    if (handle) {
      name_of_.emplace(handle.id(), name);
      monitor(handle);
    }
    return handle;
  } catch (const std::exception& e) {
    entry().set_restarts(0, name + ": " + e.what());
    return nullptr;
  }
}

void dynamic_supervisor::on_down(const caf::down_msg& m) {
  const auto known = name_of_.find(m.source.id());
  if (known == name_of_.end())
    return;
  const auto name = std::move(known->second);
  name_of_.erase(known);
  auto& c = children_.at(name);
  const auto how = exit_kind(m.reason);
  const auto text = exit_text(m.reason);
  if (how == child_exit::failure)
    entry().set_restarts(0, name + ": " + text);
  if (closing_ || c.stopping || !calls_for_restart(row_.restart, how))
    return remove(name);
  // A start that fails is one more restart, as for any supervisor.
  c.handle = nullptr;
  while (!c.handle && c.history.admit(home().now()))
    c.handle = spawn_child(name, ++c.restarts, text);
  if (c.handle)
    return;
  remove(name);
  if (row_.gave_up)
    row_.gave_up(name, text);
}

void dynamic_supervisor::remove(const std::string& name) {
  children_.erase(name);
  if (closing_ && children_.empty())
    quit(caf::exit_reason::user_shutdown);
}

/// All at once: children of one sort do not depend on each other.
void dynamic_supervisor::begin_shutdown() {
  closing_ = true;
  entry().set_state("shutting down");
  if (children_.empty())
    return quit(caf::exit_reason::user_shutdown);
  const auto limit = row_.shutdown.limit;
  for (const auto& [name, c] : children_)
    send_exit(c.handle,
              limit == duration{} ? caf::exit_reason::kill : caf::exit_reason::user_shutdown);
  if (limit && *limit > duration{})
    deadline_.start(home().timers(), home().now() + *limit);
}

void dynamic_supervisor::on_wheel() {
  msg::supervisor_deadline m;
  run_self(m);
}

} // namespace tandem
