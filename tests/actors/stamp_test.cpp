// When a record was written, and which calls stand in the CDR files: what a restart goes by.
#include "actors/node/stamp.hpp"

#include "actors/cdr/call_detail.hpp"
#include "actors/cdr/written_details.hpp"
#include "runtime/io/simulated/simulated_disk.hpp"

#include <catch2/catch.hpp>

using namespace std::chrono_literals;

using namespace tandem;
using namespace tandem::actors;

namespace {

constexpr wall_time noon{std::chrono::seconds{1'767'268'800}};

stamp at(std::uint64_t boot, duration since_boot, wall_time wall) {
  return {boot, time_point{since_boot}, wall};
}

call_detail detail(std::uint64_t key, wall_time start) {
  call_detail d;
  d.key = {7, key};
  d.start = d.end = start;
  d.from = R"(","start":"2000-01-01T00:00:00.000Z)"; // a caller who wants to confuse
  return d;
}

} // namespace

TEST_CASE("stamp: within one boot its clock counts, else the wall's, and never backwards",
          "[actors]") {
  const auto then = at(1, 100s, noon);
  struct row {
    const char* name;
    stamp now;
    duration between;
  };
  for (const auto& [name, now, between] :
       {row{"same boot", at(1, 130s, noon + 30s), 30s},
        row{"same boot, wall an hour ahead", at(1, 130s, noon + 1h), 30s},
        row{"same boot, wall an hour behind", at(1, 130s, noon - 1h), 30s},
        row{"another boot", at(2, 5s, noon + 30s), 30s},
        row{"another boot, wall behind", at(2, 5s, noon - 1h), 0s},
        row{"a clock that says another boot is this one", at(1, 5s, noon + 30s), 30s},
        row{"no boot is known", at(0, 130s, noon + 40s), 40s}}) {
    INFO(name);
    CHECK(time_between(then, now) == between);
  }
  CHECK(time_between(at(0, 1s, noon), at(0, 2s, noon + 9s)) == 9s);
}

TEST_CASE("stamp: behind a record and off again", "[actors]") {
  const auto s = at(boot_number("5f2c"), 123456789ns, noon + 123ms);
  for (const std::string record : {"", "x", "a record"}) {
    auto stored = record;
    append_stamp(stored, s);
    CHECK(stored.size() == record.size() + stamp_bytes);
    CHECK(stamp_of(stored) == s);
    CHECK(record_of(stored) == record);
    for (std::size_t cut = 1; cut <= stored.size(); ++cut)
      CHECK_FALSE(stamp_of(std::string_view{stored}.substr(0, stored.size() - cut)));
  }
  for (const auto& damaged : {at(1, -1ns, noon), at(1, 1s, wall_time{-1ns})}) {
    std::string stored;
    append_stamp(stored, damaged);
    CHECK_FALSE(stamp_of(stored));
  }
  CHECK(record_of("not stamped at all, and long enough to be").empty());
  CHECK(boot_number("") == 0);
  CHECK(boot_number("a") != boot_number("b"));
}

TEST_CASE("CDR: what stands at the end of the files is known by key and start", "[actors]") {
  simulated_disk disk{1};
  REQUIRE(disk.make_directories("cdr"));
  const auto none = written_details::read(disk, "cdr", 1000);
  CHECK(none.size() == 0);
  auto old = disk.open_append("cdr/2026-01-01.jsonl").value();
  for (std::uint64_t i = 0; i < 10; ++i)
    REQUIRE(old->append(to_json(detail(i, noon))));
  auto today = disk.open_append("cdr/2026-01-02.jsonl").value();
  REQUIRE(today->append(to_json(detail(20, noon + 24h))));
  const auto line = to_json(detail(0, noon)).size() + 1;

  const auto all = written_details::read(disk, "cdr", 100 * line);
  CHECK(all.size() == 11);
  CHECK(all.contains({7, 0}, noon));
  CHECK(all.contains({7, 20}, noon + 24h));
  CHECK(all.contains({7, 20}, noon + 24h + 500us)); // milliseconds are what it says
  CHECK_FALSE(all.contains({7, 20}, noon));         // the same key, another call
  CHECK_FALSE(all.contains({7, 10}, noon));

  // Bounded: the newest first, and no half lines.
  const auto some = written_details::read(disk, "cdr", 4 * line);
  CHECK(some.contains({7, 20}, noon + 24h));
  CHECK(some.contains({7, 9}, noon));
  CHECK_FALSE(some.contains({7, 5}, noon));
}

TEST_CASE("CDR: a line that is torn does not count", "[actors]") {
  const auto whole = to_json(detail(1, noon));
  written_details known;
  known.add_lines(whole + "\n" + whole.substr(0, whole.size() - 1), true);
  CHECK(known.contains({7, 1}, noon));
  written_details torn;
  torn.add_lines(whole.substr(0, whole.size() - 1), true);
  torn.add_lines(whole.substr(0, whole.size() - 1) + "\n", true); // closed by the next process
  torn.add_lines(whole, true);
  torn.add_lines(whole + "\n", false); // its begin may be missing
  CHECK(torn.size() == 0);
}
