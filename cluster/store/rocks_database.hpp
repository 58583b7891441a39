#pragma once

#include "cluster/store/store.hpp"

#include <tl/expected.hpp>

#include <filesystem>
#include <memory>
#include <string>

namespace tandem::cluster {

/// The records of one shard on its disk: a RocksDB with one column family per kind of record.
///
/// A commit is in the kernel's hands when it returns (write-ahead log, no fsync): it survives the
/// death of the process, and not a power cut. It never waits: where RocksDB would make writers
/// wait for its compaction, the commit fails instead, and the caller goes on in memory. After a
/// failed write the next commit opens the database anew if the disk takes bytes again, and fails at
/// once if it does not.
class rocks_database {
public:
  /// Opens or makes it. The error is a sentence that says what to do.
  [[nodiscard]] static tl::expected<std::unique_ptr<rocks_database>, std::string>
  open(const std::filesystem::path& folder);
  ~rocks_database();

  [[nodiscard]] store& calls();
  [[nodiscard]] store& registrations();
  /// What the shard must know at its next start beside its records.
  [[nodiscard]] store& marks();
  /// Records that nobody could read, for whoever looks into it.
  [[nodiscard]] store& damaged();

private:
  struct parts;
  struct construction {}; ///< only open() has one

public:
  rocks_database(construction, std::unique_ptr<parts>);

private:
  std::unique_ptr<parts> parts_;
};

} // namespace tandem::cluster
