// The worked example of docs/CALL_APPS.md.
#include "tests/actors/world.hpp"

#include <catch2/catch.hpp>

using namespace std::chrono_literals;
using namespace tandem;
using namespace tandem::test;

namespace {

void talk(world& w) {
  w.caller.invite("time_limit");
  w.settle();
  w.callee.respond(180);
  w.settle();
  w.callee.respond(200);
  w.settle();
  REQUIRE(w.caller.heard() == strings{"180 INVITE", "200 INVITE"});
}

} // namespace

TEST_CASE("time limit: after three minutes of talk both are hung up on", "[actors]") {
  world w;
  w.caller.invite("time_limit");
  w.settle();
  w.callee.respond(180);
  w.pass(60s); // ringing does not count
  w.callee.respond(200);
  w.settle();
  w.pass(3min - 1s);
  CHECK(w.callee.count("BYE") == 0);
  w.pass(1s);
  CHECK(w.caller.count("BYE") == 1);
  CHECK(w.callee.count("BYE") == 1);
  w.over({"200 node hung up"});
}

TEST_CASE("time limit: the clock runs on while the node is away", "[actors]") {
  world w;
  talk(w);
  w.pass(1min);
  w.crash();
  w.restart(1min);
  w.pass(1min - 1s);
  CHECK(w.callee.count("BYE") == 0);
  w.pass(1s);
  CHECK(w.callee.count("BYE") == 1);
  w.over({"200 node hung up"});
}

TEST_CASE("time limit: either side may hang up before", "[actors]") {
  for (const bool by_caller : {true, false}) {
    world w;
    talk(w);
    (by_caller ? w.caller : w.callee).bye();
    w.settle();
    CHECK((by_caller ? w.callee : w.caller).count("BYE") == 1);
    w.over({by_caller ? "200 caller bye" : "200 callee bye"});
  }
}

TEST_CASE("time limit: the caller gives up, the callee refuses", "[actors]") {
  SECTION("CANCEL") {
    world w;
    w.caller.invite("time_limit");
    w.settle();
    w.callee.respond(180);
    w.settle();
    w.caller.cancel();
    w.settle();
    CHECK(w.callee.count("CANCEL") == 1);
    w.over({"487 caller cancelled"});
  }
  SECTION("486") {
    world w;
    w.caller.invite("time_limit");
    w.settle();
    w.callee.respond(486);
    w.settle();
    CHECK(w.caller.heard() == strings{"486 INVITE"});
    w.over({"486 callee rejected"});
  }
}
