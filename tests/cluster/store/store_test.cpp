// What every store promises, asked of all of them; and what only those promise that have a disk.
#include "cluster/store/memory_store.hpp"
#include "cluster/store/patient_store.hpp"
#include "cluster/store/rocks_database.hpp"

#include <catch2/catch.hpp>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <map>
#include <vector>

using namespace tandem;
using namespace tandem::cluster;
namespace fs = std::filesystem;

namespace {

/// A folder that goes with the test.
struct scratch {
  scratch() {
    auto pattern = (fs::temp_directory_path() / "tandem-store-XXXXXX").string();
    REQUIRE(::mkdtemp(pattern.data()) != nullptr);
    path = pattern;
  }
  ~scratch() {
    std::error_code ignored;
    fs::remove_all(path, ignored);
  }
  fs::path path;
};

std::unique_ptr<rocks_database> opened(const fs::path& folder) {
  auto db = rocks_database::open(folder);
  if (!db)
    FAIL(db.error());
  return std::move(*db);
}

std::map<key128, std::string> all_of(const store& s) {
  std::map<key128, std::string> out;
  REQUIRE(s.visit_all([&](const key128& k, std::string_view bytes) {
    CHECK(out.emplace(k, bytes).second); // each once
  }));
  return out;
}

void check_promises(store& s) {
  CHECK(s.size() == 0);
  CHECK(all_of(s).empty());
  CHECK_FALSE(s.read({1, 2}));
  const std::string any_bytes{"\0a\xff\n", 4};
  CHECK(s.commit({}));
  CHECK(s.commit(std::vector<record_change>{
      {{1, 2}, "one"}, {{2, 1}, any_bytes}, {{~0ULL, ~0ULL}, ""}, {{0, 0}, "zero"}}));
  CHECK(s.size() == 4);
  CHECK(s.read({1, 2}) == "one");
  CHECK(s.read({2, 1}) == any_bytes);
  CHECK(s.read({~0ULL, ~0ULL}) == "");
  CHECK(all_of(s)
        == std::map<key128, std::string>{
            {{0, 0}, "zero"}, {{1, 2}, "one"}, {{2, 1}, any_bytes}, {{~0ULL, ~0ULL}, ""}});
  // In order: the last word on a key counts, and what never was can be erased.
  CHECK(s.commit(std::vector<record_change>{{{1, 2}, "two"},
                                            {{1, 2}, std::nullopt},
                                            {{0, 0}, std::nullopt},
                                            {{0, 0}, "again"},
                                            {{7, 7}, std::nullopt}}));
  CHECK_FALSE(s.read({1, 2}));
  CHECK(s.read({0, 0}) == "again");
  CHECK(s.size() == 3);
  CHECK(s.may_hold({0, 0}));
  CHECK_FALSE(s.may_hold({123, 456}));
}

/// Fails when told to.
class failing_store final : public store {
public:
  tl::expected<void, std::string> commit(std::span<const record_change> batch) override {
    ++attempts;
    if (failing)
      return tl::unexpected(std::string("the disk is full"));
    return below.commit(batch);
  }
  [[nodiscard]] std::optional<std::string> read(const key128& k) const override {
    return below.read(k);
  }
  [[nodiscard]] tl::expected<void, std::string> visit_all(const visitor& v) const override {
    return below.visit_all(v);
  }
  [[nodiscard]] std::size_t size() const override { return below.size(); }

  memory_store below;
  bool failing = false;
  int attempts = 0;
};

} // namespace

TEST_CASE("store: in memory", "[store]") {
  memory_store s;
  check_promises(s);
}

TEST_CASE("store: on disk, and the kinds do not mix", "[store]") {
  const scratch folder;
  const auto db = opened(folder.path / "below" / "shard-0");
  check_promises(db->registrations());
  CHECK(db->calls().size() == 0);
  check_promises(db->calls());
  check_promises(db->marks());
  check_promises(db->damaged());
}

TEST_CASE("store: patient, while all is well and while it is not", "[store]") {
  failing_store below;
  SECTION("well") {
    patient_store s{below};
    check_promises(s);
    CHECK_FALSE(s.degraded());
  }
  SECTION("in memory alone") {
    patient_store s{below};
    below.failing = true;
    CHECK_FALSE(s.commit(std::vector<record_change>{{{9, 9}, std::nullopt}}));
    check_promises(s);
    CHECK(s.degraded());
    CHECK(below.attempts == 1); // nobody pays for a disk that fails but the first
  }
}

