#include "actors/faults/armed_faults.hpp"

#include "actors/faults/limits.hpp"

#include <algorithm>
#include <utility>

namespace tandem::actors {

namespace {

fault_plan::act act_of(fault::kind k) {
  switch (k) {
    case fault::kind::throw_before_commit: return fault_plan::act::throw_before_commit;
    case fault::kind::throw_after_commit: return fault_plan::act::throw_after_commit;
    case fault::kind::drop: return fault_plan::act::drop_message;
    case fault::kind::freeze: return fault_plan::act::freeze;
    case fault::kind::cost:
    case fault::kind::exit: break;
  }
  return fault_plan::act::proceed;
}

bool is_of_handlers(fault::kind k) {
  return k != fault::kind::cost && k != fault::kind::exit;
}

} // namespace

armed_faults::armed_faults(std::function<void()> end_process, std::function<void(duration)> spend)
  : end_process_(std::move(end_process)), spend_(std::move(spend)) {
}

tl::expected<std::uint32_t, std::string> armed_faults::arm(fault f) {
  if (f.entry == 0)
    return tl::unexpected(std::string("entry counts from 1"));
  if (f.what == fault::kind::freeze
      && (f.freeze <= duration{} || f.freeze > limits::longest_freeze))
    return tl::unexpected("freeze_ms is from 1 to "
                          + std::to_string(limits::longest_freeze.count()));
  if (f.what == fault::kind::cost && (f.cost <= duration{} || f.cost > limits::highest_cost))
    return tl::unexpected("cost_ms is from 1 to " + std::to_string(limits::highest_cost.count()));
  const std::lock_guard guard{lock_};
  if (armed_.size() >= limits::armed_faults)
    return tl::unexpected(std::to_string(armed_.size())
                          + " faults are armed, which is the most; disarm some");
  armed_.push_back({.id = next_id_++, .what = std::move(f)});
  any_.store(true, std::memory_order_release);
  return armed_.back().id;
}

bool armed_faults::disarm(std::uint32_t id) {
  const std::lock_guard guard{lock_};
  const bool known = std::erase_if(armed_, [id](const auto& a) { return a.id == id; }) != 0;
  any_.store(!armed_.empty(), std::memory_order_release);
  return known;
}

std::size_t armed_faults::disarm_all() {
  const std::lock_guard guard{lock_};
  any_.store(false, std::memory_order_release);
  return std::exchange(armed_, {}).size();
}

std::vector<fault_report> armed_faults::list() const {
  const std::lock_guard guard{lock_};
  return armed_;
}

bool armed_faults::hits(fault_report& a) {
  ++a.seen;
  if (a.seen < a.what.entry || (a.what.times != 0 && a.fired >= a.what.times))
    return false;
  ++a.fired;
  return true;
}

/// Of several that are due at this entry the eldest happens; the younger do not count it.
fault_plan::act armed_faults::on_entry(const key128& call, std::optional<child_kind> who,
                                       const std::string& path) {
  if (!any_.load(std::memory_order_acquire))
    return act::proceed;
  const auto key = to_string(call);
  const std::lock_guard guard{lock_};
  auto happens = act::proceed;
  for (auto& a : armed_) {
    const bool concerned = is_of_handlers(a.what.what) && (!a.what.who || a.what.who == who)
                           && a.what.path.matches(key, path);
    if (concerned && happens == act::proceed && hits(a))
      happens = act_of(a.what.what);
  }
  return happens;
}

duration armed_faults::freeze_time(const key128& call) const {
  const auto key = to_string(call);
  const std::lock_guard guard{lock_};
  for (auto a = armed_.rbegin(); a != armed_.rend(); ++a)
    if (a->what.what == fault::kind::freeze && a->fired != 0 && a->what.path.matches_key(key))
      return a->what.freeze;
  return {};
}

void armed_faults::on_call() {
  if (!any_.load(std::memory_order_acquire))
    return;
  duration cost{};
  {
    const std::lock_guard guard{lock_};
    for (auto& a : armed_)
      if (a.what.what == fault::kind::cost && hits(a))
        cost += a.what.cost;
  }
  if (cost > duration{})
    spend_(cost);
}

void armed_faults::on_point(turn_point where) {
  if (!any_.load(std::memory_order_acquire))
    return;
  bool now = false;
  {
    const std::lock_guard guard{lock_};
    for (auto& a : armed_)
      now |= a.what.what == fault::kind::exit && a.what.point == where && hits(a);
  }
  if (now)
    end_process_();
}

} // namespace tandem::actors
