#include "runtime/base/ip_endpoint.hpp"
#include "runtime/base/key.hpp"

#include <catch2/catch.hpp>

using namespace tandem;

TEST_CASE("key: 32 hex digits there and back, nothing else", "[base]") {
  const key128 k{0x7f3a000000000001, 0xfedcba9876543210};
  CHECK(to_string(k) == "7f3a000000000001fedcba9876543210");
  CHECK(parse_key(to_string(k)) == k);
  CHECK_FALSE(parse_key(""));
  CHECK_FALSE(parse_key("7F3A000000000001fedcba9876543210"));
  CHECK_FALSE(parse_key("7f3a000000000001fedcba98765432100"));
}

TEST_CASE("ip_endpoint: addresses with ports, in the text of RFC 3986 §3.2.2", "[base]") {
  for (const auto* text : {"127.0.0.1:5060", "[::1]:5060", "[2001:db8::7]:1", "0.0.0.0:0",
                           "9.10.99.100:65535", "255.199.200.1:1"}) {
    const auto e = parse_ip_endpoint(text);
    REQUIRE(e);
    CHECK(to_string(*e) == text);
  }
  for (const auto* text : {"", "127.0.0.1", "::1:5060", "[127.0.0.1]:1", "host:5060",
                           "1.2.3.4:65536", "1.2.3.4:+5", "1.2.3.4:", "[::1:5060"}) {
    INFO(text);
    CHECK_FALSE(parse_ip_endpoint(text));
  }
  CHECK(parse_ip_address("127.1.2.3")->is_loopback());
  CHECK(parse_ip_address("::1")->is_loopback());
  CHECK(parse_ip_address("::")->is_unspecified());
  CHECK_FALSE(parse_ip_address("192.0.2.1")->is_loopback());
}