TEST_CASE("store: what a failing disk missed is written when it is back", "[store]") {
  failing_store below;
  patient_store s{below};
  CHECK(s.commit(std::vector<record_change>{{{1, 1}, "a"}, {{2, 2}, "b"}, {{3, 3}, "c"}}));
  below.failing = true;
  const auto failed = s.commit(std::vector<record_change>{{{1, 1}, "a2"}});
  REQUIRE_FALSE(failed);
  CHECK(failed.error() == "the disk is full");
  CHECK(s.degraded());
  CHECK(s.commit(std::vector<record_change>{{{2, 2}, std::nullopt}, {{4, 4}, "d"}})); // told once
  CHECK_FALSE(s.retry());
  const std::map<key128, std::string> now = {{{1, 1}, "a2"}, {{3, 3}, "c"}, {{4, 4}, "d"}};
  CHECK(all_of(s) == now);
  CHECK(all_of(below)
        == std::map<key128, std::string>{{{1, 1}, "a"}, {{2, 2}, "b"}, {{3, 3}, "c"}});
  below.failing = false;
  CHECK(s.retry());
  CHECK_FALSE(s.degraded());
  CHECK(all_of(below) == now);
  CHECK(s.commit(std::vector<record_change>{{{5, 5}, "e"}}));
  CHECK(below.read({5, 5}) == "e");
}

TEST_CASE("store: what is kept in memory is bounded by what lives and what the disk still has",
          "[store]") {
  failing_store below;
  patient_store s{below};
  CHECK(s.commit(std::vector<record_change>{{{0, 1}, "on disk"}, {{0, 2}, "on disk"}}));
  below.failing = true;
  for (std::uint64_t i = 0; i < 100; ++i) {
    (void) s.commit(std::vector<record_change>{{{7, i}, "born"}});
    CHECK(s.commit(std::vector<record_change>{{{7, i}, std::nullopt}}));
    CHECK(s.kept() == 0);
    CHECK(s.degraded());
  }
  CHECK(s.commit(std::vector<record_change>{{{0, 1}, std::nullopt}}));
  CHECK(s.kept() == 1); // the disk has to be told
  CHECK_FALSE(s.may_hold({0, 1}));
  CHECK(s.may_hold({0, 2}));
  CHECK_FALSE(s.may_hold({7, 1}));
  below.failing = false;
  CHECK(s.retry());
  CHECK(s.kept() == 0);
  CHECK(all_of(below) == std::map<key128, std::string>{{{0, 2}, "on disk"}});
}

TEST_CASE("store: a long absence of the disk is made good in several batches", "[store]") {
  failing_store below;
  patient_store s{below};
  below.failing = true;
  for (std::uint64_t i = 0; i < 2500; ++i)
    (void) s.commit(std::vector<record_change>{{{i, i}, "x"}});
  CHECK(s.kept() == 2500);
  below.failing = false;
  below.attempts = 0;
  CHECK(s.retry());
  CHECK(below.attempts == 3);
  CHECK(below.size() == 2500);
}

TEST_CASE("store: records on disk are there after a close and a reopening", "[store]") {
  const scratch folder;
  {
    const auto db = opened(folder.path);
    std::vector<record_change> many;
    for (std::uint64_t i = 0; i < 1000; ++i)
      many.push_back({{i, ~i}, std::string(100, 'x') + std::to_string(i)});
    CHECK(db->registrations().commit(many));
    CHECK(db->registrations().commit(std::vector<record_change>{{{5, ~5ULL}, std::nullopt}}));
  }
  const auto db = opened(folder.path);
  CHECK(db->registrations().size() == 999);
  CHECK(db->registrations().read({999, ~999ULL}) == std::string(100, 'x') + "999");
  CHECK_FALSE(db->registrations().read({5, ~5ULL}));
}

TEST_CASE("store: why a database does not open is a sentence that says what to do", "[store]") {
  const scratch folder;
  SECTION("somebody has it") {
    const auto db = opened(folder.path);
    const auto second = rocks_database::open(folder.path);
    REQUIRE_FALSE(second);
    CHECK(second.error().starts_with("another process has the records in " + folder.path.string()));
    CHECK(second.error().ends_with("stop it, or give this node a node.data of its own"));
  }
  SECTION("it is damaged") {
    { const auto db = opened(folder.path); }
    std::ofstream{folder.path / "CURRENT"} << "nonsense";
    const auto again = rocks_database::open(folder.path);
    REQUIRE_FALSE(again);
    INFO(again.error());
    CHECK(again.error().starts_with("the records in " + folder.path.string() + " are damaged"));
    CHECK(again.error().find("move that folder away") != std::string::npos);
  }
  SECTION("the folder cannot be made") {
    std::ofstream{folder.path / "file"} << "in the way";
    const auto db = rocks_database::open(folder.path / "file" / "below");
    REQUIRE_FALSE(db);
    CHECK(db.error().ends_with("check node.data"));
  }
}

