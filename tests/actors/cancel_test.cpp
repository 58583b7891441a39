// RFC 3261 §9: CANCEL, before and while it crosses the answer.
#include "protocols/sip/typed_headers.hpp"
#include "tests/actors/world.hpp"

#include <catch2/catch.hpp>

using namespace std::chrono_literals;

using namespace tandem;
using namespace tandem::test;

TEST_CASE("cancel: while it rings, on both legs (§9.1, §9.2)", "[actors]") {
  world w;
  w.caller.invite("7100");
  w.settle();
  w.callee.respond(180);
  w.settle();
  w.caller.cancel();
  w.settle();
  CHECK(w.caller.heard() == strings{"180 INVITE", "200 CANCEL", "487 INVITE"});
  CHECK(w.callee.heard() == strings{"INVITE", "CANCEL", "ACK"});
  const auto tag = sip::read_to(*w.caller.last("200 CANCEL"))->tag; // §8.2.6.2
  CHECK_FALSE(tag.empty());
  CHECK(sip::read_to(*w.caller.last("487 INVITE"))->tag == tag);
  w.over({"487 caller cancelled"});
}

TEST_CASE("cancel: ours waits for the callee's first provisional response (§9.1)", "[actors]") {
  world w;
  w.caller.invite("7100");
  w.settle();
  w.caller.cancel();
  w.settle();
  CHECK(w.caller.heard() == strings{"200 CANCEL", "487 INVITE"});
  w.pass(100ms);
  CHECK(w.callee.heard() == strings{"INVITE"});
  w.callee.respond(180);
  w.settle();
  CHECK(w.callee.heard() == strings{"INVITE", "CANCEL", "ACK"});
  w.over({"487 caller cancelled"});
}

TEST_CASE("cancel: a callee that never says anything is not cancelled at all (§9.1)", "[actors]") {
  world w;
  w.caller.invite("7100");
  w.settle();
  w.caller.cancel();
  w.pass(33s);
  CHECK(w.callee.count("CANCEL") == 0);
  CHECK(w.callee.count("INVITE") == 7);
  w.over({"487 caller cancelled"});
}

TEST_CASE("cancel: crossing the 200 on our side, the call is taken down at once (§9.1, §15)",
          "[actors]") {
  world w;
  w.callee.habits.obeys_cancel = false;
  w.caller.invite("7100");
  w.settle();
  w.callee.respond(180);
  w.settle();
  w.caller.cancel();
  w.settle();
  REQUIRE(w.callee.count("CANCEL") == 1);
  w.callee.respond(200); // it had been on its way
  w.callee.respond_to("CANCEL", 481);
  w.settle();
  CHECK(w.caller.heard() == strings{"180 INVITE", "200 CANCEL", "487 INVITE"});
  CHECK(w.callee.heard() == strings{"INVITE", "CANCEL", "ACK", "BYE"});
  w.over({"487 caller cancelled"});
}

TEST_CASE("cancel: after the 200 has no effect on the call (§9.2)", "[actors]") {
  world w;
  w.caller.invite("7100");
  w.settle();
  w.callee.respond(180);
  w.settle();
  w.callee.respond(200); // both on their way at once; the 200 is read first
  w.caller.cancel();
  w.settle();
  if (w.caller.count("487 INVITE") == 0) {
    CHECK(w.caller.count("200 CANCEL") == 1);
    CHECK(w.caller.count("200 INVITE") == 1);
    w.caller.bye();
    w.settle();
    return w.over({"200 caller bye"});
  }
  FAIL("the CANCEL was read first: the test no longer shows what it says");
}

TEST_CASE("cancel: read before the 200 it wins: 487, and the callee gets ACK and BYE (§9.2)",
          "[actors]") {
  world w;
  w.caller.invite("7100");
  w.settle();
  w.callee.respond(180);
  w.settle();
  w.caller.cancel(); // both on their way at once; the CANCEL is read first
  w.callee.respond(200);
  w.settle();
  CHECK(w.caller.heard() == strings{"180 INVITE", "200 CANCEL", "487 INVITE"});
  CHECK(w.callee.count("ACK") == 1);
  CHECK(w.callee.count("BYE") == 1);
  w.over({"487 caller cancelled"});
}

TEST_CASE("cancel: sent again is answered again, and of no INVITE 481 (§9.2)", "[actors]") {
  world w;
  w.caller.invite("7100");
  w.settle();
  w.callee.respond(180);
  w.settle();
  auto stray = [&] {
    w.caller.cancel();
    auto text = w.caller.sent("CANCEL");
    const auto at = text.find("branch=") + 7;
    return text.replace(at, text.find(';', at) - at, "z9hG4bK-another");
  }();
  w.settle();
  w.caller.again("CANCEL");
  w.caller.say(stray);
  w.settle();
  CHECK(w.caller.count("200 CANCEL") == 2);
  CHECK(w.caller.count("481 CANCEL") == 1);
  CHECK(w.caller.count("487 INVITE") == 1);
  w.over({"487 caller cancelled"});
}

TEST_CASE("cancel: a callee that ignores it is forgotten after 64*T1 (§9.1)", "[actors]") {
  world w;
  w.callee.habits.obeys_cancel = false;
  w.caller.invite("7100");
  w.settle();
  w.callee.respond(180);
  w.settle();
  w.caller.cancel();
  w.settle();
  w.callee.respond_to("CANCEL", 200);
  w.pass(33s);
  CHECK(w.call_rows().size() <= 1); // only transactions may linger
  CHECK(w.media().in_use() == 0);
  w.over({"487 caller cancelled"});
}

TEST_CASE("cancel: BYE on an early dialog ends it as a CANCEL would (§15.1.2)", "[actors]") {
  world w;
  w.caller.invite("7100");
  w.settle();
  w.callee.respond(180);
  w.settle();
  w.caller.bye();
  w.settle();
  CHECK(w.caller.count("200 BYE") == 1);
  CHECK(w.caller.count("487 INVITE") == 1);
  CHECK(w.callee.count("CANCEL") == 1);
  w.over({"487 caller cancelled"});
}
