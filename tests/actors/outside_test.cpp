// RFC 3261 §8.2, §11, §10.3: what belongs to no call.
#include "tests/actors/world.hpp"

#include <catch2/catch.hpp>

using namespace std::chrono_literals;

using namespace tandem;
using namespace tandem::test;

TEST_CASE("outside: requests without a dialog get one answer and leave nothing", "[actors]") {
  struct row {
    const char* rule;
    const char* method;
    const char* answer;
  };
  for (const auto& [rule, method, answer] :
       {row{"§11", "OPTIONS", "200 OPTIONS"}, row{"§10.3", "REGISTER", "404 REGISTER"},
        row{"§8.2.1", "PUBLISH", "405 PUBLISH"}, row{"§21.5.2", "UNHEARD", "501 UNHEARD"},
        row{"§15.1.2", "BYE", "481 BYE"}, row{"§9.2", "CANCEL", "481 CANCEL"}}) {
    INFO(rule << " " << method);
    world w;
    w.caller.request_outside(method, "7100");
    w.settle();
    CHECK(w.caller.heard() == strings{answer});
    CHECK(w.callee.heard() == strings{});
    w.over({}, {method, answer});
  }
}

TEST_CASE("outside: an unknown number: 404 (§8.2.2.1)", "[actors]") {
  world w;
  w.caller.invite("5555");
  w.settle();
  CHECK(w.caller.heard() == strings{"404 INVITE"});
  w.over({}, {"INVITE", "404 INVITE", "ACK"});
}

TEST_CASE("outside: what no number could be given is said before that there is none", "[actors]") {
  world w;
  w.caller.invite("5555", {.body = "hello", .content_type = "text/plain"});
  w.settle();
  CHECK(w.caller.heard() == strings{"415 INVITE"});
  w.over({}, {"INVITE", "415 INVITE", "ACK"});
}

TEST_CASE("outside: an INVITE that may not be sent on: 483 (§16.3)", "[actors]") {
  world w;
  w.caller.habits.acknowledges_failures = false;
  w.caller.invite("7100");
  auto text = w.caller.sent("INVITE");
  w.settle();
  auto& other = w.add_phone(5071);
  auto put = [&text](const std::string& from, const std::string& to) {
    for (auto at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
      text.replace(at, from.size(), to);
  };
  put("Max-Forwards: 70", "Max-Forwards: 0");
  put("5070", "5071");
  other.habits.acknowledges_failures = false;
  other.say(text);
  w.settle();
  CHECK(other.heard() == strings{"483 INVITE"});
  w.callee.respond(486);
  w.settle();
  w.caller.habits.acknowledges_failures = true;
  w.caller.cancel(); // answered from the transaction that waits for the ACK: 200
  w.pass(1s);
  w.over({"486 callee rejected"}, {"INVITE", "483 INVITE"});
}

TEST_CASE("outside: what is no SIP, and what no answer can reach, is dropped (§18.3, §16.3)",
          "[actors]") {
  world w;
  w.caller.say("\r\n\r\n");
  w.caller.say("hello");
  w.caller.say("SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP 127.0.0.1:5060;branch=z9hG4bK-not-ours\r\n"
               "From: <sip:a@b>;tag=1\r\nTo: <sip:c@d>;tag=2\r\nCall-ID: x\r\nCSeq: 1 INVITE\r\n"
               "Content-Length: 0\r\n\r\n");
  w.settle();
  CHECK(w.caller.heard() == strings{});
  CHECK(w.dropped("malformed") == 2);
  CHECK(w.dropped("stray") == 1);
  w.over({}, {"200 INVITE", "malformed", "malformed"});
}

TEST_CASE("outside: a request that cannot be read is answered 400 (§8.2)", "[actors]") {
  world w;
  w.caller.request_outside("OPTIONS", "7100");
  auto text = w.caller.sent("OPTIONS");
  w.settle();
  const auto at = text.find("Max-Forwards: 70");
  w.caller.say(text.replace(at, 16, "Max-Forwards: x"));
  w.settle();
  CHECK(w.caller.heard() == strings{"200 OPTIONS", "400 OPTIONS"});
  CHECK(w.dropped("malformed") == 1);
  w.over({}, {"OPTIONS", "OPTIONS", "200 OPTIONS", "400 OPTIONS"});
}
