#include "config/trunk_address.hpp"

#include <catch2/catch.hpp>

using namespace tandem;

TEST_CASE("trunk_address: one address, a prefix, an address with a port", "[config]") {
  struct row {
    const char *address, *source;
    bool matches;
  };
  const std::vector<row> table = {
      {"192.0.2.1", "192.0.2.1:1", true},
      {"192.0.2.1", "192.0.2.2:1", false},
      {"192.0.2.1:5060", "192.0.2.1:5060", true},
      {"192.0.2.1:5060", "192.0.2.1:5061", false},
      {"192.0.2.0/24", "192.0.2.255:9", true},
      {"192.0.2.0/24", "192.0.3.0:9", false},
      {"192.0.2.128/25", "192.0.2.128:9", true},
      {"192.0.2.128/25", "192.0.2.127:9", false},
      {"192.0.2.1/32", "192.0.2.1:9", true},
      {"192.0.2.1/32", "192.0.2.0:9", false},
      {"0.0.0.0/0", "203.0.113.7:9", true},
      {"0.0.0.0/0", "[::1]:9", false},
      {"::/0", "[2001:db8::1]:9", true},
      {"::/0", "127.0.0.1:9", false},
      {"2001:db8::/33", "[2001:db8:7fff::1]:9", true},
      {"2001:db8::/33", "[2001:db8:8000::1]:9", false},
      {"2001:db8::1", "[2001:db8::1]:9", true},
      {"[2001:db8::1]:5060", "[2001:db8::1]:5060", true},
      {"[2001:db8::1]:5060", "[2001:db8::1]:5061", false},
  };
  for (const auto& r : table) {
    INFO(r.address << " from " << r.source);
    const auto t = parse_trunk_address(r.address);
    REQUIRE(t);
    CHECK(t->matches(*parse_ip_endpoint(r.source)) == r.matches);
    CHECK(parse_trunk_address(to_string(*t)) == *t);
  }
  for (const auto* bad : {"", "/", "/24", "192.0.2.0/", "192.0.2.0/-1", "192.0.2.0/24x", "::/129",
                          "[::1]", "::1:5060:", "[::]:5060", "192.0.2.1:65536", "192.0.2.1 "}) {
    INFO(bad);
    CHECK_FALSE(parse_trunk_address(bad));
  }
}
