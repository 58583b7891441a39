#pragma once

#include "cluster/store/store.hpp"
#include "runtime/base/key.hpp"

#include <tl/expected.hpp>

#include <cstddef>
#include <string>
#include <vector>

namespace tandem::actors {

/// Brings each registration to the store of the shard that owns its user under `hash`, and under
/// its key: the number of shards may be another than when it was written, or the node's secret.
/// The first `owners` of the stores are the shards'; any others are emptied. Returns how many were
/// moved. Before the shards run.
[[nodiscard]] tl::expected<std::size_t, std::string>
settle_registrations(const std::vector<cluster::store*>& stores, std::size_t owners,
                     const keyed_hash& hash);

} // namespace tandem::actors
