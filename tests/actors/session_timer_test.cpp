// RFC 4028 in whole calls: who refreshes, how, and what becomes of a peer that vanished.
#include "tests/actors/world.hpp"

#include <catch2/catch.hpp>

using namespace std::chrono_literals;
using namespace tandem;
using namespace tandem::test;

namespace {

constexpr auto with_update = "Allow: INVITE, ACK, BYE, CANCEL, UPDATE\r\n";

std::string headers(std::string_view session_expires, bool update = true) {
  std::string out = "Supported: timer\r\n";
  if (!session_expires.empty())
    out.append("Session-Expires: ").append(session_expires).append("\r\n");
  return out + (update ? with_update : "Allow: INVITE, ACK, BYE, CANCEL\r\n");
}

} // namespace

TEST_CASE("session timer: 40 minutes in which we refresh both sides by UPDATE (RFC 4028 §7.4)",
          "[actors]") {
  world w;
  w.caller.invite("7100", {.headers = headers("600;refresher=uas")});
  w.settle();
  const auto invite = w.callee.last("INVITE");
  REQUIRE(invite);
  CHECK(invite->header("Session-Expires") == "1800");
  CHECK(invite->header("Supported") == "timer");
  w.callee.respond(200, {.headers = headers("1200;refresher=uac")});
  w.settle();
  CHECK(w.caller.last("200 INVITE")->header("Session-Expires") == "600;refresher=uas");
  for (int second = 0; second < 2400; ++second) {
    w.pass(1s);
    for (auto* phone : {&w.caller, &w.callee})
      if (phone->last("UPDATE")) {
        const auto expires = std::string(*phone->last("UPDATE")->header("Session-Expires"));
        CHECK(expires == (phone == &w.caller ? "600;refresher=uac" : "1200;refresher=uac"));
        CHECK(phone->last("UPDATE")->body().empty());
        phone->respond_to("UPDATE", 200,
                          {.headers = "Session-Expires: " + expires + "\r\n", .body = ""});
        phone->forget();
        w.settle();
      }
  }
  CHECK(w.call_rows().size() == 1);
  CHECK(w.caller.count("BYE") == 0);
  w.caller.bye();
  w.settle();
  w.over({"200 caller bye"});
}

TEST_CASE("session timer: 40 minutes in which we refresh by re-INVITE with the same version",
          "[actors]") {
  world w;
  w.caller.invite("7100", {.headers = headers("", false)});
  w.settle();
  w.callee.respond(200, {.headers = headers("1200;refresher=uas", false)}); // he does it himself
  w.settle();
  CHECK(w.caller.last("200 INVITE")->header("Session-Expires") == "1800;refresher=uas");
  const std::string first{w.caller.last("200 INVITE")->body()};
  w.caller.forget();
  int refreshes = 0;
  for (int minute = 1; minute <= 40; ++minute) {
    w.pass(60s);
    if (minute % 10 == 0) {
      w.callee.reinvite({.headers = "Session-Expires: 1200;refresher=uac\r\nSupported: timer\r\n"});
      w.settle();
      REQUIRE(w.callee.last("200 INVITE"));
      CHECK(w.callee.last("200 INVITE")->header("Session-Expires") == "1200;refresher=uac");
      CHECK(w.callee.last("200 INVITE")->header("Require") == "timer");
    }
    if (const auto ours = w.caller.last("INVITE")) {
      CHECK(ours->body() == first);
      w.caller.respond(200, {.headers = "Session-Expires: 1800;refresher=uac\r\n"});
      w.settle();
      CHECK(w.caller.count("ACK") == 1);
      w.caller.forget();
      ++refreshes;
    }
  }
  CHECK(refreshes == 2);                // after 15 minutes and after 30
  CHECK(w.callee.count("INVITE") == 1); // nobody troubled the other side
  w.callee.bye();
  w.settle();
  w.over({"200 callee bye"});
}

