#include "apps/bridge/fork.hpp"

#include "apps/bridge/limits.hpp"

#include <catch2/catch.hpp>

using namespace tandem;
using namespace tandem::apps;
using actors::contact;

namespace {

contact at(std::string uri, std::uint16_t q) {
  return {.uri = std::move(uri), .reached_by = {}, .q_thousandths = q};
}

} // namespace

TEST_CASE("fork: what it remembers comes back from its text", "[bridge]") {
  call_fork full;
  full.now = call_fork::stage::ringing;
  full.dialled = 3;
  full.callee = 2;
  full.heard = 1;
  full.told = 183;
  full.refusal = 302;
  full.reason = "Moved Temporarily";
  full.moved_to = {"sip:a@b;x=y", "sip:c@d"};
  full.open = {1, 3};
  full.later = {at("sip:1@192.0.2.1;transport=tcp", 500), at("sip:2@192.0.2.2", 0)};
  full.later.front().reached_by = actors::flow{{2}, *parse_ip_endpoint("[2001:db8::1]:5060")};
  for (const auto& f : {call_fork{}, full}) {
    INFO(to_text(f));
    CHECK(parse_fork(to_text(f)) == f);
  }
  CHECK(parse_fork("") == call_fork{});
  CHECK(parse_fork("r").now == call_fork::stage::ringing);
}

TEST_CASE("fork: the highest q first, equal ones as they came, no more than are tried",
          "[bridge]") {
  const auto sorted = by_preference({at("a", 500), at("b", 1000), at("c", 500), at("d", 0)});
  REQUIRE(sorted.size() == 4);
  CHECK(sorted[0].uri + sorted[1].uri + sorted[2].uri + sorted[3].uri == "bacd");
  for (const auto n : {limits::contacts_tried, limits::contacts_tried + 1})
    CHECK(by_preference(std::vector<contact>(n)).size() == limits::contacts_tried);
}

TEST_CASE("fork: those of one q ring at once, up to the limit (RFC 3261 §16.6)", "[bridge]") {
  call_fork f;
  f.later = by_preference({at("a", 500), at("b", 1000), at("c", 500)});
  CHECK(f.take_group().size() == 1);
  CHECK(f.take_group().size() == 2);
  CHECK(f.take_group().empty());
  f.later.assign(limits::contacts_at_once + 1, at("x", 1000));
  CHECK(f.take_group().size() == limits::contacts_at_once);
  CHECK(f.take_group().size() == 1);
}
