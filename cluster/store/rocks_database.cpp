#include "cluster/store/rocks_database.hpp"

#include <rocksdb/db.h>
#include <rocksdb/options.h>
#include <rocksdb/write_batch.h>

#include <array>
#include <system_error>
#include <vector>

namespace tandem::cluster {

namespace {

constexpr std::size_t mib = 1024 * 1024;

// In the order of the column families.
const std::array<std::string, 3> families = {rocksdb::kDefaultColumnFamilyName, "calls",
                                             "registrations"};
constexpr std::size_t calls_family = 1;
constexpr std::size_t registrations_family = 2;

constexpr std::size_t key_bytes = 16;
using key_text = std::array<char, key_bytes>;

/// Most significant byte first, so that RocksDB's order is that of the keys.
key_text text_of(const key128& key) {
  key_text out{};
  for (unsigned i = 0; i < 8; ++i) {
    out[i] = static_cast<char>(key.high >> (56U - 8 * i));
    out[8 + i] = static_cast<char>(key.low >> (56U - 8 * i));
  }
  return out;
}

key128 key_of(const rocksdb::Slice& text) {
  key128 key;
  for (unsigned i = 0; i < 8; ++i) {
    key.high = key.high << 8U | static_cast<unsigned char>(text[i]);
    key.low = key.low << 8U | static_cast<unsigned char>(text[8 + i]);
  }
  return key;
}

rocksdb::Slice slice(const key_text& text) {
  return {text.data(), text.size()};
}

/// Small: records are a few hundred bytes and live in memory too; and quiet: nothing wakes up that
/// has no work.
rocksdb::Options options() {
  rocksdb::Options o;
  o.create_if_missing = true;
  o.create_missing_column_families = true;
  o.write_buffer_size = 8 * mib;
  o.max_write_buffer_number = 4;
  o.max_total_wal_size = 64 * mib;
  o.max_open_files = 64; // the hard limit of a process may be 20,000, and sockets need them
  o.max_background_jobs = 2;
  o.keep_log_file_num = 2;
  o.max_log_file_size = mib;
  o.info_log_level = rocksdb::InfoLogLevel::WARN_LEVEL;
  o.stats_dump_period_sec = 0;
  o.stats_persist_period_sec = 0;
  return o;
}

std::string why_not_open(const std::filesystem::path& folder, const rocksdb::Status& s) {
  const auto where = folder.string();
  const auto detail = " (" + s.ToString() + ")";
  if (s.IsIOError() && s.ToString().find("lock") != std::string::npos)
    return "another process has the records in " + where + detail
           + ": stop it, or give this node a node.data of its own";
  if (s.IsCorruption() || s.IsInvalidArgument())
    return "the records in " + where + " are damaged" + detail
           + ": move that folder away to start without them, or put back a copy of it";
  if (s.IsNoSpace())
    return "there is no space left for the records in " + where + detail
           + ": free some, or set node.data to another disk";
  return "cannot open the records in " + where + detail
         + ": check that the folder and all in it can be written by this user";
}

class rocks_store final : public store {
public:
  rocks_store(rocksdb::DB& db, rocksdb::ColumnFamilyHandle& family, std::string name)
    : db_(db), family_(family), name_(std::move(name)) {}

  tl::expected<void, std::string> commit(std::span<const record_change> batch) override {
    rocksdb::WriteBatch writes;
    for (const auto& change : batch) {
      const auto key = text_of(change.key);
      const auto added = change.bytes ? writes.Put(&family_, slice(key), *change.bytes)
                                      : writes.Delete(&family_, slice(key));
      if (!added.ok())
        return tl::unexpected("cannot keep " + name_ + ": " + added.ToString());
    }
    rocksdb::WriteOptions how;
    how.sync = false;
    how.no_slowdown = true; // fail at once where it would wait: the shard has calls to serve
    const auto done = db_.Write(how, &writes);
    if (done.ok())
      return {};
    if (done.IsIncomplete())
      return tl::unexpected("the disk does not keep up with " + name_ + " (" + done.ToString()
                            + ")");
    return tl::unexpected("cannot write " + name_ + " to disk: " + done.ToString());
  }

  [[nodiscard]] std::optional<std::string> read(const key128& key) const override {
    std::string bytes;
    const auto text = text_of(key);
    return db_.Get({}, &family_, slice(text), &bytes).ok() ? std::optional{std::move(bytes)}
                                                           : std::nullopt;
  }

  [[nodiscard]] tl::expected<void, std::string> visit_all(const visitor& visit) const override {
    const std::unique_ptr<rocksdb::Iterator> at{db_.NewIterator({}, &family_)};
    for (at->SeekToFirst(); at->Valid(); at->Next())
      if (at->key().size() == key_bytes)
        visit(key_of(at->key()), {at->value().data(), at->value().size()});
    if (at->status().ok())
      return {};
    return tl::unexpected("cannot read " + name_ + " from disk: " + at->status().ToString());
  }

  [[nodiscard]] std::size_t size() const override {
    std::size_t n = 0;
    (void) visit_all([&n](const key128&, std::string_view) { ++n; });
    return n;
  }

private:
  rocksdb::DB& db_;
  rocksdb::ColumnFamilyHandle& family_;
  const std::string name_;
};

} // namespace

struct rocks_database::parts {
  std::unique_ptr<rocksdb::DB> db;
  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  std::unique_ptr<rocks_store> calls, registrations;

  ~parts() {
    for (auto* h : handles)
      db->DestroyColumnFamilyHandle(h);
  }
};

tl::expected<std::unique_ptr<rocks_database>, std::string>
rocks_database::open(const std::filesystem::path& folder) {
  std::error_code failed;
  std::filesystem::create_directories(folder, failed);
  if (failed)
    return tl::unexpected("cannot make the folder " + folder.string() + ": " + failed.message()
                          + "; check node.data");
  const auto how = options();
  std::vector<rocksdb::ColumnFamilyDescriptor> wanted;
  for (const auto& name : families)
    wanted.emplace_back(name, rocksdb::ColumnFamilyOptions{how});
  auto made = std::make_unique<parts>();
  rocksdb::DB* db = nullptr;
  const auto opened =
      rocksdb::DB::Open(rocksdb::DBOptions{how}, folder.string(), wanted, &made->handles, &db);
  made->db.reset(db);
  if (!opened.ok())
    return tl::unexpected(why_not_open(folder, opened));
  made->calls = std::make_unique<rocks_store>(*db, *made->handles[calls_family], "calls");
  made->registrations =
      std::make_unique<rocks_store>(*db, *made->handles[registrations_family], "registrations");
  return std::make_unique<rocks_database>(construction{}, std::move(made));
}

rocks_database::rocks_database(construction, std::unique_ptr<parts> p) : parts_(std::move(p)) {
}

rocks_database::~rocks_database() = default;

store& rocks_database::calls() {
  return *parts_->calls;
}

store& rocks_database::registrations() {
  return *parts_->registrations;
}

} // namespace tandem::cluster
