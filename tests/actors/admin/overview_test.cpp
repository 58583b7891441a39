#include "actors/admin/overview.hpp"

#include <catch2/catch.hpp>

using namespace tandem;
using namespace tandem::actors;
using namespace std::chrono_literals;

namespace {

node_view view(std::uint64_t id, std::uint64_t parent, std::string_view kind, std::string name,
               std::string_view state = "open") {
  node_view v;
  v.id = id;
  v.parent_id = parent;
  v.kind = kind;
  v.name = std::move(name);
  v.state = state;
  return v;
}

node_view call_view(std::uint64_t n, std::string_view state, duration age) {
  auto v = view(100 + n, 3, "call", to_string(key128{n, n}), state);
  v.age = age;
  return v;
}

std::vector<node_view> some_node() {
  return {view(1, 0, "node", "a"), view(2, 1, "supervisor", "signalling"),
          view(3, 2, "supervisor", "calls"), view(4, 2, "router", "router")};
}

} // namespace

TEST_CASE("overview: the longest mailboxes with their paths, empty ones left out", "[admin]") {
  auto nodes = some_node();
  nodes[2].mailbox = 7;
  nodes[3].mailbox = 9;
  nodes[3].restarts = 2;
  nodes[3].last_error = "it threw";
  const auto o = look_over(nodes, 10);
  REQUIRE(o.mailboxes.size() == 2);
  CHECK(o.mailboxes[0].path == "signalling/router");
  CHECK(o.mailboxes[0].mailbox == 9);
  CHECK(o.mailboxes[1].path == "signalling/calls");
  CHECK(o.restarts == 2);
  CHECK(o.failed == 1);
  CHECK(look_over(nodes, 1).mailboxes.size() == 1);
  CHECK(look_over({}, 10).newest.empty());
}

TEST_CASE("overview: live calls by state, the youngest first", "[admin]") {
  auto nodes = some_node();
  nodes.push_back(call_view(1, "talking", 60s));
  nodes.push_back(call_view(2, "over", 1s));
  nodes.push_back(call_view(3, "ringing", 2s));
  nodes.push_back(call_view(4, "talking", 30s));
  nodes.push_back(view(200, 103, "leg", "leg 0", "talking"));
  const auto o = look_over(nodes, 2);
  CHECK(o.states == std::map<std::string_view, std::size_t>{{"ringing", 1}, {"talking", 2}});
  CHECK(o.newest == std::vector<key128>{{3, 3}, {4, 4}});
}
