#include "cluster/store/rocks_database.hpp"

#include "cluster/store/log_guard.hpp"

#include <rocksdb/db.h>
#include <rocksdb/memtablerep.h>
#include <rocksdb/options.h>
#include <rocksdb/slice_transform.h>
#include <rocksdb/write_batch.h>

#include <array>
#include <cstdarg>
#include <fstream>
#include <system_error>
#include <vector>

namespace tandem::cluster {

namespace {

constexpr std::size_t mib = 1024 * 1024;

// In the order of the column families.
enum family : std::size_t { marks_family, calls_family, registrations_family, damaged_family };
const std::array<std::string, 4> families = {rocksdb::kDefaultColumnFamilyName, "calls",
                                             "registrations", "damaged"};

/// What must fit on a disk that was full before it is relied on again.
constexpr std::size_t probe_bytes = mib;

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

/// RocksDB's own LOG file is written past log_guard: on a full disk it would end in abort(), and
/// what it says reaches us as the status of a commit anyway.
class no_log final : public rocksdb::Logger {
public:
  using rocksdb::Logger::Logv;
  void Logv(const char*, va_list) override {}
};

/// Records are a few hundred bytes to some KB, are overwritten within a second and gone soon after:
/// what is not merged early need not be merged at all, and nothing is worth compressing. Quiet:
/// nothing wakes up that has no work.
rocksdb::Options options() {
  rocksdb::Options o;
  o.create_if_missing = true;
  o.create_missing_column_families = true;
  o.write_buffer_size = 16 * mib;
  o.max_write_buffer_number = 4;
  o.max_total_wal_size = 128 * mib;
  o.compression = rocksdb::kNoCompression;
  o.level0_file_num_compaction_trigger = 16;
  o.level0_slowdown_writes_trigger = 48;
  o.level0_stop_writes_trigger = 64;
  o.max_open_files = 64; // the hard limit of a process may be 20,000, and sockets need them
  o.max_background_jobs = 2;
  o.keep_log_file_num = 2;
  o.max_log_file_size = mib;
  o.info_log_level = rocksdb::InfoLogLevel::WARN_LEVEL;
  o.info_log = std::make_shared<no_log>();
  o.stats_dump_period_sec = 0;
  o.stats_persist_period_sec = 0;
  // Keys are hashes and each is written alone: a table of short lists is found in a third less time
  // than one long list, whose middle is in no cache. These lists know one writer at a time.
  constexpr std::size_t buckets = 16'384;
  o.prefix_extractor.reset(rocksdb::NewFixedPrefixTransform(key_bytes));
  o.memtable_factory.reset(rocksdb::NewHashSkipListRepFactory(buckets));
  o.allow_concurrent_memtable_write = false;
  return o;
}

std::string why_not_open(const std::filesystem::path& folder, const rocksdb::Status& s) {
  const auto where = folder.string();
  const auto detail = " (" + s.ToString() + ")";
  const auto held = [text = s.ToString()](const char* words) {
    return text.find(words) != std::string::npos;
  };
  if (s.IsIOError() && (held("While lock file") || held("lock hold by")))
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

/// Whether the disk takes bytes: opening the database first would lose what it can still read.
bool takes_bytes(const std::filesystem::path& folder) {
  const auto path = folder / "probe";
  bool good = false;
  {
    std::ofstream probe{path, std::ios::binary};
    probe << std::string(probe_bytes, 'x') << std::flush;
    good = probe.good();
  }
  std::error_code ignored;
  std::filesystem::remove(path, ignored);
  return good;
}

} // namespace

struct rocks_database::parts {
  class rocks_store;

  explicit parts(const std::filesystem::path& f);
  ~parts() { close(); }

  [[nodiscard]] rocksdb::Status open();
  void close();
  /// Open, or opened anew if a write has failed since.
  [[nodiscard]] bool is_sound();

  const std::filesystem::path folder;
  log_guard guard;
  std::unique_ptr<rocksdb::DB> db; ///< null: it could not be opened anew
  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  bool failed = false; ///< RocksDB itself writes no more
  std::array<std::unique_ptr<rocks_store>, families.size()> stores;
};

class rocks_database::parts::rocks_store final : public store {
public:
  rocks_store(parts& whole, std::size_t family) : whole_(whole), family_(family) {}

