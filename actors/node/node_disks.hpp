#pragma once

#include "cluster/store/rocks_database.hpp"
#include "runtime/io/disk.hpp"
#include "runtime/io/siphash.hpp"

#include <tl/expected.hpp>

#include <cstddef>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace tandem::actors {

/// What a node finds in its folder when it starts.
struct node_disks {
  siphash::secret secret{}; ///< of the keys; kept, so that records are found again
  std::string boot_id;      ///< of the machine; empty if it says none
  std::vector<std::unique_ptr<cluster::rocks_database>> shards;
  std::size_t moved = 0; ///< registrations that another shard owns now
};

/// Opens `data`/store/shard-N for each shard, and `data`/secret, which is made at the first start.
/// The error is a sentence that says what to do.
[[nodiscard]] tl::expected<node_disks, std::string>
open_node_disks(disk&, const std::filesystem::path& data, std::size_t shards);

} // namespace tandem::actors
