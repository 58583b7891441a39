#include "actors/registrar/stored_registrations.hpp"

#include "actors/registrar/domain.hpp"
#include "actors/registrar/record/registration_codec.hpp"

namespace tandem::actors {

tl::expected<std::size_t, std::string>
settle_registrations(const std::vector<cluster::store*>& stores, std::size_t owners,
                     const keyed_hash& hash) {
  std::vector<std::vector<cluster::record_change>> arriving(stores.size()), leaving(stores.size());
  std::size_t moved = 0;
  for (std::size_t i = 0; i < stores.size(); ++i) {
    const auto seen = stores[i]->visit_all([&](const key128& key, std::string_view bytes) {
      const auto record = decode_registration(bytes);
      if (!record)
        return; // the registrar says so
      const auto right = registration_key(hash, record->user);
      const auto owner = right.high % owners;
      if (right == key && owner == i)
        return;
      arriving[owner].push_back({right, std::string(bytes)});
      leaving[i].push_back({key, std::nullopt});
      ++moved;
    });
    if (!seen)
      return tl::unexpected(seen.error());
  }
  // There before they leave: what dies in between is found twice and settled again.
  for (const auto* changes : {&arriving, &leaving})
    for (std::size_t i = 0; i < stores.size(); ++i)
      if (auto done = stores[i]->commit((*changes)[i]); !done)
        return tl::unexpected(done.error());
  return moved;
}

} // namespace tandem::actors
