// The console ends a call, in every state that a call can have.
#include "tests/actors/world.hpp"

#include <catch2/catch.hpp>

using namespace tandem;
using namespace tandem::test;

TEST_CASE("operator: before the callee has said anything: 480, and CANCEL waits (§9.1)",
          "[actors]") {
  world w;
  w.caller.invite("7100");
  w.settle();
  w.end_call();
  CHECK(w.caller.heard() == strings{"480 INVITE"});
  CHECK(w.callee.heard() == strings{"INVITE"});
  w.callee.respond(180);
  w.settle();
  CHECK(w.callee.heard() == strings{"INVITE", "CANCEL", "ACK"});
  w.over({"480 operator operator"});
}

TEST_CASE("operator: while it rings: 480 and CANCEL", "[actors]") {
  world w;
  w.caller.invite("7100");
  w.settle();
  w.callee.respond(180);
  w.settle();
  w.end_call();
  CHECK(w.caller.heard() == strings{"180 INVITE", "480 INVITE"});
  CHECK(w.callee.heard() == strings{"INVITE", "CANCEL", "ACK"});
  w.over({"480 operator operator"});
}

TEST_CASE("operator: answered, the ACK still to come: BYE to the caller after it (§15)",
          "[actors]") {
  world w;
  w.caller.habits.acknowledges = false;
  w.caller.invite("7100");
  w.settle();
  w.callee.respond(200);
  w.settle();
  w.end_call();
  CHECK(w.callee.count("BYE") == 1);
  CHECK(w.caller.count("BYE") == 0);
  w.caller.ack();
  w.settle();
  CHECK(w.caller.count("BYE") == 1);
  w.over({"200 operator operator"});
}

TEST_CASE("operator: established: BYE to both", "[actors]") {
  world w;
  w.connect();
  w.end_call();
  CHECK(w.caller.count("BYE") == 1);
  CHECK(w.callee.count("BYE") == 1);
  w.over({"200 operator operator"});
}

TEST_CASE("operator: while it ends already, nothing changes", "[actors]") {
  world w;
  w.connect();
  w.callee.habits.answers_bye = false;
  w.caller.bye();
  w.settle();
  w.end_call();
  CHECK(w.callee.count("BYE") == 1);
  w.callee.respond_to("BYE", 200);
  w.settle();
  w.over({"200 caller bye"});
}
