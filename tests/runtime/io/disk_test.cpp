#include "runtime/io/limits.hpp"
#include "runtime/io/simulated/simulated_disk.hpp"
#include "runtime/io/system_disk.hpp"

#include <catch2/catch.hpp>

#include <cstdlib>
#include <filesystem>
#include <functional>
#include <string>

using namespace tandem;

namespace {

/// A folder of this test alone; gone at its end.
class scratch_folder {
public:
  scratch_folder() {
    auto pattern = (std::filesystem::temp_directory_path() / "tandem-disk-XXXXXX").string();
    REQUIRE(mkdtemp(pattern.data()) != nullptr);
    path_ = pattern;
  }
  scratch_folder(const scratch_folder&) = delete;
  scratch_folder& operator=(const scratch_folder&) = delete;
  ~scratch_folder() { std::filesystem::remove_all(path_); }
  [[nodiscard]] const std::string& path() const { return path_; }

private:
  std::string path_;
};

/// The same checks on both implementations.
void on_both(const std::function<void(disk&, const std::string& root)>& check) {
  SECTION("system") {
    const scratch_folder folder;
    system_disk d;
    check(d, folder.path());
  }
  SECTION("simulated") {
    simulated_disk d{1};
    REQUIRE(d.make_directories("/root"));
    check(d, "/root");
  }
}

} // namespace

TEST_CASE("disk: files are written whole, read, listed and removed", "[io][disk]") {
  on_both([](disk& d, const std::string& root) {
    const auto file = root + "/b";
    CHECK_FALSE(d.exists(file));
    REQUIRE(d.write_file(file, "one"));
    REQUIRE(d.write_file(file, "two"));
    CHECK(d.read_file(file).value() == "two");
    REQUIRE(d.make_directories(root + "/c/d/e"));
    REQUIRE(d.make_directories(root + "/c/d/e"));
    REQUIRE(d.write_file(root + "/c/x", ""));
    CHECK(d.read_file(root + "/c/x").value().empty());
    REQUIRE(d.write_file(root + "/a", "first by name"));
    CHECK(d.list(root).value() == std::vector<std::string>{"a", "b", "c"}); // no draft is left
    CHECK(d.list(root + "/c").value() == std::vector<std::string>{"d", "x"});
    REQUIRE(d.remove_file(file));
    CHECK_FALSE(d.exists(file));
    CHECK(d.exists(root + "/c/d"));
  });
}

TEST_CASE("disk: errors are sentences that name the file and the reason", "[io][disk]") {
  on_both([](disk& d, const std::string& root) {
    const auto gone = root + "/none/file";
    CHECK(d.read_file(gone).error() == "cannot read " + gone + ": No such file or directory");
    CHECK(d.write_file(gone, "").error() == "cannot write " + gone + ": No such file or directory");
    CHECK(d.open_append(gone).error() == "cannot open " + gone + ": No such file or directory");
    CHECK(d.list(gone).error() == "cannot list " + gone + ": No such file or directory");
    CHECK(d.remove_file(gone).error() == "cannot remove " + gone + ": No such file or directory");
    REQUIRE(d.write_file(root + "/file", "x"));
    CHECK(d.make_directories(root + "/file/below").error()
          == "cannot make the folder " + root + "/file/below: Not a directory");
  });
}

TEST_CASE("disk: lines are appended across openings, and a torn last line is closed first",
          "[io][disk]") {
  on_both([](disk& d, const std::string& root) {
    const auto file = root + "/cdr.jsonl";
    {
      auto f = d.open_append(file).value();
      REQUIRE(f->append("one"));
      REQUIRE(f->append("two"));
      REQUIRE(f->sync());
    }
    REQUIRE(d.open_append(file).value()->append("three"));
    CHECK(d.read_file(file).value() == "one\ntwo\nthree\n");
    CHECK(d.read_tail(file, 7).value() == "\nthree\n");
    CHECK(d.read_tail(file, 14).value() == "one\ntwo\nthree\n");
    CHECK(d.read_tail(file, 15).value() == "one\ntwo\nthree\n");
    CHECK(d.read_tail(file, 0).value().empty());
    CHECK_FALSE(d.read_tail(file + ".gone", 7));

    REQUIRE(d.write_file(file, "one\ntw")); // as a crash leaves it
    REQUIRE(d.open_append(file).value()->append("three"));
    CHECK(d.read_file(file).value() == "one\ntw\nthree\n");
  });
}

TEST_CASE("disk: a file of max_file_bytes is read, one byte more is refused", "[io][disk]") {
  const scratch_folder folder;
  system_disk d;
  const auto file = folder.path() + "/large";
  REQUIRE(d.write_file(file, ""));
  std::filesystem::resize_file(file, max_file_bytes); // a hole, costs no space
  CHECK(d.read_file(file).value().size() == max_file_bytes);
  std::filesystem::resize_file(file, max_file_bytes + 1);
  CHECK(d.read_file(file).error() == "cannot read " + file + ": File too large");
}

TEST_CASE("simulated disk: full at its capacity, and what failed left no trace",
          "[io][disk][simulated]") {
  simulated_disk d{1};
  d.set_capacity(10);
  auto f = d.open_append("log").value();
  REQUIRE(f->append("123456789")); // with its newline: 10
  CHECK(f->append("").error() == "cannot append to log: No space left on device");
  CHECK(d.write_file("other", "x").error() == "cannot write other: No space left on device");
  CHECK(d.read_file("log").value() == "123456789\n");
  d.set_capacity(11);
  CHECK(f->append(""));
}

TEST_CASE("simulated disk: read-only refuses every change and still reads",
          "[io][disk][simulated]") {
  simulated_disk d{1};
  auto f = d.open_append("log").value();
  REQUIRE(f->append("kept"));
  d.set_read_only(true);
  CHECK(f->append("x").error() == "cannot append to log: Read-only file system");
  CHECK_FALSE(d.write_file("log", "x"));
  CHECK_FALSE(d.remove_file("log"));
  CHECK_FALSE(d.make_directories("folder"));
  CHECK(d.read_file("log").value() == "kept\n");
  d.set_read_only(false);
  CHECK(f->append("x"));
}

TEST_CASE("simulated disk: a crash keeps what was synced and a drawn part of the rest",
          "[io][disk][simulated]") {
  bool torn = false, lost_all = false;
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    simulated_disk d{seed};
    auto f = d.open_append("log").value();
    REQUIRE(f->append("safe"));
    REQUIRE(f->sync());
    REQUIRE(f->append("at risk"));
    d.crash();
    const auto left = d.read_file("log").value();
    CHECK(std::string{"safe\nat risk\n"}.starts_with(left));
    CHECK(left.starts_with("safe\n"));
    torn |= left.size() > 5 && left.back() != '\n';
    lost_all |= left == "safe\n";
    CHECK_FALSE(f->append("from the dead")); // this process is gone
    CHECK(d.open_append("log").value()->append("after"));
    CHECK(d.read_file("log").value().ends_with("\nafter\n"));
  }
  CHECK(torn);
  CHECK(lost_all);
}
