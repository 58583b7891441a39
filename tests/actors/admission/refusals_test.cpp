#include "actors/admission/refusals.hpp"

#include <catch2/catch.hpp>

using namespace std::chrono_literals;

using namespace tandem;
using namespace tandem::actors;

TEST_CASE("refusals: kept as long as a client may repeat an INVITE, and no longer (§17.1.1.2)") {
  refusals known;
  const time_point start{1h};
  known.age(start);
  known.add(1, start);
  known.age(start + limits::refusals_kept - 1ns);
  known.age(start + limits::refusals_kept);
  CHECK(known.contains(1));
  CHECK_FALSE(known.contains(2));
  known.age(start + 2 * limits::refusals_kept);
  CHECK_FALSE(known.contains(1));
  CHECK(known.size() == 0);
}

TEST_CASE("refusals: as many as the limit twice, and then the oldest go") {
  refusals known;
  const time_point start{1h};
  const auto page = limits::refusals_remembered;
  for (std::uint64_t id = 0; id < 2 * page; ++id)
    known.add(id, start);
  CHECK(known.size() == 2 * page);
  CHECK(known.contains(0));
  known.add(2 * page, start);
  CHECK(known.size() == page + 1);
  CHECK_FALSE(known.contains(0));
  CHECK(known.contains(page));
}
