#pragma once

#include <rocksdb/env.h>

#include <memory>
#include <string>

namespace tandem::cluster {

/// Stands between RocksDB and the files of its write-ahead log. After a write that failed the
/// library touches that file again, which Debian's build of it answers with abort(): a full disk
/// would kill the node. So a log that fails is silent from then on and RocksDB hears nothing of it:
/// whoever commits asks has_failed() and, in time, opens the database anew, which finds the log as
/// it was before the failure.
class log_guard {
public:
  log_guard();
  ~log_guard();

  /// What the database is to be opened with; outlives it.
  [[nodiscard]] rocksdb::Env* env() const;
  /// Something that was committed since reset() is not in the log.
  [[nodiscard]] bool has_failed() const;
  /// Why, in the system's words; empty as long as nothing failed.
  [[nodiscard]] std::string reason() const;
  /// Before the database is opened anew.
  void reset();

private:
  struct parts;
  std::unique_ptr<parts> parts_;
};

} // namespace tandem::cluster