  tl::expected<void, std::string> commit(std::span<const record_change> batch) override {
    if (!whole_.is_sound())
      return tl::unexpected("cannot write " + name() + " to disk");
    rocksdb::WriteBatch writes;
    for (const auto& change : batch) {
      const auto key = text_of(change.key);
      const auto added = change.bytes ? writes.Put(handle(), slice(key), *change.bytes)
                                      : writes.Delete(handle(), slice(key));
      if (!added.ok())
        return tl::unexpected("cannot keep " + name() + ": " + added.ToString());
    }
    rocksdb::WriteOptions how;
    how.sync = false;
    how.no_slowdown = true; // fail at once where it would wait: the shard has calls to serve
    const auto done = whole_.db->Write(how, &writes);
    if (whole_.guard.has_failed())
      return tl::unexpected("cannot write " + name() + " to disk: " + whole_.guard.reason());
    if (done.ok())
      return {};
    if (done.IsIncomplete())
      return tl::unexpected("the disk does not keep up with " + name() + " (" + done.ToString()
                            + ")");
    whole_.failed = true;
    return tl::unexpected("cannot write " + name() + " to disk: " + done.ToString());
  }

  [[nodiscard]] std::optional<std::string> read(const key128& key) const override {
    std::string bytes;
    const auto text = text_of(key);
    return whole_.db && whole_.db->Get({}, handle(), slice(text), &bytes).ok()
               ? std::optional{std::move(bytes)}
               : std::nullopt;
  }

  /// From memory alone: the disk may be the one that fails.
  [[nodiscard]] bool may_hold(const key128& key) const override {
    std::string ignored;
    const auto text = text_of(key);
    return !whole_.db || whole_.db->KeyMayExist({}, handle(), slice(text), &ignored);
  }

  [[nodiscard]] tl::expected<void, std::string> visit_all(const visitor& visit) const override {
    if (!whole_.db)
      return tl::unexpected("cannot read " + name() + " from disk");
    rocksdb::ReadOptions in_order;
    in_order.total_order_seek = true;
    const std::unique_ptr<rocksdb::Iterator> at{whole_.db->NewIterator(in_order, handle())};
    for (at->SeekToFirst(); at->Valid(); at->Next())
      if (at->key().size() == key_bytes)
        visit(key_of(at->key()), {at->value().data(), at->value().size()});
    if (at->status().ok())
      return {};
    return tl::unexpected("cannot read " + name() + " from disk: " + at->status().ToString());
  }

  [[nodiscard]] std::size_t size() const override {
    std::size_t n = 0;
    (void) visit_all([&n](const key128&, std::string_view) { ++n; });
    return n;
  }

private:
  [[nodiscard]] std::string name() const {
    return family_ == marks_family ? "marks" : families[family_];
  }
  [[nodiscard]] rocksdb::ColumnFamilyHandle* handle() const { return whole_.handles[family_]; }

  parts& whole_;
  const std::size_t family_;
};

rocks_database::parts::parts(const std::filesystem::path& f) : folder(f) {
  for (std::size_t i = 0; i < families.size(); ++i)
    stores[i] = std::make_unique<rocks_store>(*this, i);
}

rocksdb::Status rocks_database::parts::open() {
  auto how = options();
  how.env = guard.env();
  std::vector<rocksdb::ColumnFamilyDescriptor> wanted;
  for (const auto& name : families)
    wanted.emplace_back(name, rocksdb::ColumnFamilyOptions{how});
  rocksdb::DB* opened = nullptr;
  guard.reset();
  failed = false;
  auto done =
      rocksdb::DB::Open(rocksdb::DBOptions{how}, folder.string(), wanted, &handles, &opened);
  db.reset(opened);
  return done;
}

void rocks_database::parts::close() {
  for (auto* h : handles)
    db->DestroyColumnFamilyHandle(h);
  handles.clear();
  db.reset();
}

bool rocks_database::parts::is_sound() {
  if (db && !failed && !guard.has_failed())
    return true;
  if (!takes_bytes(folder))
    return false;
  close();
  return open().ok() && !guard.has_failed();
}

tl::expected<std::unique_ptr<rocks_database>, std::string>
rocks_database::open(const std::filesystem::path& folder) {
  std::error_code failed;
  std::filesystem::create_directories(folder, failed);
  if (failed)
    return tl::unexpected("cannot make the folder " + folder.string() + ": " + failed.message()
                          + "; check node.data");
  auto made = std::make_unique<parts>(folder);
  if (const auto opened = made->open(); !opened.ok())
    return tl::unexpected(why_not_open(folder, opened));
  return std::make_unique<rocks_database>(construction{}, std::move(made));
}

rocks_database::rocks_database(construction, std::unique_ptr<parts> p) : parts_(std::move(p)) {
}

rocks_database::~rocks_database() = default;

store& rocks_database::calls() {
  return *parts_->stores[calls_family];
}

store& rocks_database::registrations() {
  return *parts_->stores[registrations_family];
}

store& rocks_database::marks() {
  return *parts_->stores[marks_family];
}

store& rocks_database::damaged() {
  return *parts_->stores[damaged_family];
}

} // namespace tandem::cluster
