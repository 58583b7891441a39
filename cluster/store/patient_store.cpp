#include "cluster/store/patient_store.hpp"

#include <vector>

namespace tandem::cluster {

namespace {

/// Records in one attempt: a disk that was away for long is not asked for all at once.
constexpr std::size_t batch_records = 1000;

} // namespace

tl::expected<void, std::string> patient_store::commit(std::span<const record_change> batch) {
  if (degraded()) {
    keep(batch);
    return {};
  }
  auto done = below_.commit(batch);
  if (!done) {
    keep(batch);
    degraded_ = true;
  }
  return done;
}

void patient_store::keep(std::span<const record_change> batch) {
  for (const auto& change : batch)
    if (change.bytes || below_.may_hold(change.key))
      kept_.insert_or_assign(change.key, change.bytes);
    else
      kept_.erase(change.key); // born and gone since: nobody below has to forget it
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

bool patient_store::may_hold(const key128& key) const {
  const auto found = kept_.find(key);
  return found != kept_.end() ? found->second.has_value() : below_.may_hold(key);
}

bool patient_store::retry() {
  if (!degraded())
    return true;
  do {
    std::vector<record_change> batch;
    for (auto at = kept_.begin(); at != kept_.end() && batch.size() < batch_records; ++at)
      batch.push_back({at->first, at->second});
    if (!below_.commit(batch))
      return false;
    for (const auto& written : batch)
      kept_.erase(written.key);
  } while (!kept_.empty());
  degraded_ = false;
  return true;
}

} // namespace tandem::cluster
