#include "cluster/store/log_guard.hpp"

#include <rocksdb/file_system.h>

#include <atomic>
#include <mutex>
#include <utility>

namespace tandem::cluster {

namespace {

/// Shared with files that RocksDB's own threads may write.
class verdict {
public:
  [[nodiscard]] bool has_failed() const { return failed_.load(std::memory_order_acquire); }
  [[nodiscard]] std::string reason() const {
    const std::lock_guard held{lock_};
    return reason_;
  }
  void fail(const rocksdb::IOStatus& why) {
    const std::lock_guard held{lock_};
    if (!failed_.exchange(true, std::memory_order_acq_rel))
      reason_ = why.ToString();
  }
  void reset() {
    const std::lock_guard held{lock_};
    reason_.clear();
    failed_.store(false, std::memory_order_release);
  }

private:
  std::atomic<bool> failed_{false};
  mutable std::mutex lock_;
  std::string reason_;
};

/// One file of the log. Once anything has failed nothing more is written: what follows a gap could
/// not be read anyway.
class guarded_log final : public rocksdb::FSWritableFileOwnerWrapper {
public:
  guarded_log(std::unique_ptr<rocksdb::FSWritableFile>&& file, std::shared_ptr<verdict> v)
    : FSWritableFileOwnerWrapper(std::move(file)), verdict_(std::move(v)) {}

  rocksdb::IOStatus Append(const rocksdb::Slice& data, const rocksdb::IOOptions& how,
                           rocksdb::IODebugContext* debug) override {
    return contained([&] { return target()->Append(data, how, debug); });
  }
  rocksdb::IOStatus Append(const rocksdb::Slice& data, const rocksdb::IOOptions& how,
                           const rocksdb::DataVerificationInfo& sums,
                           rocksdb::IODebugContext* debug) override {
    return contained([&] { return target()->Append(data, how, sums, debug); });
  }
  rocksdb::IOStatus Flush(const rocksdb::IOOptions& how, rocksdb::IODebugContext* debug) override {
    return contained([&] { return target()->Flush(how, debug); });
  }
  rocksdb::IOStatus Sync(const rocksdb::IOOptions& how, rocksdb::IODebugContext* debug) override {
    return contained([&] { return target()->Sync(how, debug); });
  }
  rocksdb::IOStatus Fsync(const rocksdb::IOOptions& how, rocksdb::IODebugContext* debug) override {
    return contained([&] { return target()->Fsync(how, debug); });
  }
  rocksdb::IOStatus Close(const rocksdb::IOOptions& how, rocksdb::IODebugContext* debug) override {
    (void) target()->Close(how, debug);
    return rocksdb::IOStatus::OK();
  }

private:
  template <class Write>
  rocksdb::IOStatus contained(Write write) {
    if (!verdict_->has_failed())
      if (const auto done = write(); !done.ok())
        verdict_->fail(done);
    return rocksdb::IOStatus::OK();
  }

  const std::shared_ptr<verdict> verdict_;
};

class guarded_files final : public rocksdb::FileSystemWrapper {
public:
  explicit guarded_files(std::shared_ptr<verdict> v)
    : FileSystemWrapper(rocksdb::FileSystem::Default()), verdict_(std::move(v)) {}

  const char* Name() const override { return "tandem"; }

  rocksdb::IOStatus NewWritableFile(const std::string& path, const rocksdb::FileOptions& how,
                                    std::unique_ptr<rocksdb::FSWritableFile>* file,
                                    rocksdb::IODebugContext* debug) override {
    auto done = target()->NewWritableFile(path, how, file, debug);
    if (done.ok() && path.ends_with(".log"))
      *file = std::make_unique<guarded_log>(std::move(*file), verdict_);
    return done;
  }

private:
  const std::shared_ptr<verdict> verdict_;
};

} // namespace

struct log_guard::parts {
  std::shared_ptr<verdict> said = std::make_shared<verdict>();
  std::unique_ptr<rocksdb::Env> env =
      rocksdb::NewCompositeEnv(std::make_shared<guarded_files>(said));
};

log_guard::log_guard() : parts_(std::make_unique<parts>()) {
}

log_guard::~log_guard() = default;

rocksdb::Env* log_guard::env() const {
  return parts_->env.get();
}

bool log_guard::has_failed() const {
  return parts_->said->has_failed();
}

std::string log_guard::reason() const {
  return parts_->said->reason();
}

void log_guard::reset() {
  parts_->said->reset();
}

} // namespace tandem::cluster
