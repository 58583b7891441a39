// RFC 3261 §13.2.2.4, §8.2.2.2: several answers to one INVITE, and one INVITE by several ways.
#include "tests/actors/world.hpp"

#include <catch2/catch.hpp>

using namespace tandem;
using namespace tandem::test;

TEST_CASE("forks: the second 2xx is acknowledged and ended with a BYE (§13.2.2.4)", "[actors]") {
  world w;
  w.caller.invite("7100");
  w.settle();
  w.callee.respond(180, {.tag = "one"});
  w.callee.respond(180, {.tag = "two"});
  w.settle();
  w.callee.respond(200, {.tag = "one"});
  w.settle();
  CHECK(w.callee.heard() == strings{"INVITE", "ACK"});
  w.callee.respond(200, {.tag = "two"});
  w.settle();
  CHECK(w.callee.heard() == strings{"INVITE", "ACK", "ACK", "BYE"});
  CHECK(w.callee.last("BYE")->header("To").value().find("tag=two") != std::string::npos);
  CHECK(w.caller.count("200 INVITE") == 1);
  w.caller.bye();
  w.settle();
  CHECK(w.callee.count("BYE") == 2);
  CHECK(w.callee.last("BYE")->header("To").value().find("tag=one") != std::string::npos);
  w.over({"200 caller bye"});
}

TEST_CASE("forks: a surplus 2xx sent again gets its ACK again, and no second BYE (§13.2.2.4)",
          "[actors]") {
  world w;
  w.callee.habits.answers_bye = false;
  w.connect();
  w.callee.respond(200, {.tag = "two"});
  w.settle();
  CHECK(w.callee.heard() == strings{"INVITE", "ACK", "ACK", "BYE"});
  w.callee.again("200 INVITE"); // its ACK was lost
  w.settle();
  CHECK(w.callee.heard() == strings{"INVITE", "ACK", "ACK", "BYE", "ACK"});
  w.callee.respond_to("BYE", 200);
  w.settle();
  CHECK(w.figure("tandem_call_faults_total") == 0);
  w.callee.habits.answers_bye = true;
  w.caller.bye();
  w.settle();
  w.over({"200 caller bye"});
}

TEST_CASE("forks: a 2xx that comes when the call has ended is acknowledged and ended (§13.2.2.4)",
          "[actors]") {
  world w;
  w.connect();
  w.caller.bye();
  w.settle();
  w.callee.respond(200, {.tag = "late"});
  w.settle();
  CHECK(w.callee.heard() == strings{"INVITE", "ACK", "BYE", "ACK", "BYE"});
  w.over({"200 caller bye"});
}

TEST_CASE("forks: the same when it had rung before under this tag (§13.2.2.4)", "[actors]") {
  world w;
  w.caller.invite("7100");
  w.settle();
  w.callee.respond(180, {.tag = "late"});
  w.callee.respond(200, {.tag = "early"});
  w.settle();
  w.caller.bye();
  w.settle();
  w.callee.respond(200, {.tag = "late"});
  w.settle();
  CHECK(w.callee.heard() == strings{"INVITE", "ACK", "BYE", "ACK", "BYE"});
  w.callee.again("200 INVITE");
  w.settle();
  CHECK(w.callee.count("BYE") == 2);
  w.over({"200 caller bye"});
}

TEST_CASE("forks: the BYE of a surplus dialog crosses the peer's (§15.1.2)", "[actors]") {
  world w;
  w.connect();
  w.callee.habits.answers_bye = false;
  w.callee.respond(200, {.tag = "two"});
  w.settle();
  REQUIRE(w.callee.count("BYE") == 1);
  w.callee.bye();
  w.settle();
  CHECK(w.callee.count("200 BYE") == 1);
  w.callee.respond_to("BYE", 481);
  w.callee.habits.answers_bye = true;
  w.settle();
  w.caller.bye();
  w.settle();
  w.over({"200 caller bye"});
}

TEST_CASE("forks: the merged INVITE is refused with 482 (§8.2.2.2)", "[actors]") {
  world w;
  w.caller.invite("7100");
  w.settle();
  auto other = w.caller.sent("INVITE");
  const auto at = other.find("branch=") + 7;
  other.replace(at, other.find(';', at) - at, "z9hG4bK-by-another-way");
  w.caller.habits.acknowledges_failures = false;
  w.caller.say(other);
  w.settle();
  CHECK(w.caller.heard() == strings{"482 INVITE"});
  CHECK(w.callee.heard() == strings{"INVITE"});
  w.caller.habits.acknowledges_failures = true;
  w.callee.respond(486);
  w.settle();
  w.over({"486 callee rejected"});
}

TEST_CASE("forks: early dialogs end with the final refusal (§13.2.2.3)", "[actors]") {
  world w;
  w.caller.invite("7100");
  w.settle();
  w.callee.respond(180, {.tag = "one"});
  w.callee.respond(183, {.tag = "two"});
  w.settle();
  CHECK(w.has_row("dialog 1"));
  w.callee.respond(486, {.tag = "one"});
  w.settle();
  CHECK(!w.has_row("dialog 1"));
  w.over({"486 callee rejected"});
}
