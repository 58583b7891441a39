// RFC 3261 §14.1, §14.2, RFC 3311 §5: offers that meet.
#include "tests/actors/world.hpp"

#include <catch2/catch.hpp>

using namespace std::chrono_literals;
using namespace tandem;
using namespace tandem::test;

namespace {

constexpr auto hold = "a=sendonly\r\n";
constexpr auto held = "a=recvonly\r\n";
constexpr auto takes_update = "Allow: INVITE, ACK, BYE, CANCEL, UPDATE\r\n";

void hang_up(world& w) {
  w.caller.bye();
  w.settle();
  w.over({"200 caller bye"});
}

/// Passes time until the phone has heard this many; how long that took.
std::chrono::milliseconds until(world& w, const sip_phone& phone, std::size_t invites) {
  const auto since = w.elapsed();
  while (phone.count("INVITE") < invites && w.elapsed() < since + 60s)
    w.pass(10ms);
  REQUIRE(phone.count("INVITE") == invites);
  return w.elapsed() - since;
}

void connect_with_update(world& w) {
  w.caller.invite("7100", {.headers = takes_update});
  w.settle();
  w.callee.respond(200, {.headers = takes_update});
  w.settle();
}

} // namespace

TEST_CASE("glare: both hold at once, and both get their way in the end (§14.1)", "[actors]") {
  world w;
  w.connect();
  w.caller.forget();
  w.callee.forget();
  w.caller.reinvite({.body = w.caller.described(2, hold)});
  w.callee.reinvite({.body = w.callee.described(2, hold)});
  w.settle();
  // One of the two came first and went to the other side, where it met the other.
  REQUIRE(w.callee.heard() == strings{"INVITE", "491 INVITE"});
  w.callee.respond(491, {.body = ""});
  w.settle();
  CHECK(w.caller.heard() == strings{});    // she waits
  const auto wait = until(w, w.callee, 2); // we made this Call-ID
  CHECK((wait >= 2100ms && wait <= 4010ms));
  w.callee.respond(200, {.body = w.callee.described(2, held)});
  w.settle();
  CHECK(w.caller.heard() == strings{"100 INVITE", "200 INVITE"});
  w.callee.reinvite({.body = w.callee.described(3, "a=inactive\r\n")}); // his turn
  w.settle();
  w.caller.respond(200, {.body = w.caller.described(3, "a=inactive\r\n")});
  w.settle();
  CHECK(w.callee.count("200 INVITE") == 1);
  hang_up(w);
}

TEST_CASE("glare: an offer that was to be repeated does not follow a BYE (§14.1, §15)",
          "[actors]") {
  for (const bool refused_first : {true, false}) {
    INFO(refused_first);
    world w;
    w.connect();
    w.caller.reinvite({.body = w.caller.described(2, hold)});
    w.settle();
    if (refused_first)
      w.callee.respond(491, {.body = ""});
    w.settle();
    w.callee.habits.answers_bye = false;
    w.caller.bye();
    w.settle();
    REQUIRE(w.callee.count("BYE") == 1);
    if (!refused_first)
      w.callee.respond(491, {.body = ""});
    w.settle();
    const auto before = w.callee.count("INVITE");
    w.pass(5s);
    CHECK(w.callee.count("INVITE") == before);
    w.callee.respond_to("BYE", 200);
    w.settle();
    w.over({"200 caller bye"});
  }
}

TEST_CASE("glare: what comes behind our BYE is of no session any more (§15.1.1)", "[actors]") {
  world w;
  w.connect();
  w.callee.habits.answers_bye = false;
  w.caller.bye();
  w.settle();
  REQUIRE(w.callee.count("BYE") == 1);
  w.callee.reinvite({.body = w.callee.described(2, hold)});
  w.callee.request("INFO");
  w.settle();
  CHECK(w.callee.count("481 INVITE") == 1);
  CHECK(w.callee.count("481 INFO") == 1);
  w.callee.respond_to("BYE", 200);
  w.settle();
  w.over({"200 caller bye"});
}

