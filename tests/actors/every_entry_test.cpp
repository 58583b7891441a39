// A throw at each single entry of a handler in the course of a call, one at a time: whichever it
// is, the call goes on from its last commit.
#include "tests/actors/faulty_world.hpp"

#include <catch2/catch.hpp>

using namespace std::chrono_literals;

using namespace tandem;
using namespace tandem::test;

using actors::fault;

namespace {

constexpr auto all = "calls/*/**";

/// Invited, ringing, answered, held, INFO, BYE; whoever is not heard says it once more.
void talk(world& w) {
  const auto answer = [&w](const sip_extras& what, std::size_t answers) {
    w.callee.respond(200, what);
    w.settle();
    if (w.caller.count("200 INVITE") < answers)
      w.callee.again("200 INVITE");
    w.pass(1s);
  };
  w.caller.invite("7100");
  w.settle();
  if (w.caller.count("500 INVITE") == 1)
    return;
  w.callee.respond(180);
  w.settle();
  answer({}, 1);
  w.caller.reinvite({.body = w.caller.described(2, "a=sendonly\r\n")});
  w.settle();
  if (w.callee.count("INVITE") == 2)
    answer({.body = w.callee.described(2, "a=recvonly\r\n")}, 2);
  w.caller.request("INFO", "", "x");
  w.settle();
  if (w.callee.count("INFO") == 1) {
    w.callee.respond_to("INFO", 200);
    w.pass(1s);
  }
  w.caller.bye();
  w.settle();
}

struct undisturbed {
  faulty_world f;
  std::uint64_t entries = 0;

  undisturbed() {
    f.arm(all, fault::kind::drop, 1'000'000);
    talk(f.w);
    f.w.over({"200 caller bye"});
    entries = f.faults.list().at(0).seen;
  }
};

} // namespace

TEST_CASE("every entry: a throw behind the commit changes nothing that anybody sees", "[actors]") {
  undisturbed u;
  REQUIRE(u.entries > 90);
  for (std::uint64_t n = 1; n <= u.entries; ++n) {
    INFO("entry " << n << " of " << u.entries);
    faulty_world f;
    f.arm(all, fault::kind::throw_after_commit, n);
    talk(f.w);
    CHECK(f.w.caller.heard() == u.f.w.caller.heard());
    CHECK(f.w.callee.heard() == u.f.w.callee.heard());
    f.w.over({"200 caller bye"});
    CHECK(f.w.media().commands == u.f.w.media().commands);
    CHECK(f.fired() == 1);
    if (n + 2
        <= u.entries) // the last two erase the record: there is no commit behind which to throw
      CHECK(f.w.figure("tandem_call_faults_total") == 1);
  }
}

TEST_CASE("every entry: a throw in a handler costs one message, not the call", "[actors]") {
  const undisturbed u;
  for (std::uint64_t n = 1; n <= u.entries; ++n) {
    INFO("entry " << n << " of " << u.entries);
    faulty_world f;
    f.arm(all, fault::kind::throw_before_commit, n);
    talk(f.w);
    CHECK(f.w.figure("tandem_call_faults_total") <= 1);
    f.w.pass(40s); // a timer that failed is late
    if (f.w.caller.count("500 INVITE") == 1 && f.w.callee.heard().empty()) {
      f.w.over({"500 node internal failure"});
      continue;
    }
    CHECK(f.w.caller.count("200 INVITE") >= 1);
    CHECK(f.w.callee.count("BYE") >= 1);
    const bool of_bye = f.w.caller.count("500 BYE") == 1;
    if (!of_bye)
      CHECK(f.w.caller.count("200 BYE") == 1);
    f.w.over({of_bye ? "200 node internal failure" : "200 caller bye"});
  }
}
