#include "cluster/store/patient_store.hpp"

#include <vector>

namespace tandem::cluster {

tl::expected<void, std::string> patient_store::commit(std::span<const record_change> batch) {
  const bool was_degraded = degraded();
  if (!was_degraded) {
    auto done = below_.commit(batch);
    if (done)
      return done;
    for (const auto& change : batch)
      kept_.insert_or_assign(change.key, change.bytes);
    return done;
  }
  for (const auto& change : batch)
    kept_.insert_or_assign(change.key, change.bytes);
  return {};
}

std::optional<std::string> patient_store::read(const key128& key) const {
  const auto found = kept_.find(key);
  return found != kept_.end() ? found->second : below_.read(key);
}

tl::expected<void, std::string> patient_store::visit_all(const visitor& visit) const {
  for (const auto& [key, bytes] : kept_)
    if (bytes)
      visit(key, *bytes);
  return below_.visit_all([&](const key128& key, std::string_view bytes) {
    if (!kept_.contains(key))
      visit(key, bytes);
  });
}

std::size_t patient_store::size() const {
  std::size_t n = 0;
  (void) visit_all([&n](const key128&, std::string_view) { ++n; });
  return n;
}

bool patient_store::retry() {
  if (!degraded())
    return true;
  std::vector<record_change> batch;
  batch.reserve(kept_.size());
  for (const auto& [key, bytes] : kept_)
    batch.push_back({key, bytes});
  if (!below_.commit(batch))
    return false;
  kept_.clear();
  return true;
}

} // namespace tandem::cluster