namespace {

/// A copy as `kill -9` leaves it, with the last bytes of its log missing.
fs::path torn_copy(const fs::path& open_database, const fs::path& to, std::size_t missing) {
  fs::remove_all(to);
  fs::copy(open_database, to, fs::copy_options::recursive);
  fs::remove(to / "LOCK");
  for (const auto& file : fs::directory_iterator{to})
    if (file.path().extension() == ".log")
      fs::resize_file(file.path(), file.file_size() - missing);
  return to;
}

std::size_t log_bytes(const fs::path& folder) {
  std::size_t n = 0;
  for (const auto& file : fs::directory_iterator{folder})
    if (file.path().extension() == ".log")
      n += file.file_size();
  return n;
}

} // namespace

TEST_CASE("store: a log cut at any byte of its last batch: the earlier ones whole, the last one "
          "whole or absent",
          "[store]") {
  const scratch folder;
  const auto db = opened(folder.path / "live");
  CHECK(db->calls().commit(std::vector<record_change>{{{1, 1}, "one"}, {{2, 2}, "two"}}));
  CHECK(db->registrations().commit(std::vector<record_change>{{{1, 1}, "user"}}));
  const auto before = all_of(db->calls());
  const auto start = log_bytes(folder.path / "live");
  CHECK(db->calls().commit(
      std::vector<record_change>{{{1, 1}, "uno"}, {{2, 2}, std::nullopt}, {{3, 3}, "three"}}));
  const auto after = all_of(db->calls());
  const auto last_batch = log_bytes(folder.path / "live") - start;
  REQUIRE(last_batch > 60);
  for (std::size_t missing = 0; missing <= last_batch; ++missing) {
    INFO(missing << " of " << last_batch << " bytes missing");
    const auto again = opened(torn_copy(folder.path / "live", folder.path / "torn", missing));
    CHECK(all_of(again->calls()) == (missing == 0 ? after : before));
    CHECK(again->registrations().read({1, 1}) == "user");
  }
}

namespace {

/// No file of this process grows beyond so many bytes: the system's write fails with EFBIG.
class small_files {
public:
  explicit small_files(std::size_t bytes) {
    (void) std::signal(SIGXFSZ, SIG_IGN);
    REQUIRE(::getrlimit(RLIMIT_FSIZE, &before_) == 0);
    const rlimit small{bytes, before_.rlim_max};
    REQUIRE(::setrlimit(RLIMIT_FSIZE, &small) == 0);
  }
  ~small_files() {
    (void) ::setrlimit(RLIMIT_FSIZE, &before_);
    (void) std::signal(SIGXFSZ, SIG_DFL);
  }

private:
  rlimit before_{};
};

} // namespace

TEST_CASE("store: a log that cannot be written fails the commit, and is opened anew", "[store]") {
  const scratch folder;
  const auto live = folder.path / "live";
  const auto db = opened(live);
  patient_store s{db->calls()};
  REQUIRE(s.commit(std::vector<record_change>{{{1, 1}, "one"}, {{2, 2}, "two"}}));
  {
    const small_files limit{log_bytes(live) + 10}; // it ends amid the next batch
    const auto failed = s.commit(std::vector<record_change>{{{1, 1}, std::string(1000, 'x')}});
    REQUIRE_FALSE(failed);
    INFO(failed.error());
    CHECK(failed.error().starts_with("cannot write calls to disk: "));
    CHECK(failed.error().find("File too large") != std::string::npos);
    CHECK_FALSE(db->registrations().commit(std::vector<record_change>{{{9, 9}, "user"}}));
    for (int i = 0; i < 3; ++i)
      CHECK_FALSE(s.retry());
    CHECK(s.read({2, 2}) == "two"); // what it had can be read all the while
    CHECK(s.commit(std::vector<record_change>{{{2, 2}, std::nullopt}, {{3, 3}, "three"}}));
  }
  { // a crash now: as it was before the failure
    const auto copy = opened(torn_copy(live, folder.path / "copy", 0));
    CHECK(all_of(copy->calls()) == std::map<key128, std::string>{{{1, 1}, "one"}, {{2, 2}, "two"}});
  }
  CHECK(s.retry());
  const std::map<key128, std::string> now = {{{1, 1}, std::string(1000, 'x')}, {{3, 3}, "three"}};
  CHECK(all_of(db->calls()) == now);
  CHECK(db->registrations().commit(std::vector<record_change>{{{9, 9}, "user"}}));
  const auto copy = opened(torn_copy(live, folder.path / "copy", 0));
  CHECK(all_of(copy->calls()) == now);
  CHECK(copy->registrations().read({9, 9}) == "user");
}
