// RFC 3261 §13.2.1, §14.2: INVITEs without an offer, at the start and later. The 2xx offers, the
// ACK answers.
#include "tests/actors/world.hpp"

#include <catch2/catch.hpp>

using namespace std::chrono_literals;
using namespace tandem;
using namespace tandem::test;

namespace {

bool has(const sip::message_ptr& m, std::string_view line) {
  return m && m->body().find(line) != std::string_view::npos;
}

} // namespace

TEST_CASE("offerless: INVITE, offer in the 2xx, answer in the ACK, across both legs", "[actors]") {
  world w;
  w.caller.habits.acknowledges = false;
  w.caller.invite("7100", {.body = ""});
  w.settle();
  REQUIRE(w.callee.last("INVITE"));
  CHECK(w.callee.last("INVITE")->body().empty());
  w.callee.respond(200);
  w.settle();
  REQUIRE(w.caller.last("200 INVITE"));
  CHECK(has(w.caller.last("200 INVITE"), "m=audio"));
  CHECK_FALSE(has(w.caller.last("200 INVITE"), "m=audio 6080")); // anchored
  CHECK(w.callee.count("ACK") == 0);                             // it waits for the answer
  w.callee.again("200 INVITE");
  w.settle();
  CHECK(w.callee.count("ACK") == 0);
  w.caller.ack({.body = w.caller.described(1)});
  w.settle();
  REQUIRE(w.callee.count("ACK") == 1);
  CHECK(has(w.callee.last("ACK"), "m=audio"));
  w.callee.again("200 INVITE");
  w.settle();
  CHECK(w.callee.count("ACK") == 2);
  w.caller.bye();
  w.settle();
  w.over({"200 caller bye"});
}

TEST_CASE("offerless: an answer that is missing or does not fit ends both sides", "[actors]") {
  for (const auto* body : {"", "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n", "nonsense"}) {
    INFO(body);
    world w;
    w.caller.habits.acknowledges = false;
    w.caller.invite("7100", {.body = ""});
    w.settle();
    w.callee.respond(200);
    w.settle();
    w.caller.ack({.body = body});
    w.settle();
    CHECK(w.caller.count("BYE") == 1);
    CHECK(w.callee.heard() == strings{"INVITE", "ACK", "BYE"});
    w.over({"200 node bad description"});
  }
}

TEST_CASE("offerless: a 2xx without an offer is no answer", "[actors]") {
  world w;
  w.caller.invite("7100", {.body = ""});
  w.settle();
  w.callee.respond(200, {.body = ""});
  w.settle();
  CHECK(w.caller.count("488 INVITE") == 1);
  CHECK(w.callee.heard() == strings{"INVITE", "ACK", "BYE"});
  w.over({"488 node rejected"});
}

TEST_CASE("offerless: the caller cancels, or never acknowledges", "[actors]") {
  SECTION("CANCEL meets the 2xx") {
    world w;
    w.caller.invite("7100", {.body = ""});
    w.settle();
    w.callee.habits.obeys_cancel = false;
    w.callee.respond(180);
    w.settle();
    w.caller.cancel();
    w.settle();
    w.callee.respond(200);
    w.settle();
    CHECK(w.callee.count("ACK") == 1);
    CHECK(w.callee.count("BYE") == 1);
    w.over({"487 caller cancelled"});
  }
  SECTION("no ACK") {
    world w;
    w.caller.habits.acknowledges = false;
    w.caller.invite("7100", {.body = ""});
    w.settle();
    w.callee.respond(200);
    w.pass(33s);
    CHECK(w.caller.count("BYE") == 1);
    CHECK(w.callee.count("ACK") == 1);
    CHECK(w.callee.count("BYE") == 1);
    w.over({"200 node no ACK"});
  }
}

TEST_CASE("offerless: echo offers for itself", "[actors]") {
  world w;
  w.caller.habits.acknowledges = false;
  w.caller.invite("9196", {.body = ""});
  w.settle();
  CHECK(has(w.caller.last("200 INVITE"), "m=audio"));
  w.caller.ack({.body = w.caller.described(1)});
  w.settle();
  CHECK(w.row("leg 0").state == "established");
  w.caller.reinvite({.body = ""});
  w.settle();
  CHECK(w.caller.count("200 INVITE") == 2);
  w.caller.ack({.body = w.caller.described(2)});
  w.settle();
  w.caller.bye();
  w.settle();
  w.over({"200 caller bye"});
}

TEST_CASE("offerless: a re-INVITE from either side", "[actors]") {
  for (const bool caller_asks : {true, false}) {
    INFO(caller_asks);
    world w;
    w.connect();
    auto& asker = caller_asks ? w.caller : w.callee;
    auto& asked = caller_asks ? w.callee : w.caller;
    asker.habits.acknowledges = false;
    asker.forget();
    asked.forget();
    asker.reinvite({.body = ""});
    w.settle();
    REQUIRE(asked.last("INVITE"));
    CHECK(asked.last("INVITE")->body().empty());
    asked.respond(200, {.body = asked.described(2, "a=ptime:30\r\n")});
    w.settle();
    REQUIRE(asker.last("200 INVITE"));
    CHECK(has(asker.last("200 INVITE"), "a=ptime:30"));
    CHECK(asked.count("ACK") == 0);
    asker.update({.body = asker.described(3)}); // our offer is not answered: RFC 3311 §5.2
    w.settle();
    CHECK(asker.count("491 UPDATE") == 1);
    asker.ack({.body = asker.described(2, "a=ptime:30\r\n")});
    w.settle();
    REQUIRE(asked.last("ACK"));
    CHECK(has(asked.last("ACK"), "a=ptime:30"));
    asker.bye();
    w.settle();
    w.over({caller_asks ? "200 caller bye" : "200 callee bye"});
  }
}

TEST_CASE("offerless: a re-INVITE whose ACK does not answer ends the call", "[actors]") {
  world w;
  w.connect();
  w.caller.habits.acknowledges = false;
  w.caller.reinvite({.body = ""});
  w.settle();
  w.callee.respond(200);
  w.settle();
  w.caller.ack({.body = ""});
  w.settle();
  CHECK(w.caller.count("BYE") == 1);
  CHECK(w.callee.count("ACK") == 2);
  CHECK(w.callee.count("BYE") == 1);
  w.over({"200 node bad description"});
}
