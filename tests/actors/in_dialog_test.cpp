// RFC 3261 §12.2.2, §11.2, §14.2: requests inside a dialog, and those that claim to be.
#include "tests/actors/world.hpp"

#include <catch2/catch.hpp>

using namespace tandem;
using namespace tandem::test;

namespace {

std::string with_tag_of_another_leg(std::string text) {
  const auto at = text.find(".0.a", text.find("\r\nTo: "));
  return text.replace(at, 4, ".7.a");
}

} // namespace

TEST_CASE("in dialog: each request gets its answer and the call goes on", "[actors]") {
  struct row {
    const char* rule;
    const char* method;
    const char* answer;
  };
  for (const auto& [rule, method, answer] :
       {row{"§11.2", "OPTIONS", "200 OPTIONS"}, row{"§8.2.1", "REFER", "405 REFER"},
        row{"§8.2.1", "PRACK", "405 PRACK"}, row{"§8.2.1", "PUBLISH", "405 PUBLISH"},
        row{"§8.2.1", "JUMP", "501 JUMP"}, row{"RFC 6665 §4.2.1.1", "SUBSCRIBE", "489 SUBSCRIBE"},
        row{"RFC 6665 §4.1.3", "NOTIFY", "481 NOTIFY"}}) {
    INFO(rule << " " << method);
    world w;
    w.connect();
    w.caller.request(method);
    w.settle();
    CHECK(w.caller.count(answer) == 1);
    w.caller.again(method); // §17.2: the transaction repeats its answer
    w.settle();
    CHECK(w.caller.count(answer) == 2);
    w.callee.request(method);
    w.settle();
    CHECK(w.callee.count(answer) == 1);
    w.caller.bye();
    w.settle();
    CHECK(w.callee.count("BYE") == 1);
    w.over({"200 caller bye"});
  }
}

TEST_CASE("in dialog: OPTIONS says what we can do (§11.2)", "[actors]") {
  world w;
  w.connect();
  w.caller.request("OPTIONS");
  w.caller.request("REFER");
  w.settle();
  const auto yes = w.caller.last("200 OPTIONS");
  REQUIRE(yes);
  constexpr auto methods = "INVITE, ACK, CANCEL, BYE, OPTIONS, UPDATE, INFO, MESSAGE, REGISTER";
  CHECK(yes->header("Allow") == methods);
  CHECK(yes->header("Accept") == "application/sdp, multipart/mixed");
  REQUIRE(w.caller.last("405 REFER"));
  CHECK(w.caller.last("405 REFER")->header("Allow") == methods);
  w.caller.bye();
  w.settle();
  w.over({"200 caller bye"});
}

TEST_CASE("in dialog: a CSeq number that was used is out of order: 500 (§12.2.2)", "[actors]") {
  world w;
  w.connect();
  w.caller.set_cseq(7);
  w.caller.request("OPTIONS");
  w.settle();
  w.caller.set_cseq(6);
  w.caller.request("OPTIONS");
  w.settle();
  CHECK(w.caller.heard() == strings{"200 INVITE", "200 OPTIONS", "500 OPTIONS"});
  w.caller.set_cseq(5);
  w.caller.bye(); // as late as the OPTIONS: not acted upon
  w.settle();
  CHECK(w.callee.count("BYE") == 0);
  w.caller.set_cseq(20); // §12.2.2: gaps are allowed
  w.caller.bye();
  w.settle();
  CHECK(w.callee.count("BYE") == 1);
  w.over({"200 caller bye"});
}

TEST_CASE("in dialog: a dialog that this call does not have: 481 (§12.2.2)", "[actors]") {
  world w;
  w.connect();
  w.caller.request("OPTIONS");
  w.settle();
  auto text = with_tag_of_another_leg(w.caller.sent("OPTIONS"));
  const auto branch = text.find("branch=") + 7;
  w.caller.say(text.insert(branch + 7, "x"));
  w.settle();
  CHECK(w.caller.count("481 OPTIONS") == 1);
  w.caller.bye();
  w.settle();
  w.over({"200 caller bye"});
}

TEST_CASE("in dialog: a BYE after the end: 481 (§15.1.2)", "[actors]") {
  world w;
  w.connect();
  w.caller.bye();
  w.settle();
  w.caller.bye(); // another transaction
  w.settle();
  CHECK(w.caller.count("200 BYE") == 1);
  CHECK(w.caller.count("481 BYE") == 1);
  w.over({"200 caller bye"});
  w.caller.bye(); // nobody remembers the call
  w.settle();
  CHECK(w.caller.count("481 BYE") == 2);
}

TEST_CASE("in dialog: an ACK that acknowledges nothing is dropped (§17.1.1.3)", "[actors]") {
  world w;
  w.connect();
  w.caller.ack();
  w.caller.set_cseq(9);
  w.caller.request("ACK");
  w.settle();
  CHECK(w.caller.heard() == strings{"200 INVITE"});
  w.caller.bye();
  w.settle();
  w.over({"200 caller bye"});
}

TEST_CASE("in dialog: a response that answers nothing is dropped (§18.1.2)", "[actors]") {
  world w;
  w.connect();
  auto text = w.callee.sent("200 INVITE");
  const auto at = text.find(".1.a");
  w.callee.say(text.replace(at, 4, ".9.a"));
  w.settle();
  CHECK(w.dropped("stray") == 1);
  CHECK(w.callee.count("ACK") == 1);
  w.caller.bye();
  w.settle();
  w.over({"200 caller bye"});
}