TEST_CASE("session timer: a peer that vanished: BYE to both, and the CDR says why (§10)",
          "[actors]") {
  SECTION("it was to refresh") {
    world w;
    w.caller.invite("7100", {.headers = headers("300;refresher=uac")});
    w.settle();
    w.callee.respond(200);
    w.settle();
    w.pass(267s);
    CHECK(w.caller.count("BYE") == 0);
    w.pass(1s); // 300 s minus 32
    CHECK(w.caller.count("BYE") == 1);
    CHECK(w.callee.count("BYE") == 1);
    w.over({"200 node session expired"});
  }
  SECTION("we were, and it does not answer (§12.2.1.2)") {
    world w;
    w.caller.invite("7100", {.headers = headers("300;refresher=uas")});
    w.settle();
    w.callee.respond(200);
    w.settle();
    w.pass(150s);
    CHECK(w.caller.count("UPDATE") == 1);
    w.pass(33s);
    CHECK(w.caller.count("BYE") == 1);
    CHECK(w.callee.count("BYE") == 1);
    w.over({"200 node dialog gone"});
  }
  SECTION("it refuses to be refreshed") {
    world w;
    w.caller.invite("7100", {.headers = headers("300;refresher=uas")});
    w.settle();
    w.callee.respond(200);
    w.settle();
    for (int i = 0; i < 268; ++i) {
      w.pass(1s);
      if (w.caller.last("UPDATE"))
        w.caller.respond_to("UPDATE", 500);
    }
    w.settle();
    CHECK(w.caller.count("UPDATE") >= 3);
    CHECK(w.caller.count("BYE") == 1);
    w.over({"200 node session expired"});
  }
}

TEST_CASE("session timer: too short an interval is refused, both ways (§6, §7.3)", "[actors]") {
  SECTION("the caller's") {
    world w;
    w.caller.invite("7100", {.headers = headers("60")});
    w.settle();
    REQUIRE(w.caller.last("422 INVITE"));
    CHECK(w.caller.last("422 INVITE")->header("Min-SE") == "90");
    w.over({"422 node rejected"});
  }
  SECTION("inside the dialog") {
    world w;
    w.connect();
    w.caller.update({.headers = headers("60"), .body = ""});
    w.caller.reinvite({.headers = headers("60")});
    w.settle();
    REQUIRE(w.caller.last("422 UPDATE"));
    REQUIRE(w.caller.last("422 INVITE"));
    CHECK(w.caller.last("422 INVITE")->header("Min-SE") == "90");
    w.caller.bye();
    w.settle();
    w.over({"200 caller bye"});
  }
  SECTION("ours, at the start") {
    world w;
    w.caller.invite("7100");
    w.settle();
    w.callee.respond(422, {.headers = "Min-SE: 3600\r\n", .body = ""});
    w.settle();
    REQUIRE(w.callee.count("INVITE") == 2);
    const auto again = w.callee.last("INVITE");
    CHECK(again->header("Session-Expires") == "3600");
    CHECK(again->header("Min-SE") == "3600");
    CHECK(again->header("CSeq") == "2 INVITE");
    w.callee.respond(200);
    w.settle();
    CHECK(w.caller.count("200 INVITE") == 1);
    w.callee.bye();
    w.settle();
    w.over({"200 callee bye"});
  }
  SECTION("ours, twice") {
    world w;
    w.caller.invite("7100");
    w.settle();
    w.callee.respond(422, {.headers = "Min-SE: 3600\r\n", .body = ""});
    w.settle();
    w.callee.respond(422, {.headers = "Min-SE: 7200\r\n", .body = ""});
    w.settle();
    CHECK(w.callee.count("INVITE") == 2);
    CHECK(w.caller.count("422 INVITE") == 0);
    CHECK(w.caller.count("500 INVITE") == 1);
    w.over({"500 callee rejected"});
  }
  SECTION("what is no number") {
    world w;
    w.caller.invite("7100", {.headers = "Session-Expires: soon\r\n"});
    w.settle();
    REQUIRE(w.caller.last("400 INVITE"));
    CHECK(w.caller.last("400 INVITE")->reason() == "Bad Session-Expires");
    w.over({"400 node rejected"});
  }
}
