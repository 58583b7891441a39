#include "actors/node/detail_desk.hpp"

#include "actors/node/limits.hpp"

#include <utility>

namespace tandem::actors {

detail_desk::detail_desk(shard& home, const detail_writer& write,
                         std::function<void(const key128&)> erase)
  : home_(home), write_(write), erase_(std::move(erase)) {
}

void detail_desk::add(call_detail d) {
  ++under_way_[d.key].details;
  if (waiting_.empty())
    timer_.start(home_.timers(), home_.now() + limits::detail_delay);
  waiting_.push_back(std::move(d));
}

bool detail_desk::puts_off_erasing(const key128& key) {
  const auto found = under_way_.find(key);
  if (found == under_way_.end())
    return false;
  found->second.erase = true;
  return true;
}

void detail_desk::lives_again(const key128& key) {
  if (const auto found = under_way_.find(key); found != under_way_.end())
    found->second.erase = false;
}

void detail_desk::hand_over() {
  timer_.stop();
  if (waiting_.empty())
    return;
  std::vector<key128> keys;
  keys.reserve(waiting_.size());
  for (const auto& d : waiting_)
    keys.push_back(d.key);
  write_(std::exchange(waiting_, {}), [this, keys = std::move(keys)]() mutable {
    (void) home_.post([this, keys = std::move(keys)] { on_written(keys); });
  });
}

void detail_desk::on_written(const std::vector<key128>& keys) {
  for (const auto& key : keys) {
    const auto found = under_way_.find(key);
    if (found == under_way_.end() || --found->second.details != 0)
      continue;
    const bool erase = found->second.erase;
    under_way_.erase(found);
    if (erase)
      erase_(key);
  }
}

} // namespace tandem::actors