TEST_CASE("glare: on the caller's side we back off for 2 s at most (§14.1)", "[actors]") {
  world w;
  w.connect();
  w.callee.reinvite({.body = w.callee.described(2, hold)});
  w.settle();
  REQUIRE(w.caller.count("INVITE") == 1);
  w.caller.reinvite({.body = w.caller.described(2, hold)}); // meets ours
  w.settle();
  CHECK(w.caller.count("491 INVITE") == 1);
  w.caller.respond(491, {.body = ""});
  CHECK(until(w, w.caller, 2) <= 2010ms); // she made the Call-ID
  w.caller.respond(200, {.body = w.caller.described(2, held)});
  w.settle();
  CHECK(w.callee.count("200 INVITE") == 1);
  hang_up(w);
}

TEST_CASE("glare: patience has an end: 491 is passed on after the sixth", "[actors]") {
  world w;
  w.connect();
  w.caller.reinvite({.body = w.caller.described(2, hold)});
  w.settle();
  for (int i = 0; i < 6; ++i) {
    (void) until(w, w.callee, static_cast<std::size_t>(2 + i));
    CHECK(w.caller.count("491 INVITE") == 0);
    w.callee.respond(491, {.body = ""});
    w.settle();
  }
  w.pass(10s);
  CHECK(w.callee.count("INVITE") == 7); // the first of the call, and six
  CHECK(w.caller.count("491 INVITE") == 1);
  hang_up(w);
}

TEST_CASE("glare: a second INVITE before the answer to the first: 500, Retry-After (§14.2)",
          "[actors]") {
  world w;
  w.connect();
  w.caller.reinvite({.body = w.caller.described(2, hold)});
  w.settle();
  w.caller.reinvite({.body = w.caller.described(3, hold)});
  w.settle();
  const auto later = w.caller.last("500 INVITE");
  REQUIRE(later);
  const auto seconds = std::stoi(std::string(*later->header("Retry-After")));
  CHECK((seconds >= 0 && seconds <= 10));
  hang_up(w);
}

TEST_CASE("glare: an INVITE of the callee while the first is pending: 491", "[actors]") {
  world w;
  w.caller.invite("7100");
  w.settle();
  w.callee.respond(180);
  w.settle();
  w.callee.reinvite({.body = w.callee.described(2)});
  w.settle();
  CHECK(w.callee.count("491 INVITE") == 1);
  w.caller.cancel();
  w.settle();
  w.over({"487 caller cancelled"});
}

TEST_CASE("glare: between our 2xx and its ACK an offer gets 491, and ours waits", "[actors]") {
  world w;
  w.caller.habits.acknowledges = false;
  w.caller.invite("7100");
  w.settle();
  w.callee.respond(200);
  w.settle();
  w.caller.reinvite({.body = w.caller.described(2, hold)});
  w.settle();
  CHECK(w.caller.count("491 INVITE") == 1);
  w.callee.reinvite({.body = w.callee.described(2, hold)});
  w.settle();
  CHECK(w.caller.count("INVITE") == 0);
  w.caller.habits.acknowledges = true;
  w.pass(600ms); // the 2xx again, and this time she answers: with the number of her first INVITE
  CHECK(w.caller.count("INVITE") == 1);
  w.caller.respond(200, {.body = w.caller.described(3, held)});
  w.settle();
  CHECK(w.callee.count("200 INVITE") == 1);
  w.callee.bye();
  w.settle();
  w.over({"200 callee bye"});
}

