#include "config/routes.hpp"

#include "config/limits.hpp"

#include <catch2/catch.hpp>

using namespace tandem;

namespace {

route make(const std::string& match, const std::string& app, const std::string& to = {}) {
  auto compiled = pattern::compile(match);
  REQUIRE(compiled);
  route out{*compiled, app, std::nullopt};
  if (!to.empty()) {
    auto parsed = uri_template::parse(to, compiled->groups());
    REQUIRE(parsed);
    CHECK(parsed->text() == to);
    out.to = *parsed;
  }
  return out;
}

} // namespace

TEST_CASE("expand_route: the first match wins, groups are filled in", "[config][routes]") {
  const std::vector<route> routes = {
      make("^9196$", "echo"),
      make("^7(.*)", "bridge", "sip:{user}@127.0.0.1:5080"),
      make("^0(0)?([1-9][0-9]*)$", "bridge", "sip:+49{2}{1}@[::1]:5080;transport=udp"),
      make("^8(.*)", "bridge", "sip:{1}@carrier.example"),
      make("^hi there$", "bridge", "sip:say-{user}@192.0.2.1"),
      make("x", "late"),
  };
  struct row {
    const char* user;
    std::optional<route_match> expected;
  };
  const std::vector<row> table = {
      {"9196", route_match{"echo", "", 0}},
      {"91961", std::nullopt},
      {"7", route_match{"bridge", "sip:7@127.0.0.1:5080", 1}},
      {"7x", route_match{"bridge", "sip:7x@127.0.0.1:5080", 1}},
      {"030",
       route_match{"bridge", "sip:+4930@[::1]:5080;transport=udp", 2}}, // group 1 took no part
      {"0030", route_match{"bridge", "sip:+49300@[::1]:5080;transport=udp", 2}},
      {"8123", route_match{"bridge", "sip:123@carrier.example", 3}},
      {"8", std::nullopt}, // no user is left
      {"ax", route_match{"late", "", 5}},
      {"", std::nullopt},
      // RFC 3261 §19.1.4: an escaped character is that character.
      {"%37123", route_match{"bridge", "sip:7123@127.0.0.1:5080", 1}},
      {"hi%20there", route_match{"bridge", "sip:say-hi%20there@192.0.2.1", 4}},
      // What cannot stand in a user part is escaped, so nobody writes past the @.
      {"7@evil.example", route_match{"bridge", "sip:7%40evil.example@127.0.0.1:5080", 1}},
      {"7%0d%0aVia:x", route_match{"bridge", "sip:7%0D%0AVia%3Ax@127.0.0.1:5080", 1}},
      {"7%", route_match{"bridge", "sip:7%25@127.0.0.1:5080", 1}},
      {"7%4", route_match{"bridge", "sip:7%254@127.0.0.1:5080", 1}},
      {"7%zz", route_match{"bridge", "sip:7%25zz@127.0.0.1:5080", 1}},
      {"7{1}", route_match{"bridge", "sip:7%7B1%7D@127.0.0.1:5080", 1}},
      {"7;a=b", route_match{"bridge", "sip:7;a=b@127.0.0.1:5080", 1}},
  };
  for (const auto& r : table) {
    INFO(r.user);
    CHECK(expand_route(routes, r.user) == r.expected);
  }
  CHECK(expand_route({}, "7") == std::nullopt);
}

TEST_CASE("expand_route: a user part longer than the limit matches nothing", "[config][limits]") {
  const std::vector<route> routes = {make("^(7|8)*$", "bridge", "sip:{user}@h")};
  CHECK(expand_route(routes, std::string(max_routed_user_bytes, '7')));
  CHECK_FALSE(expand_route(routes, std::string(max_routed_user_bytes + 1, '7')));
  std::string escaped;
  for (std::size_t i = 0; i < max_routed_user_bytes; ++i)
    escaped += "%38";
  CHECK(expand_route(routes, escaped)->to
        == "sip:" + std::string(max_routed_user_bytes, '8') + "@h");
  CHECK_FALSE(expand_route(routes, escaped + "8"));
}

TEST_CASE("pattern: 60,000 characters neither overflow the stack nor take long",
          "[config][routes]") {
  const auto p = pattern::compile("^(7|8)*$");
  REQUIRE(p);
  CHECK(p->match(std::string(60'000, '7')));
  CHECK_FALSE(p->match(std::string(60'000, '7') + "x"));
}

TEST_CASE("pattern: limits of size hold at n and refuse n + 1", "[config][limits]") {
  CHECK(pattern::compile(std::string(max_pattern_bytes, 'x')));
  CHECK(pattern::compile(std::string(max_pattern_bytes + 1, 'x')).error()
        == "the pattern has 257 bytes; at most 256");
}

TEST_CASE("pattern: equal by text, unanchored, groups counted", "[config][routes]") {
  CHECK(*pattern::compile("a") == *pattern::compile("a"));
  CHECK_FALSE(*pattern::compile("a") == *pattern::compile("b"));
  CHECK(pattern::compile("b")->match("abc"));
  CHECK(pattern::compile("(a)(?:b)(c)")->groups() == 2);
  CHECK(pattern::compile("")->match("")->size() == 1);
}

TEST_CASE("uri_template: hosts, ports and parameters that are right", "[config][routes]") {
  for (const auto* uri : {"sip:x@h", "sip:x@h.example", "sip:x@h-1.example:5060", "sip:x@192.0.2.1",
                          "sip:x@[2001:db8::1]", "sip:x@[2001:db8::1]:65535;lr;transport=tcp",
                          "sip:%23{user}-_.!~*'()&=+$,;?/@h"}) {
    INFO(uri);
    const auto t = uri_template::parse(uri, 0);
    REQUIRE(t);
    CHECK(t->expand("{user}", {})->starts_with("sip:"));
  }
}
