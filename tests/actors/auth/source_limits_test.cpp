// What one source address may try: rates, failures, bans, and how many sources are counted.
#include "actors/auth/source_limits.hpp"

#include <catch2/catch.hpp>

using namespace std::chrono_literals;
using namespace tandem;
using namespace tandem::actors;

namespace {

ip_address v4(std::uint32_t n) {
  ip_address a;
  for (std::size_t i = 0; i < 4; ++i)
    a.bytes[i] = static_cast<std::uint8_t>(n >> (24 - 8 * i));
  return a;
}

constexpr time_point start{1h};

source_limits limited(const source_rates& r) {
  source_limits l;
  l.set_rates(r);
  return l;
}

} // namespace

TEST_CASE("source_limits: a burst of five seconds at once, then as many as flow out", "[auth]") {
  auto l = limited({.requests_per_second = 10});
  for (int i = 0; i < 50; ++i)
    CHECK(l.take_request(v4(1), start));
  CHECK_FALSE(l.take_request(v4(1), start));
  CHECK(l.take_request(v4(2), start)); // another source
  CHECK_FALSE(l.take_request(v4(1), start + 99ms));
  CHECK(l.take_request(v4(1), start + 100ms));
  CHECK_FALSE(l.take_request(v4(1), start + 100ms));
  for (int i = 0; i < 50; ++i)
    CHECK(l.take_request(v4(1), start + 1h));
  CHECK_FALSE(l.take_request(v4(1), start + 1h));
}

TEST_CASE("source_limits: 0 is no limit", "[auth]") {
  auto l = limited({.requests_per_second = 0, .failures_per_minute = 0});
  for (int i = 0; i < 10'000; ++i) {
    CHECK(l.take_request(v4(1), start));
    CHECK_FALSE(l.add_failure(v4(1), start));
  }
  CHECK_FALSE(l.is_banned(v4(1), start));
  CHECK(l.sources() == 0);
  CHECK(l.failing() == 0);
}

TEST_CASE("source_limits: a ban begins with one failure too many, and ends", "[auth]") {
  auto l = limited({.failures_per_minute = 3, .ban = 60s});
  for (int i = 0; i < 3; ++i)
    CHECK_FALSE(l.add_failure(v4(1), start));
  CHECK_FALSE(l.is_banned(v4(1), start));
  CHECK(l.add_failure(v4(1), start));
  CHECK(l.is_banned(v4(1), start + 60s - 1ns));
  CHECK_FALSE(l.is_banned(v4(2), start));
  CHECK_FALSE(l.is_banned(v4(1), start + 60s));
  CHECK_FALSE(l.add_failure(v4(1), start + 60s)); // it begins anew
}

TEST_CASE("source_limits: failures now and then lead to no ban", "[auth]") {
  auto l = limited({.failures_per_minute = 3});
  for (int i = 0; i < 1000; ++i)
    CHECK_FALSE(l.add_failure(v4(1), start + i * 20s));
}

TEST_CASE("source_limits: IPv6 addresses of one /64 are one source", "[auth]") {
  auto l = limited({.requests_per_second = 1, .failures_per_minute = 1});
  ip_address a{ip_family::v6, {0x20, 1, 0xd, 0xb8, 0, 0, 0, 1, 1}};
  for (std::uint8_t i = 0; i < 5; ++i) {
    a.bytes[15] = i;
    CHECK(l.take_request(a, start));
  }
  CHECK_FALSE(l.take_request(a, start));
  a.bytes[7] = 2;
  CHECK(l.take_request(a, start));
  CHECK(l.sources() == 2);
}

TEST_CASE("source_limits: tables at their limits and one beyond, strangers cannot lift a ban",
          "[auth]") {
  auto l = limited({.requests_per_second = 1, .failures_per_minute = 1});
  (void) l.add_failure(v4(7), start);
  CHECK(l.add_failure(v4(7), start));
  for (std::uint32_t i = 0; i < limits::counted_sources; ++i)
    CHECK(l.take_request(v4(i), start));
  CHECK(l.sources() == limits::counted_sources);
  for (int i = 0; i < 4; ++i)
    (void) l.take_request(v4(0), start); // 0 has its five, and is the latest
  CHECK_FALSE(l.take_request(v4(0), start));
  CHECK(l.take_request(v4(limits::counted_sources), start));
  CHECK(l.sources() == limits::counted_sources);
  CHECK_FALSE(l.take_request(v4(0), start)); // still known: 1 made room
  CHECK(l.is_banned(v4(7), start));

  for (std::uint32_t i = 0; i + 1 < limits::failing_sources; ++i)
    (void) l.add_failure(v4(1'000'000 + i), start);
  CHECK(l.failing() == limits::failing_sources);
  CHECK(l.is_banned(v4(7), start));
  (void) l.add_failure(v4(5'000'000), start);
  CHECK(l.failing() == limits::failing_sources);
  CHECK_FALSE(l.is_banned(v4(7), start));
}
