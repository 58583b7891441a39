// RFC 7616 §3.3, §5.4, §5.12: nonces that prove themselves, and what may be done with one.
#include "protocols/digest/nonce.hpp"

#include "protocols/digest/nonce_table.hpp"
#include "runtime/io/libcrypto_hash.hpp"

#include <catch2/catch.hpp>

#include <set>

using namespace std::chrono_literals;
using namespace tandem;
using verdict = sip::nonce_table::verdict;

namespace {

constexpr ip_address here{ip_family::v4, {192, 0, 2, 7}};
constexpr time_point start{1h};

sip::nonce_identity issued(std::int64_t ms, std::uint32_t serial = 1) {
  return {ms, serial, 0};
}

constexpr std::int64_t start_ms = 3'600'000;

} // namespace

TEST_CASE("nonce: says who issued it and when", "[digest]") {
  const libcrypto_hash h{{1}};
  sip::nonce_mint mint{h, 3};
  for (std::uint32_t i = 0; i < 3; ++i) {
    const auto n = mint.read(mint.make("r", here, start + 1500us), "r", here);
    REQUIRE(n);
    CHECK(*n == sip::nonce_identity{start_ms + 1, i, 3});
    CHECK(n->issued() <= start + 1500us);
  }
}

TEST_CASE("nonce: no two are equal, even in one moment", "[digest]") {
  const libcrypto_hash h{{1}};
  sip::nonce_mint one{h, 0}, other{h, 1};
  std::set<std::string> made;
  for (int i = 0; i < 100; ++i) {
    made.insert(one.make("r", here, start));
    made.insert(other.make("r", here, start));
  }
  CHECK(made.size() == 200);
}

TEST_CASE("nonce: another realm, address, secret or a single changed digit is no nonce",
          "[digest]") {
  const libcrypto_hash h{{1}}, other_secret{{2}};
  sip::nonce_mint mint{h, 0};
  const sip::nonce_mint former{other_secret, 0};
  const auto nonce = mint.make("r", here, start);
  CHECK(mint.read(nonce, "r", here));
  CHECK_FALSE(mint.read(nonce, "q", here));
  CHECK_FALSE(mint.read(nonce, "r", ip_address{ip_family::v4, {192, 0, 2, 8}}));
  CHECK_FALSE(mint.read(nonce, "r", ip_address{ip_family::v6, here.bytes}));
  CHECK_FALSE(former.read(nonce, "r", here));
  CHECK_FALSE(mint.read(nonce.substr(1), "r", here));
  CHECK_FALSE(mint.read("", "r", here));
  for (std::size_t i = 0; i < nonce.size(); ++i) {
    auto changed = nonce;
    changed[i] = changed[i] == '0' ? '1' : '0';
    CHECK_FALSE(mint.read(changed, "r", here));
  }
}

TEST_CASE("nonce_table: a nonce is stale after its lifetime, and before it was issued",
          "[digest]") {
  sip::nonce_table t{10s};
  CHECK_FALSE(t.is_stale(issued(start_ms), start));
  CHECK_FALSE(t.is_stale(issued(start_ms), start + 10s));
  CHECK(t.is_stale(issued(start_ms), start + 10s + 1ns));
  CHECK(t.is_stale(issued(start_ms + 1), start));
}

TEST_CASE("nonce_table: each nc once, in any order within the window (RFC 7616 §3.4)", "[digest]") {
  sip::nonce_table t{1h};
  std::uint64_t request = 0;
  const auto use = [&](std::uint32_t nc) {
    return t.on_login(issued(start_ms), nc, ++request, start, 32s);
  };
  CHECK(use(1) == verdict::fresh);
  CHECK(use(1) == verdict::replayed);
  CHECK(use(3) == verdict::fresh);
  CHECK(use(2) == verdict::fresh);
  CHECK(use(2) == verdict::replayed);
  CHECK(use(3) == verdict::replayed);
  CHECK(use(3 + sip::nonce_count_window) == verdict::fresh);
  CHECK(use(3) == verdict::replayed); // used, and just inside the window
  CHECK(use(2) == verdict::replayed);
  CHECK(use(4) == verdict::fresh);
  CHECK(use(1000) == verdict::fresh);
  CHECK(use(1000 - sip::nonce_count_window) == verdict::fresh);
  CHECK(use(1000 - sip::nonce_count_window - 1) == verdict::replayed); // nobody remembers
  CHECK(use(0xffffffff) == verdict::fresh);
  CHECK(use(0xfffffffe) == verdict::fresh);
  CHECK(use(0xffffffff) == verdict::replayed);
  CHECK(t.size() == 1);
}

TEST_CASE("nonce_table: a retransmission is told from a replay (RFC 3261 §17.2)", "[digest]") {
  sip::nonce_table t{1h};
  const auto n = issued(start_ms);
  CHECK(t.on_login(n, 1, 77, start, 32s) == verdict::fresh);
  CHECK(t.on_login(n, 1, 77, start + 32s, 32s) == verdict::repeated);
  CHECK(t.on_login(n, 1, 78, start + 1s, 32s) == verdict::replayed);
  CHECK(t.on_login(n, 2, 77, start + 1s, 32s) == verdict::fresh);
  CHECK(t.on_login(n, 1, 77, start + 32s + 1ns, 32s) == verdict::replayed);

  for (std::uint32_t nc = 3; nc < 3 + sip::repeatable_requests; ++nc)
    CHECK(t.on_login(n, nc, nc, start, 32s) == verdict::fresh);
  CHECK(t.on_login(n, 3, 3, start, 32s) == verdict::repeated);
  CHECK(t.on_login(n, 2, 77, start + 1s, 32s) == verdict::replayed); // pushed out by the others
}

TEST_CASE("nonce_table: nonces have windows of their own", "[digest]") {
  sip::nonce_table t{1h};
  CHECK(t.on_login(issued(start_ms, 1), 1, 1, start, 32s) == verdict::fresh);
  CHECK(t.on_login(issued(start_ms, 2), 1, 1, start, 32s) == verdict::fresh);
  CHECK(t.on_login(issued(start_ms - 1, 1), 1, 1, start, 32s) == verdict::fresh);
  CHECK(t.size() == 3);
}

TEST_CASE("nonce_table: old ones leave when new ones come", "[digest]") {
  sip::nonce_table t{10s};
  for (std::int64_t i = 0; i < 100; ++i)
    CHECK(t.on_login(issued(start_ms + i * 1000), 1, 1, start + i * 1s, 32s) == verdict::fresh);
  CHECK(t.size() == 11);
}

TEST_CASE("nonce_table: full, it forgets the oldest, whose requests do not come in again",
          "[digest]") {
  constexpr std::size_t n = 4;
  sip::nonce_table t{1h, n};
  std::uint64_t request = 0;
  const auto use = [&](std::int64_t ms) {
    return t.on_login(issued(start_ms + ms), 1, ++request, start + 1min, 32s);
  };
  for (std::int64_t i = 0; i < static_cast<std::int64_t>(n); ++i)
    CHECK(use(i) == verdict::fresh);
  CHECK_FALSE(t.is_stale(issued(start_ms), start + 1min));
  CHECK(use(n) == verdict::fresh); // one more
  CHECK(t.size() == n);
  CHECK(t.is_stale(issued(start_ms), start + 1min));
  CHECK_FALSE(t.is_stale(issued(start_ms + 1), start + 1min));
  CHECK(use(1) == verdict::replayed);
  CHECK(use(-5) == verdict::replayed); // never seen, but of the time that is forgotten
}
