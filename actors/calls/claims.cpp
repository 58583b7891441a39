#include "actors/calls/claims.hpp"

#include <algorithm>

namespace tandem::actors {

claims::token claims::take(const std::string& who, std::size_t most) {
  if (most == 0)
    return nullptr;
  if (held_.size() >= sweep_at_) {
    std::erase_if(held_, [](const auto& row) { return row.second.expired(); });
    sweep_at_ = std::max<std::size_t>(64, 2 * held_.size());
  }
  auto& row = held_[who];
  if (static_cast<std::size_t>(row.use_count()) >= most)
    return nullptr;
  auto shared = row.lock();
  if (!shared)
    row = shared = std::make_shared<const char>();
  return shared;
}

std::size_t claims::held(const std::string& who) const {
  const auto row = held_.find(who);
  return row == held_.end() ? 0 : static_cast<std::size_t>(row->second.use_count());
}

} // namespace tandem::actors