TEST_CASE("UPDATE: it goes as UPDATE to who takes it, else as re-INVITE (RFC 3311 §5.1)",
          "[actors]") {
  for (const bool takes : {true, false}) {
    INFO(takes);
    world w;
    w.caller.invite("7100", {.headers = takes_update});
    w.settle();
    w.callee.respond(200, {.headers = takes ? takes_update : "Allow: INVITE, ACK, BYE\r\n"});
    w.settle();
    w.callee.forget();
    w.caller.update({.body = w.caller.described(2, hold)});
    w.settle();
    const auto* method = takes ? "UPDATE" : "INVITE";
    REQUIRE(w.callee.heard() == strings{method});
    if (takes)
      w.callee.respond_to("UPDATE", 200, {.body = w.callee.described(2, held)});
    else
      w.callee.respond(200, {.body = w.callee.described(2, held)});
    w.settle();
    REQUIRE(w.caller.last("200 UPDATE"));
    CHECK(w.caller.last("200 UPDATE")->body().find("a=recvonly") != std::string_view::npos);
    CHECK(w.caller.last("200 UPDATE")->header("Contact").has_value());
    hang_up(w);
  }
}

TEST_CASE("UPDATE: refused, and without an offer (RFC 3311 §5.2)", "[actors]") {
  world w;
  connect_with_update(w);
  w.caller.update({.body = w.caller.described(2, hold)});
  w.settle();
  w.callee.respond_to("UPDATE", 488);
  w.settle();
  CHECK(w.caller.count("488 UPDATE") == 1);
  w.callee.forget();
  w.caller.update({.body = ""});
  w.settle();
  CHECK(w.caller.count("200 UPDATE") == 1);
  CHECK(w.callee.heard() == strings{});
  hang_up(w);
}

TEST_CASE("UPDATE: before the answer to the INVITE (RFC 3311 §5.1, §5.2)", "[actors]") {
  world w;
  w.caller.invite("7100");
  w.settle();
  w.callee.respond(180);
  w.settle();
  w.callee.update({.body = w.callee.described(2)});
  w.settle();
  CHECK(w.callee.count("491 UPDATE") == 1); // our offer is not answered
  w.caller.update({.body = w.caller.described(2)});
  w.settle();
  REQUIRE(w.caller.last("500 UPDATE")); // hers is not answered
  CHECK(w.caller.last("500 UPDATE")->header("Retry-After").has_value());
  w.callee.update({.body = ""});
  w.settle();
  CHECK(w.callee.count("200 UPDATE") == 1);
  w.callee.respond(200);
  w.settle();
  hang_up(w);
}

TEST_CASE("UPDATE: one at a time, and glare (RFC 3311 §5.2)", "[actors]") {
  world w;
  connect_with_update(w);
  w.caller.update({.body = w.caller.described(2, hold)});
  w.settle();
  w.caller.update({.body = w.caller.described(3, hold)});
  w.settle();
  CHECK(w.caller.count("500 UPDATE") == 1);
  w.caller.update({.body = ""});
  w.settle();
  CHECK(w.caller.count("500 UPDATE") == 2);
  w.callee.update({.body = w.callee.described(2, hold)});
  w.settle();
  CHECK(w.callee.count("491 UPDATE") == 1);
  w.callee.respond_to("UPDATE", 500, {.headers = "Retry-After: 3\r\n", .body = ""});
  w.pass(2900ms);
  CHECK(w.callee.count("UPDATE") == 1);
  w.pass(200ms);
  CHECK(w.callee.count("UPDATE") == 2); // again by itself
  w.callee.respond_to("UPDATE", 200, {.body = w.callee.described(2, held)});
  w.settle();
  CHECK(w.caller.count("200 UPDATE") == 1);
  hang_up(w);
}

TEST_CASE("UPDATE: it cannot wait for ever: 504 (RFC 3311 §5.2)", "[actors]") {
  world w;
  w.connect(); // the callee takes no UPDATE: it becomes a re-INVITE, which he thinks over
  w.caller.update({.body = w.caller.described(2, hold)});
  w.settle();
  w.callee.respond(180, {.body = ""});
  w.pass(15900ms);
  CHECK(w.caller.count("504 UPDATE") == 0);
  w.pass(200ms);
  CHECK(w.caller.count("504 UPDATE") == 1);
  CHECK(w.callee.count("CANCEL") == 1);
  hang_up(w);
}
