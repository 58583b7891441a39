#include "actors/faults/fault_path.hpp"

#include "actors/faults/limits.hpp"

#include <catch2/catch.hpp>

using namespace tandem::actors;

namespace {

constexpr auto key = "0123456789abcdef0123456789abcdef";

bool matches(std::string_view path, std::string_view below) {
  const auto parsed = fault_path::parse(path);
  REQUIRE(parsed);
  CHECK(parsed->text() == path);
  return parsed->matches(key, below);
}

std::string wrong(std::string_view path) {
  const auto parsed = fault_path::parse(path);
  REQUIRE_FALSE(parsed);
  return parsed.error();
}

} // namespace

TEST_CASE("fault paths: the call itself") {
  CHECK(matches("calls/*", ""));
  CHECK(matches("calls/0123456789abcdef0123456789abcdef", ""));
  CHECK(matches("calls/0123*", ""));
  CHECK(matches("signalling/calls/*", ""));
  CHECK(matches("signalling 3/calls/*", ""));
  CHECK_FALSE(matches("calls/*", "leg 0"));
  CHECK_FALSE(matches("calls/0124*", ""));
  CHECK_FALSE(matches("calls/0123", ""));
}

TEST_CASE("fault paths: its children") {
  CHECK(matches("calls/*/leg 0", "leg 0"));
  CHECK(matches("calls/*/leg 0/dialog", "leg 0/dialog"));
  CHECK(matches("calls/*/leg */INVITE*", "leg 1/INVITE (client)"));
  CHECK(matches("calls/*/*/*(client)", "leg 1/INVITE (client)"));
  CHECK(matches("calls/*/app*", "app bridge"));
  CHECK_FALSE(matches("calls/*/leg 0", "leg 1"));
  CHECK_FALSE(matches("calls/*/leg 0", "leg 0/dialog"));
  CHECK_FALSE(matches("calls/*/leg 0/dialog", "leg 0"));
  CHECK_FALSE(matches("calls/*/*/*(client)", "leg 0/INVITE (server)"));
}

TEST_CASE("fault paths: an actor and all below it") {
  CHECK(matches("calls/*/**", ""));
  CHECK(matches("calls/*/**", "leg 0/dialog"));
  CHECK(matches("calls/*/leg 0/**", "leg 0"));
  CHECK(matches("calls/*/leg 0/**", "leg 0/dialog"));
  CHECK_FALSE(matches("calls/*/leg 0/**", "leg 1/dialog"));
  CHECK_FALSE(matches("calls/*/leg 0/**", "leg 00"));
}

TEST_CASE("fault paths: what is wrong is said with what would be right") {
  for (const auto* path : {"", "leg 0", "calls/*/", "calls/*//dialog", "calls/*/**/dialog",
                           "signalling", "registrar/*"}) {
    INFO(path);
    CHECK_THAT(wrong(path),
               Catch::Contains("names no actor of a call; give an actor of a call as "
                               "`tandem tree` shows it, such as calls/*/leg 0/dialog"));
  }
  for (const auto* path : {"calls", "calls/xyz", "calls/0123456789abcdef0123456789abcdef0"}) {
    INFO(path);
    CHECK_THAT(wrong(path), Catch::Contains("is no key of a call; give * for any call"));
  }
}

TEST_CASE("fault paths: as long as the limit, and one more") {
  const std::string start = "calls/*/";
  const auto longest = start + std::string(limits::fault_path_size - start.size(), 'x');
  CHECK(fault_path::parse(longest));
  CHECK_THAT(wrong(longest + "x"), Catch::Contains("more than 256 characters"));
}
