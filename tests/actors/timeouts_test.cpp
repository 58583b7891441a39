// RFC 3261 §17, §13.3.1.4, §8.1.3.1: messages that never come.
#include "tests/actors/world.hpp"

#include <catch2/catch.hpp>

#include <algorithm>

using namespace std::chrono_literals;

using namespace tandem;
using namespace tandem::test;

using times = std::vector<std::int64_t>;

TEST_CASE("timeouts: a callee that never answers: timers A and B, then 408 (§17.1.1.2, §8.1.3.1)",
          "[actors]") {
  world w;
  w.caller.invite("7100");
  w.pass(33s);
  CHECK(w.callee.times_ms("INVITE") == times{0, 500, 1500, 3500, 7500, 15500, 31500});
  CHECK(w.caller.heard() == strings{"100 INVITE", "408 INVITE"});
  CHECK(w.caller.times_ms("408 INVITE") == times{32000});
  w.over({"408 node no response"});
}

TEST_CASE("timeouts: it rings too long: CANCEL to the callee, 408 to the caller (§9.1)",
          "[actors]") {
  world w{{.ring_timeout = 40s}};
  w.caller.invite("7100");
  w.settle();
  w.callee.respond(180);
  w.pass(39s);
  CHECK(w.callee.count("CANCEL") == 0);
  w.pass(1500ms);
  CHECK(w.callee.heard() == strings{"INVITE", "CANCEL", "ACK"});
  CHECK(w.caller.heard() == strings{"180 INVITE", "408 INVITE"});
  CHECK(w.caller.times_ms("408 INVITE") == times{40000});
  w.over({"408 node no answer"});
}

TEST_CASE("timeouts: a lost ACK: the 200 is repeated, then BYE to both (§13.3.1.4)", "[actors]") {
  world w;
  w.caller.habits.acknowledges = false;
  w.caller.invite("7100");
  w.settle();
  w.callee.respond(200);
  w.pass(31900ms);
  CHECK(w.caller.times_ms("200 INVITE")
        == times{0, 500, 1500, 3500, 7500, 11500, 15500, 19500, 23500, 27500, 31500});
  CHECK(w.caller.count("BYE") == 0);
  w.pass(200ms);
  CHECK(w.caller.times_ms("BYE") == times{32000});
  CHECK(w.callee.times_ms("BYE") == times{32000});
  w.over({"200 node no ACK"});
}

TEST_CASE("timeouts: a hang-up waits for the ACK, or for its time-out (§15)", "[actors]") {
  const bool comes = GENERATE(true, false);
  INFO(comes);
  world w;
  w.caller.habits.acknowledges = false;
  w.caller.invite("7100");
  w.settle();
  w.callee.respond(200);
  w.settle();
  w.callee.bye();
  w.pass(1s);
  CHECK(w.caller.count("BYE") == 0);
  if (comes)
    w.caller.ack();
  else
    w.pass(31500ms);
  w.settle();
  CHECK(w.caller.count("BYE") == 1);
  w.over({"200 callee bye"});
}

TEST_CASE("timeouts: our BYE is never answered: timers E and F, then it is over (§17.1.2.2)",
          "[actors]") {
  world w;
  w.connect();
  w.callee.habits.answers_bye = false;
  w.caller.bye();
  w.pass(31s);
  CHECK(w.callee.times_ms("BYE")
        == times{0, 500, 1500, 3500, 7500, 11500, 15500, 19500, 23500, 27500});
  CHECK(w.details().empty());
  w.pass(1500ms);
  CHECK(w.details() == strings{"200 caller bye"});
  CHECK(w.media().in_use() == 0);
  w.over({"200 caller bye"});
}

TEST_CASE("timeouts: silence of the media ends both legs (RTP timeout)", "[actors]") {
  const std::uint8_t leg = GENERATE(std::uint8_t{0}, std::uint8_t{1});
  INFO(int{leg});
  world w;
  w.connect();
  w.rtp_timeout(leg);
  CHECK(w.caller.heard() == strings{"200 INVITE", "BYE"});
  CHECK(w.callee.heard() == strings{"INVITE", "ACK", "BYE"});
  w.over({"200 node RTP timeout"});
}

TEST_CASE("timeouts: silence before the answer means nothing", "[actors]") {
  world w;
  w.caller.invite("7100");
  w.settle();
  w.callee.respond(180);
  w.settle();
  w.rtp_timeout(0);
  CHECK(w.caller.heard() == strings{"180 INVITE"});
  w.callee.respond(486);
  w.settle();
  w.over({"486 callee rejected"});
}

TEST_CASE("timeouts: a silence that began before the answer is counted from the answer",
          "[actors]") {
  const std::uint8_t leg = GENERATE(std::uint8_t{0}, std::uint8_t{1});
  INFO(int{leg});
  world w;
  w.caller.invite("7100");
  w.settle();
  w.callee.respond(183);
  w.settle();
  w.rtp_timeout(leg);
  w.media().commands.clear();
  w.callee.respond(200); // the same description once more
  w.settle();
  std::size_t counted_anew = 0;
  for (const auto& c : w.media().commands)
    counted_anew += std::holds_alternative<media::set_direction>(c) ? 1 : 0;
  CHECK(counted_anew == 2); // so the worker says it again
  w.rtp_timeout(leg);
  CHECK(w.caller.count("BYE") == 1);
  CHECK(w.callee.count("BYE") == 1);
  w.over({"200 node RTP timeout"});
}

TEST_CASE(
    "timeouts: silence while the ACK is awaited ends the call when it comes, or does not (§15)",
    "[actors]") {
  const bool comes = GENERATE(true, false);
  INFO(comes);
  world w;
  w.caller.habits.acknowledges = false;
  w.caller.invite("7100");
  w.settle();
  w.callee.respond(200);
  w.settle();
  w.rtp_timeout(0);
  CHECK(w.caller.count("BYE") == 0);
  CHECK(w.callee.count("BYE") == 1);
  if (comes)
    w.caller.ack();
  else
    w.pass(32s);
  w.settle();
  CHECK(w.caller.count("BYE") == 1);
  w.over({"200 node RTP timeout"});
}
