// Commit before visible, and a store that fails. That nothing leaves before its commit is asked by
// world::over() of every test of this folder.
#include "actors/call/limits.hpp"
#include "tests/actors/faulty_world.hpp"

#include <catch2/catch.hpp>

#include <algorithm>

using namespace std::chrono_literals;

using namespace tandem;
using namespace tandem::test;

using kind = happening::kind;

TEST_CASE("commits: state, then datagram, for each input of a call", "[actors]") {
  world w;
  w.connect();
  w.caller.bye();
  w.settle();
  std::string order;
  for (const auto& h : w.happenings())
    switch (h.what) {
      case kind::received: order += 'r'; break;
      case kind::sent: order += 's'; break;
      case kind::committed: order += 'c'; break;
      case kind::erased: order += 'e'; break;
      case kind::registered: break;
    }
  // INVITE; 200; ACK; BYE and its two answers. An ACK alone changes state, too.
  CHECK(order
        == "rcs"  // INVITE → INVITE
           "rcss" // 200 → ACK, 200
           "rc"   // ACK
           "rcss" // BYE → 200, BYE
           "rc"); // 200
  w.over({"200 caller bye"});
}

TEST_CASE("commits: retransmissions need none", "[actors]") {
  world w;
  w.caller.invite("7100");
  w.settle();
  const auto commits = w.figure("tandem_call_commits_total");
  w.pass(199ms);
  CHECK(w.figure("tandem_call_commits_total") == commits);
  w.pass(1ms + 1ms); // 100 Trying is new
  CHECK(w.figure("tandem_call_commits_total") == commits + 1);
  w.pass(20s);
  CHECK(w.callee.count("INVITE") == 6);
  w.caller.again("INVITE");
  w.settle();
  CHECK(w.caller.count("100 INVITE") == 2);
  CHECK(w.figure("tandem_call_commits_total") == commits + 1);
  w.callee.respond(486);
  w.settle();
  w.over({"486 callee rejected"});
}

TEST_CASE("commits: what nobody can see waits for another commit, ten seconds at most",
          "[actors]") {
  world w;
  w.connect();
  const auto commits = [&w] { return w.figure("tandem_call_commits_total"); };
  const auto before = commits();
  w.pass(1s);
  w.media().say({0, 0, 1}, media::latched{});
  w.pass(1s);
  w.media().say({0, 0, 1}, media::first_packet{});
  w.media().say({0, 1, 1}, media::latched{});
  w.media().say({0, 1, 1}, media::first_packet{});
  w.pass(8999ms);
  CHECK(commits() == before);
  w.pass(1ms); // after the first
  CHECK(commits() == before + 1);
  w.pass(60s); // the transactions of both INVITEs go
  CHECK(w.rows("signalling/calls/" + to_string(w.key())).size() == 8);
  CHECK(commits() == before + 2);
  w.caller.bye();
  w.settle();
  w.over({"200 caller bye"});
}

TEST_CASE("commits: another commit carries what waits", "[actors]") {
  world w;
  w.connect();
  w.media().say({0, 0, 1}, media::latched{});
  w.settle();
  w.caller.request("OPTIONS");
  const auto commits = w.figure("tandem_call_commits_total");
  w.settle();
  CHECK(w.figure("tandem_call_commits_total") == commits + 1);
  w.pass(20s);
  CHECK(w.figure("tandem_call_commits_total") == commits + 1);
  w.caller.bye();
  w.settle();
  w.over({"200 caller bye"});
}

TEST_CASE("commits: as many changes as are kept wait, one more does not", "[actors]") {
  world w;
  w.connect();
  const auto before = w.figure("tandem_call_commits_total");
  for (std::size_t i = 0; i < actors::limits::uncommitted_inputs; ++i)
    w.media().say({0, 0, 1}, media::latched{});
  w.settle();
  CHECK(w.figure("tandem_call_commits_total") == before);
  w.media().say({0, 0, 1}, media::latched{});
  w.settle();
  CHECK(w.figure("tandem_call_commits_total") == before + 1);
  w.caller.bye();
  w.settle();
  w.over({"200 caller bye"});
}

TEST_CASE("commits: what waits for a commit survives a throw before it", "[actors]") {
  faulty_world f;
  auto& w = f.w;
  w.connect();
  const auto media = "signalling/calls/" + to_string(w.key()) + "/leg 0/media";
  REQUIRE(w.rows(media).at(0).state == "connected");
  w.media().say({0, 0, 1}, media::first_packet{});
  w.settle();
  f.arm("calls/*/leg 0/dialog", actors::fault::kind::throw_before_commit);
  w.caller.request("OPTIONS");
  w.settle();
  CHECK(w.caller.count("500 OPTIONS") == 1);
  CHECK(w.rows(media).at(0).state == "relaying");
  w.caller.bye();
  w.settle();
  w.over({"200 caller bye"});
}

TEST_CASE("commits: the record of a call goes when the call does, not before", "[actors]") {
  world w;
  w.connect();
  CHECK(w.records() == 1);
  w.caller.bye();
  w.settle();
  CHECK(w.records() == 1);
  w.over({"200 caller bye"});
  CHECK(std::ranges::count(w.happenings(), kind::erased, &happening::what) == 1);
}

TEST_CASE("commits: a store that fails once: one line in the log, the call goes on", "[actors]") {
  world w;
  w.fail_commits(1);
  w.connect();
  REQUIRE(w.log().size() == 1);
  CHECK(w.log().front().find("store: the disk is full") != std::string::npos);
  w.caller.bye();
  w.settle();
  CHECK(w.log().size() == 1);
  w.over({"200 caller bye"});
}

TEST_CASE("commits: a store that always fails stops no call", "[actors]") {
  world w;
  w.fail_commits(1'000'000);
  w.connect();
  CHECK(w.records() == 0);
  w.caller.bye();
  w.settle();
  CHECK(w.callee.count("BYE") == 1);
  w.over({"200 caller bye"});
}

TEST_CASE("commits: of a call that is over only the end of its last transaction is of interest",
          "[actors]") {
  world w;
  w.connect();
  w.pass(2s);
  w.caller.bye();
  w.settle();
  const auto commits = w.figure("tandem_call_commits_total");
  w.pass(31s); // timer K of our BYE, 64*T1 after the 2xx, and not yet timer J of the caller's BYE
  CHECK(w.rows("signalling/calls").size() > 1);
  CHECK(w.figure("tandem_call_commits_total") == commits);
  w.over({"200 caller bye"});
  CHECK(w.figure("tandem_call_commits_total") == commits + 1); // the erasure
}
