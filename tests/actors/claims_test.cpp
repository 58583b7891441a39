// How many calls one caller may have.
#include "actors/calls/claims.hpp"

#include <catch2/catch.hpp>

#include <vector>

using tandem::actors::claims;

TEST_CASE("claims: up to the limit, each caller for himself", "[actors][limits]") {
  claims c;
  std::vector<claims::token> held;
  for (std::size_t n = 1; n <= 3; ++n) {
    held.push_back(c.take("alice", 3));
    REQUIRE(held.back());
    CHECK(c.held("alice") == n);
  }
  CHECK_FALSE(c.take("alice", 3));
  CHECK(c.held("alice") == 3);
  CHECK(c.take("alice", 4)); // and that one is given back at once
  CHECK(c.take("bob", 1));
  CHECK_FALSE(c.take("bob", 0));
  held.pop_back();
  CHECK(c.held("alice") == 2);
  CHECK(c.take("alice", 3));
  held.clear();
  CHECK(c.held("alice") == 0);
  CHECK(c.held("nobody") == 0);
}

TEST_CASE("claims: who has nothing any more leaves no row", "[actors][limits]") {
  claims c;
  const auto kept = c.take("alice", 1);
  for (int i = 0; i < 10'000; ++i)
    CHECK(c.take(std::to_string(i), 1));
  CHECK(c.rows() <= 64);
  CHECK(c.held("alice") == 1);
  CHECK_FALSE(c.take("alice", 1));
}

TEST_CASE("claims: a token outlives the table", "[actors][limits]") {
  claims::token kept;
  {
    claims c;
    kept = c.take("alice", 1);
  }
  CHECK(kept);
}
