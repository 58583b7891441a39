#include "actors/transport/flow_directory.hpp"

namespace tandem::actors {

void flow_directory::add(const flow& f, std::uint32_t shard, opener by) {
  const std::lock_guard hold{mutex_};
  entries_.insert_or_assign(f, entry{shard, by});
}

void flow_directory::remove(const flow& f, std::uint32_t shard) {
  const std::lock_guard hold{mutex_};
  if (const auto known = entries_.find(f); known != entries_.end() && known->second.shard == shard)
    entries_.erase(known);
}

std::optional<std::uint32_t> flow_directory::find(const flow& f) const {
  const std::lock_guard hold{mutex_};
  const auto known = entries_.find(f);
  return known == entries_.end() ? std::nullopt : std::optional{known->second.shard};
}

bool flow_directory::opened_by_peer(const flow& f) const {
  const std::lock_guard hold{mutex_};
  const auto known = entries_.find(f);
  return known != entries_.end() && known->second.by == opener::peer;
}

std::size_t flow_directory::size() const {
  const std::lock_guard hold{mutex_};
  return entries_.size();
}

} // namespace tandem::actors
