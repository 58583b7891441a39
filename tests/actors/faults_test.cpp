// A throw in a call: back to the last commit, the input set aside, other calls untouched.
#include "actors/call/limits.hpp"
#include "tests/actors/world.hpp"

#include <catch2/catch.hpp>

#include <algorithm>

using namespace std::chrono_literals;

using namespace tandem;
using namespace tandem::test;

namespace {

std::size_t error_lines(const world& w, std::string_view cause) {
  return static_cast<std::size_t>(std::ranges::count_if(w.log(), [cause](const std::string& line) {
    return line.find("error") != std::string::npos && line.find(cause) != std::string::npos;
  }));
}

/// caller → application `app` → callee, who has the INVITE.
void call_by(world& w, const char* app) {
  w.caller.invite(app);
  w.settle();
  REQUIRE(w.callee.heard() == strings{"INVITE"});
}

} // namespace

TEST_CASE("faults: a response that makes the application throw is set aside, the call goes on",
          "[actors]") {
  world w;
  call_by(w, "throw_progress");
  w.callee.respond(183);
  w.settle();
  CHECK(w.caller.heard() == strings{});
  const auto row = w.call_rows().at(0);
  CHECK(row.restarts == 1);
  CHECK(row.last_error == "app throw_progress: a bug in the application");
  CHECK(w.figure("tandem_call_faults_total") == 1);
  CHECK(error_lines(w, "call.fault") == 1);
  w.callee.respond(180);
  w.settle();
  w.callee.respond(200);
  w.settle();
  CHECK(w.caller.heard() == strings{"180 INVITE", "200 INVITE"});
  CHECK(w.media().are_connected({0, 0, 1}, {0, 1, 1}));
  w.caller.bye();
  w.settle();
  w.over({"200 caller bye"});
}

TEST_CASE("faults: other calls are not touched", "[actors]") {
  world w;
  auto& third = w.add_phone(5071);
  third.invite("9196");
  w.settle();
  const auto before = w.row("app echo");
  call_by(w, "throw_progress");
  w.callee.respond(183);
  w.settle();
  const auto after = w.row("app echo");
  CHECK(after.id == before.id);
  CHECK(after.restarts == 0);
  CHECK(after.messages == before.messages);
  third.bye();
  w.callee.respond(486);
  w.settle();
  w.over({"200 caller bye", "486 callee rejected"});
}

TEST_CASE("faults: a request that makes the application throw is answered 500, each time",
          "[actors]") {
  world w;
  call_by(w, "throw_end");
  w.callee.respond(200);
  w.settle();
  REQUIRE(w.caller.count("200 INVITE") == 1);
  w.caller.bye(); // on_end throws
  w.settle();
  CHECK(w.caller.count("500 BYE") == 1);
  w.caller.again("BYE");
  w.settle();
  CHECK(w.caller.count("500 BYE") == 2);
  CHECK(w.figure("tandem_call_faults_total") == 1);
  // Whoever says BYE has left (RFC 3261 §15.1.1): the callee is not left alone in the call.
  CHECK(w.callee.count("BYE") == 1);
  w.over({"200 node internal failure"});
}

TEST_CASE("faults: as many as the limit within its period, again and again", "[actors]") {
  world w;
  call_by(w, "throw_progress");
  const auto often = 3 * actors::limits::faults_per_call;
  const auto apart = actors::limits::faults_period / actors::limits::faults_per_call + 1ms;
  for (std::size_t i = 0; i < often; ++i) {
    w.callee.respond(183);
    w.pass(apart);
  }
  CHECK(w.call_rows().at(0).restarts == often);
  w.callee.respond(200);
  w.settle();
  CHECK(w.caller.count("200 INVITE") == 1);
  w.caller.bye();
  w.settle();
  w.over({"200 caller bye"});
}

TEST_CASE("faults: beyond the limit the call hangs up", "[actors]") {
  world w;
  call_by(w, "throw_progress");
  for (std::size_t i = 0; i < actors::limits::faults_per_call; ++i) {
    w.callee.respond(183);
    w.settle();
  }
  CHECK(w.caller.heard() == strings{});
  CHECK(w.call_rows().at(0).restarts == actors::limits::faults_per_call);
  CHECK(w.row("app throw_progress").restarts == actors::limits::faults_per_call);
  CHECK(w.row("app throw_progress").last_error == "a bug in the application");
  w.callee.respond(180); // still alive, at the limit
  w.settle();
  CHECK(w.caller.heard() == strings{"180 INVITE"});
  w.callee.respond(183);
  w.settle();
  CHECK(w.caller.heard() == strings{"180 INVITE", "480 INVITE"});
  CHECK(w.callee.heard() == strings{"INVITE", "CANCEL", "ACK"});
  w.over({"480 node internal failure"});
}

