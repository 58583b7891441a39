#include "config/reload.hpp"

#include "config/limits.hpp"

#include <catch2/catch.hpp>

using namespace tandem;
using strings = std::vector<std::string>;

namespace {

configuration read(const std::string& tail) {
  const auto c = parse_configuration("[node]\nname = \"a\"\n[auth]\nrealm = \"example.test\"\n"
                                     "[media]\naddress = \"127.0.0.1\"\n"
                                     "[[sip.listen]]\ntransport = \"udp\"\n"
                                     "address = \"127.0.0.1:5060\"\n"
                                         + tail,
                                     "/etc/t/t.toml");
  REQUIRE(c);
  return *c;
}

std::string user(const std::string& name, const std::string& password = "secret") {
  return "[[users]]\nname = \"" + name + "\"\npassword = \"" + password + "\"\n";
}

std::string trunk(const std::string& name, const std::string& address) {
  return "[[trunks]]\nname = \"" + name + "\"\naddress = \"" + address + "\"\n";
}

const std::string to_echo = "[[routes]]\nmatch = \"^9196$\"\napp = \"echo\"\n";

} // namespace

TEST_CASE("reload: the same file changes nothing") {
  const auto c = read(user("1001") + trunk("x", "192.0.2.1") + to_echo);
  CHECK(compare_settings(c, c) == reload_report{});
  CHECK(reloaded(c, c) == c);
}

TEST_CASE("reload: users are reported by name, without their secrets") {
  const auto before = read(user("1001") + user("1002") + user("1003"));
  const auto after = read(user("1003") + user("1001", "another") + user("1004"));
  const auto r = compare_settings(before, after);
  CHECK(r.changes == strings{"users: added 1004; changed 1001; removed 1002"});
  CHECK(r.later.empty());
  CHECK(reloaded(before, after).users == after.users);
}

TEST_CASE("reload: at the limit every name is reported, above it the rest is counted") {
  std::string many;
  for (std::size_t i = 0; i < max_names_reported; ++i)
    many += user("u" + std::to_string(i));
  const auto none = read("");
  const auto at = compare_settings(none, read(many)).changes;
  CHECK(at.front().find("more") == std::string::npos);
  const auto above = compare_settings(none, read(many + user("v") + user("w"))).changes;
  CHECK(above.front().find(" and 2 more") != std::string::npos);
}

TEST_CASE("reload: trunks and routes depend on their order") {
  const auto x = trunk("x", "192.0.2.0/24"), y = trunk("y", "192.0.2.1");
  CHECK(compare_settings(read(x + y), read(y + x)).changes == strings{"trunks: in another order"});
  const auto before = read(to_echo);
  const auto after = read("[[routes]]\nmatch = \"^1$\"\napp = \"echo\"\n" + to_echo);
  CHECK(compare_settings(before, after).changes == strings{"routes: 2 in place of 1"});
  CHECK(reloaded(before, after).routes == after.routes);
}

TEST_CASE("reload: how requests are authenticated") {
  const auto before = read("");
  auto after = before;
  after.auth.realm = "other.test";
  CHECK(compare_settings(before, after).changes == strings{"auth: changed"});
  CHECK(reloaded(before, after).auth.realm == "other.test");
}

TEST_CASE("reload: what belongs to the node waits for its next start") {
  const auto before = read("");
  auto after = before;
  after.media.first_port += 2;
  after.sip.ring_timeout += std::chrono::seconds{1};
  const auto r = compare_settings(before, after);
  CHECK(r.changes.empty());
  CHECK(r.later
        == strings{"sip: changed, in force at the next start",
                   "media: changed, in force at the next start"});
  CHECK(reloaded(before, after) == before);
}
