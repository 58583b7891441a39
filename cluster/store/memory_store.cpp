#include "cluster/store/memory_store.hpp"

namespace tandem::cluster {

tl::expected<void, std::string> memory_store::commit(std::span<const record_change> batch) {
  for (const auto& change : batch)
    if (change.bytes)
      records_.insert_or_assign(change.key, *change.bytes);
    else
      records_.erase(change.key);
  return {};
}

std::optional<std::string> memory_store::read(const key128& key) const {
  const auto found = records_.find(key);
  return found == records_.end() ? std::nullopt : std::optional{found->second};
}

tl::expected<void, std::string> memory_store::visit_all(const visitor& visit) const {
  for (const auto& [key, bytes] : records_)
    visit(key, bytes);
  return {};
}

} // namespace tandem::cluster
