// RFC 3261 §13, §15: calls that succeed.
#include "tests/actors/world.hpp"

#include <catch2/catch.hpp>

using namespace tandem;
using namespace tandem::test;

TEST_CASE("calls: INVITE, 180, 200, ACK, BYE of the caller (§13, §15.1)", "[actors]") {
  world w;
  w.caller.invite("7100");
  w.settle();
  CHECK(w.callee.heard() == strings{"INVITE"});
  w.callee.respond(180);
  w.settle();
  w.callee.respond(200);
  w.settle();
  CHECK(w.caller.heard() == strings{"180 INVITE", "200 INVITE"});
  CHECK(w.callee.heard() == strings{"INVITE", "ACK"});
  w.pass(10s);
  w.caller.bye();
  w.settle();
  CHECK(w.caller.heard() == strings{"180 INVITE", "200 INVITE", "200 BYE"});
  CHECK(w.callee.heard() == strings{"INVITE", "ACK", "BYE"});
  w.over({"200 caller bye"});
}

TEST_CASE("calls: BYE of the callee (§15.1)", "[actors]") {
  world w;
  w.connect();
  w.callee.bye();
  w.settle();
  CHECK(w.caller.heard() == strings{"200 INVITE", "BYE"});
  CHECK(w.callee.heard() == strings{"INVITE", "ACK", "200 BYE"});
  w.over({"200 callee bye"});
}
