#include "runtime/io/simulated/simulated_reactor.hpp"

#include <utility>

namespace tandem {

void simulated_reactor::poll(std::optional<duration> /*at_most*/) {
  rung_ = false;
  const auto order_at_entry = order_; // what the tasks add for now is for the next poll
  const auto now = time_.now();
  for (auto it = tasks_.begin(); it != tasks_.end() && it->first.first <= now;) {
    if (it->first.second >= order_at_entry) {
      ++it;
      continue;
    }
    const auto task = std::move(it->second);
    it = tasks_.erase(it);
    task(); // may insert, which leaves `it` valid
  }
}

void simulated_reactor::at(time_point when, std::function<void()> task) {
  tasks_.emplace(std::pair{when, order_++}, std::move(task));
}

std::optional<time_point> simulated_reactor::next() const {
  if (rung_)
    return time_.now();
  if (tasks_.empty())
    return std::nullopt;
  return tasks_.begin()->first.first;
}

} // namespace tandem
