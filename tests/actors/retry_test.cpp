// RFC 3261 §8.1.3.5, §8.2.2.2: a phone that was refused calls again with the same Call-ID and From
// tag and a higher CSeq, while transactions of its first call still linger.
#include "tests/actors/world.hpp"

#include <catch2/catch.hpp>

using namespace std::chrono_literals;

using namespace tandem;
using namespace tandem::test;

namespace {

void refuse_first(world& w) {
  w.caller.invite("7100");
  w.settle();
  w.callee.respond(486);
  w.settle();
  REQUIRE(w.caller.heard() == strings{"486 INVITE"});
  w.caller.forget();
  w.callee.forget();
}

} // namespace

TEST_CASE("retry: a refused INVITE with the next CSeq is a new call (§8.1.3.5)", "[actors]") {
  const std::size_t shards = GENERATE(1, 3);
  world w{{.shards = shards}};
  refuse_first(w);
  w.caller.invite_again();
  w.settle();
  CHECK(w.call_rows().size() == 2);
  w.callee.respond(200);
  w.settle();
  CHECK(w.caller.heard() == strings{"200 INVITE"});
  CHECK(w.callee.heard() == strings{"INVITE", "ACK"});
  w.caller.bye();
  w.settle();
  CHECK(w.callee.count("BYE") == 1);
  w.over({"486 callee rejected", "200 caller bye"});
}

TEST_CASE("retry: each INVITE that comes again finds its own call (§17.2.3)", "[actors]") {
  world w;
  w.caller.habits.acknowledges_failures = false;
  w.caller.invite("7100");
  w.settle();
  w.callee.respond(486);
  w.settle();
  const auto first = w.caller.sent("INVITE");
  w.caller.invite_again();
  w.settle();
  w.callee.respond(180);
  w.settle();
  w.caller.forget();
  w.caller.again("INVITE");
  w.settle();
  CHECK(w.caller.heard() == strings{"180 INVITE"});
  w.caller.habits.acknowledges_failures = true;
  w.caller.say(first);
  w.settle();
  CHECK(w.caller.heard() == strings{"180 INVITE", "486 INVITE"});
  CHECK(w.call_rows().size() == 2);
  w.callee.respond(486);
  w.settle();
  w.over({"486 callee rejected", "486 callee rejected"});
}

TEST_CASE("retry: CANCEL finds the second call, also when the first is long gone (§9.2)",
          "[actors]") {
  const auto later = GENERATE(0s, 40s);
  INFO(later.count());
  world w;
  refuse_first(w);
  w.caller.invite_again();
  w.settle();
  w.callee.respond(180);
  w.pass(later);
  CHECK(w.call_rows().size() == (later == 0s ? 2 : 1));
  w.caller.again("INVITE");
  w.caller.cancel();
  w.settle();
  CHECK(w.caller.heard() == strings{"180 INVITE", "180 INVITE", "200 CANCEL", "487 INVITE"});
  CHECK(w.callee.heard() == strings{"INVITE", "CANCEL", "ACK"});
  w.over({"486 callee rejected", "487 caller cancelled"});
}

TEST_CASE("retry: as often as the phone likes", "[actors]") {
  world w;
  refuse_first(w);
  for (int i = 0; i < 3; ++i) {
    w.caller.invite_again();
    w.settle();
    w.callee.respond(480);
    w.settle();
  }
  CHECK(w.caller.heard() == strings{"480 INVITE", "480 INVITE", "480 INVITE"});
  w.over(
      {"486 callee rejected", "480 callee rejected", "480 callee rejected", "480 callee rejected"});
}

TEST_CASE("retry: also behind a call that was answered, and behind one refused by us", "[actors]") {
  world w;
  w.connect();
  w.caller.bye();
  w.settle();
  w.caller.forget();
  w.caller.invite_again({.headers = "Require: 100rel\r\n"});
  w.settle();
  w.caller.invite_again();
  w.settle();
  CHECK(w.caller.heard() == strings{"420 INVITE"});
  w.callee.respond(603);
  w.settle();
  CHECK(w.caller.heard() == strings{"420 INVITE", "603 INVITE"});
  w.over({"200 caller bye", "420 node rejected", "603 callee rejected"});
}

TEST_CASE("retry: an equal CSeq by another way is merged, whatever became of the first (§8.2.2.2)",
          "[actors]") {
  world w;
  refuse_first(w);
  auto other = w.caller.sent("INVITE");
  const auto at = other.find("branch=") + 7;
  other.replace(at, other.find(';', at) - at, "z9hG4bK-by-another-way");
  w.caller.habits.acknowledges_failures = false;
  w.caller.say(other);
  w.settle();
  CHECK(w.caller.heard() == strings{"482 INVITE"});
  w.over({"486 callee rejected"});
}

TEST_CASE("retry: a CANCEL of nothing is refused by the first call (§9.2)", "[actors]") {
  world w;
  refuse_first(w);
  auto cancel = w.caller.sent("INVITE");
  w.caller.invite_again();
  w.settle();
  w.callee.respond(486);
  w.settle();
  w.caller.cancel(); // crossed the refusal: 200, and no more
  w.settle();
  CHECK(w.caller.heard() == strings{"486 INVITE", "200 CANCEL"});
  w.over({"486 callee rejected", "486 callee rejected"});
}
