// Faults that somebody has planned: where a call asks for them, and what it does.
#include "actors/call/call.hpp"
#include "actors/call/fault_plan.hpp"

#include <algorithm>
#include <stdexcept>

namespace tandem::actors {

/// Below the call: "leg 0/dialog".
std::string call::path_of(child_id id) const {
  std::string out;
  while (id != the_call) {
    const auto found = std::ranges::find(slots_, id, &child_slot::id);
    if (found == slots_.end())
      break;
    out.insert(0, out.empty() ? found->name() : found->name() + "/");
    id = found->parent;
  }
  return out;
}

/// `who` is about to run, the_call for the call itself. False: its message is dropped.
bool call::passes_faults(child_id who) {
  if (services_.faults == nullptr)
    return true;
  auto* child = find(who);
  const auto kind = child != nullptr ? std::optional{child->kind} : std::nullopt;
  switch (services_.faults->on_entry(key_, kind, path_of(who))) {
    case fault_plan::act::proceed: break;
    case fault_plan::act::throw_before_commit:
      if (child == nullptr)
        throw std::runtime_error{injected_fault};
      child->actor->fail_next();
      break;
    case fault_plan::act::throw_after_commit: fails_committed_ = who; break;
    case fault_plan::act::drop_message: return false;
    case fault_plan::act::freeze:
      thaw_.start(home().timers(), home().now() + services_.faults->freeze_time(key_));
      break;
  }
  return true;
}

void call::on_thaw() {
  msg::thawed now;
  (void) run_self(now);
}

} // namespace tandem::actors