TEST_CASE("faults: an answer that throws again when it is sent again ends with ACK and BYE",
          "[actors]") {
  world w;
  call_by(w, GENERATE("throw_answer", "throw_save"));
  w.callee.respond(200);
  w.settle();
  CHECK(w.caller.heard() == strings{});
  w.callee.again("200 INVITE");
  w.settle();
  CHECK(w.caller.heard() == strings{"480 INVITE"});
  w.callee.again("200 INVITE");
  w.settle();
  CHECK(w.callee.count("ACK") == 1);
  CHECK(w.callee.count("BYE") == 1);
  w.over({"480 node internal failure"});
}

TEST_CASE("faults: a timer that throws each time ends the call at the limit, not before",
          "[actors]") {
  world w;
  call_by(w, "throw_timer");
  w.callee.respond(180);
  w.pass(9900ms);
  const auto last = actors::limits::faults_per_call * actors::limits::retry_after_fault;
  w.pass(last);
  CHECK(w.caller.heard() == strings{"180 INVITE"});
  CHECK(w.call_rows().at(0).restarts == actors::limits::faults_per_call);
  w.pass(200ms);
  CHECK(w.caller.heard() == strings{"180 INVITE", "480 INVITE"});
  CHECK(w.callee.heard() == strings{"INVITE", "CANCEL", "ACK"});
  w.over({"480 node internal failure"});
}

TEST_CASE("faults: a restored call's timers are due when they were", "[actors]") {
  world w;
  call_by(w, "throw_progress");
  w.pass(10s);
  w.callee.habits.answers_bye = false;
  w.callee.respond(183); // sets timer B's rest aside with the input
  w.pass(23s);
  CHECK(w.caller.count("408 INVITE") == 1);
  CHECK(w.caller.times_ms("408 INVITE") == std::vector<std::int64_t>{32000});
  w.over({"408 node no response"});
}

TEST_CASE("faults: a throw at the first input: 500, once and for all (§17.2.1)", "[actors]") {
  world w;
  w.caller.habits.acknowledges_failures = false;
  w.caller.invite("throw_incoming");
  w.settle();
  CHECK(w.callee.heard() == strings{});
  CHECK(w.media().in_use() == 0);
  CHECK(w.call_rows().at(0).state == "over");
  w.caller.again("INVITE");
  w.settle();
  CHECK(w.caller.heard() == strings{"500 INVITE", "500 INVITE"});
  CHECK(w.figure("tandem_call_faults_total") == 1);
  w.over({"500 node internal failure"});
}

TEST_CASE("faults: a throw at the first input, and the process dies: still one call", "[actors]") {
  world w;
  w.caller.invite("throw_incoming");
  w.settle();
  w.crash();
  w.restart(1s);
  w.caller.again("INVITE");
  w.settle();
  // The ACK was no reason to commit, so the 500 is said once more, and again to the INVITE.
  CHECK(w.caller.heard() == strings{"500 INVITE", "500 INVITE", "500 INVITE"});
  w.over({"500 node internal failure"});
}

TEST_CASE("faults: what the failed input had noted for the CDR is forgotten", "[actors]") {
  world w;
  call_by(w, "throw_end");
  w.callee.respond(486); // on_end throws; the caller hangs up in the end
  w.settle();
  CHECK(w.caller.heard() == strings{});
  w.end_call();
  CHECK(w.caller.heard() == strings{"480 INVITE"});
  w.callee.respond(486);
  w.pass(1s);
  w.over({"480 operator operator"});
}

TEST_CASE("faults: a throw while the disk fails: back to what memory has kept", "[actors]") {
  world w;
  w.fail_commits(1'000'000);
  call_by(w, "throw_progress");
  w.callee.respond(183);
  w.settle();
  CHECK(w.call_rows().at(0).restarts == 1);
  CHECK(w.media().in_use() == 2);
  w.callee.respond(180);
  w.settle();
  CHECK(w.caller.heard() == strings{"180 INVITE"});
  w.callee.respond(486);
  w.settle();
  w.over({"486 callee rejected"});
}
