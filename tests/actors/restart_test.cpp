// The process dies and comes back: calls go on from what was committed, in whatever state they
// were.
#include "actors/call/record/record_codec.hpp"
#include "actors/calls/limits.hpp"
#include "protocols/sip/typed_headers.hpp"
#include "tests/actors/world.hpp"

#include <catch2/catch.hpp>

#include <algorithm>

using namespace std::chrono_literals;

using namespace tandem;
using namespace tandem::test;

namespace {

/// What happens before the end and after the new begin.
struct story {
  const char* name;
  void (*before)(world&);
  void (*after)(world&);
};

void ring(world& w) {
  w.caller.invite("7100");
  w.settle();
  w.callee.respond(180);
  w.settle();
}

void answer(world& w) {
  w.callee.respond(200);
  w.settle();
}

void nothing(world&) {
}

void hold(world& w) {
  w.connect();
  w.caller.reinvite({.body = w.caller.described(2, "a=sendonly\r\n")});
  w.settle();
}

std::uint32_t cseq_of(const sip::message_ptr& m) {
  REQUIRE(m);
  return sip::read_cseq(*m)->number;
}

std::size_t lines_about(const world& w, std::string_view text) {
  return static_cast<std::size_t>(std::ranges::count_if(
      w.log(), [text](const std::string& line) { return line.find(text) != line.npos; }));
}

/// The last record that was committed.
actors::call_record last_record(const world& w) {
  std::string bytes;
  for (const auto& h : w.happenings())
    if (h.what == happening::kind::committed)
      bytes = h.bytes;
  return actors::decode_record(bytes).value();
}

} // namespace

TEST_CASE("restart: a call in each state ends as if nothing had happened", "[actors]") {
  const story stories[] = {
      {"calling",
       [](world& w) {
         w.caller.invite("7100");
         w.settle();
       },
       [](world& w) {
         CHECK(w.callee.count("INVITE") >= 2); // the first may not have left
         w.callee.respond(180);
         w.settle();
         answer(w);
       }},
      {"ringing", ring, answer},
      {"early media",
       [](world& w) {
         ring(w);
         w.callee.respond(183);
         w.settle();
       },
       answer},
      {"answered, no ACK yet",
       [](world& w) {
         w.caller.habits.acknowledges = false;
         ring(w);
         answer(w);
       },
       [](world& w) {
         w.caller.ack();
         w.settle();
       }},
      {"established", [](world& w) { w.connect(); }, nothing},
      {"held",
       [](world& w) {
         hold(w);
         w.callee.respond(200, {.body = w.callee.described(2, "a=recvonly\r\n")});
         w.settle();
       },
       nothing},
      {"amid a re-INVITE", hold,
       [](world& w) {
         w.callee.respond(200, {.body = w.callee.described(2, "a=recvonly\r\n")});
         w.settle();
         CHECK(w.caller.count("200 INVITE") == 2);
       }},
      {"with an INFO under way",
       [](world& w) {
         w.connect();
         w.caller.request("INFO");
         w.settle();
       },
       [](world& w) {
         w.callee.respond_to("INFO", 200);
         w.settle();
         CHECK(w.caller.count("200 INFO") == 1);
       }},
  };
  for (const auto& s : stories)
    for (const auto downtime : {0s, 3s})
      for (const bool by_caller : {true, false})
        DYNAMIC_SECTION(s.name << ", away for " << downtime.count() << " s, ended by "
                               << (by_caller ? "the caller" : "the callee")) {
          world w;
          s.before(w);
          w.restart(downtime);
          REQUIRE(w.call_rows().size() == 1);
          s.after(w);
          CHECK(w.row("leg 0").state == "established");
          CHECK(w.row("leg 1").state == "established");
          CHECK(w.media().are_connected({0, 0, 1}, {0, 1, 1}));
          auto& ends = by_caller ? w.caller : w.callee;
          auto& other = by_caller ? w.callee : w.caller;
          ends.bye();
          w.settle();
          CHECK(ends.count("200 BYE") == 1);
          CHECK(other.count("BYE") == 1);
          w.over({by_caller ? "200 caller bye" : "200 callee bye"});
        }
}

TEST_CASE("restart: a call that ends meanwhile, or has ended", "[actors]") {
  for (const auto downtime : {0s, 3s}) {
    INFO("away for " << downtime.count() << " s");
    SECTION("a BYE of ours is under way") {
      world w;
      w.connect();
      w.callee.habits.answers_bye = false;
      w.caller.bye();
      w.settle();
      w.restart(downtime);
      CHECK(w.callee.count("BYE") >= 2);
      w.callee.respond_to("BYE", 200);
      w.over({"200 caller bye"});
    }
    SECTION("it has ended, and its CDR was not written yet") {
      world w;
      w.connect();
      w.caller.bye();
      w.settle();
      REQUIRE(w.details().empty());
      w.restart(downtime);
      w.over({"200 caller bye"});
    }
    SECTION("it has ended, and its CDR was written") {
      world w;
      w.connect();
      w.caller.bye();
      w.pass(1s);
      REQUIRE(w.details().size() == 1);
      w.restart(downtime);
      w.caller.again("BYE");
      w.settle();
      CHECK(w.caller.count("200 BYE") >= 2); // a late retransmission is answered
      w.over({"200 caller bye"});
    }
    SECTION("cancelled, and the callee has not said so") {
      world w;
      w.callee.habits.obeys_cancel = false;
      ring(w);
      w.caller.cancel();
      w.settle();
      w.restart(downtime);
      w.callee.respond_to("CANCEL", 200);
      w.callee.respond(487);
      w.over({"487 caller cancelled"});
    }
  }
}

TEST_CASE("restart: timers that fell due meanwhile are due at once", "[actors]") {
  world w{{.ring_timeout = 60s}};
  ring(w);
  w.pass(10s);
  w.restart(49s);
  CHECK(w.caller.count("408 INVITE") == 0);
  w.pass(1s);
  CHECK(w.caller.count("408 INVITE") == 1);
  CHECK(w.callee.count("CANCEL") == 1);
  w.over({"408 node no answer"});

  world later{{.ring_timeout = 60s}};
  ring(later);
  later.restart(70s);
  CHECK(later.caller.count("408 INVITE") == 1);
  later.over({"408 node no answer"});
}

TEST_CASE("restart: numbers that phones may have seen are skipped (§12.2.1.1, RFC 3264 §8)",
          "[actors]") {
  world w;
  w.connect();
  const auto before = cseq_of(w.callee.last("INVITE"));
  w.restart();
  w.end_call();
  CHECK(cseq_of(w.callee.last("BYE")) > before + actors::limits::numbers_skipped);
  CHECK(cseq_of(w.caller.last("BYE")) > actors::limits::numbers_skipped);
  w.over({"200 operator operator"});
}

TEST_CASE("restart: nobody was there for too long: closed, a CDR each, no word on the wire",
          "[actors]") {
  world w;
  w.connect();
  w.pass(10min); // nothing is committed in all that time, but we live
  w.restart(120s);
  REQUIRE(w.call_rows().size() == 1);
  w.restart(121s + 5s); // since the last sign of life
  CHECK(w.call_rows().empty());
  CHECK(lines_about(w, "1 orphans closed") == 1);
  w.pass(1s);
  CHECK(w.records() == 0);
  w.caller.bye();
  w.settle();
  CHECK(w.caller.count("481 BYE") == 1);
  CHECK(w.callee.count("BYE") == 0);
  w.over({"200 node node was down"}, {"481 BYE", "BYE"});
}

TEST_CASE("restart: a wall clock that was moved meanwhile moves no timer", "[actors]") {
  for (const auto by : {1h, -1h}) {
    world w{{.ring_timeout = 60s}};
    ring(w);
    w.crash();
    w.jump_wall(by);
    w.restart(10s);
    REQUIRE(w.call_rows().size() == 1);
    w.pass(49s);
    CHECK(w.caller.count("408 INVITE") == 0);
    w.pass(1s);
    CHECK(w.caller.count("408 INVITE") == 1);
    w.over({"408 node no answer"});
  }
}

TEST_CASE("restart: after a boot of the machine the wall clock counts, and never backwards",
          "[actors]") {
  world w{{.ring_timeout = 60s}};
  ring(w);
  w.reboot();
  SECTION("as long as it was") {
    w.restart(10s);
    w.pass(49s);
    CHECK(w.caller.count("408 INVITE") == 0);
    w.pass(1s);
    w.over({"408 node no answer"});
  }
  SECTION("backwards: no time has passed") {
    w.jump_wall(-1h);
    w.restart(10s);
    w.pass(59s);
    CHECK(w.caller.count("408 INVITE") == 0);
    w.pass(1s);
    w.over({"408 node no answer"});
  }
  SECTION("forwards by more than we may be away") {
    w.jump_wall(1h);
    w.restart(10s);
    CHECK(w.call_rows().empty());
    w.over({"0 node node was down"});
  }
}

TEST_CASE("restart: a record that nobody can read is set aside, and tried once", "[actors]") {
  world w;
  w.connect();
  w.crash();
  w.replace_record("nonsense");
  w.restart();
  CHECK(w.call_rows().empty());
  CHECK(w.set_aside() == 1);
  CHECK(w.figure("tandem_calls_unrestored_total") == 1);
  CHECK(lines_about(w, "cannot be restored") == 1);
  w.pass(1s);
  w.restart();
  CHECK(lines_about(w, "cannot be restored") == 1);
  w.over({"0 node record unreadable"});
}

TEST_CASE("restart: a call that cannot be brought to life is closed, the others live", "[actors]") {
  world w;
  w.connect();
  auto record = last_record(w);
  std::get<actors::app_record>(record.children.front().record).app = "gone since";
  w.crash();
  w.replace_record(actors::encode_record(record));
  w.restart();
  CHECK(w.call_rows().empty());
  CHECK(w.media().in_use() == 0);
  CHECK(w.set_aside() == 1);
  w.caller.forget();
  w.callee.forget();
  w.connect();
  w.caller.bye();
  w.settle();
  w.over({"0 node record unreadable", "200 caller bye"});
}

TEST_CASE("restart: a call of which the node died three times is not tried again", "[actors]") {
  for (const auto times :
       {actors::limits::restore_attempts - 1, actors::limits::restore_attempts}) {
    INFO(times << " times");
    world w;
    w.connect();
    w.die_of_restoring(times);
    w.restart();
    const bool given_up = times == actors::limits::restore_attempts;
    CHECK(w.call_rows().size() == (given_up ? 0 : 1));
    CHECK(w.set_aside() == (given_up ? 1 : 0));
    if (!given_up) {
      w.restart(); // attempts that came to an end do not count
      REQUIRE(w.call_rows().size() == 1);
      w.caller.bye();
      w.settle();
    }
    w.over({given_up ? "0 node record unreadable" : "200 caller bye"});
  }
}

TEST_CASE("restart: peers are asked if the settings say so", "[actors]") {
  world w{{.settings = "[restore]\nresume = \"reinvite\"\n"}};
  w.connect();
  w.caller.forget();
  w.callee.forget();
  w.restart(1s);
  REQUIRE(w.caller.heard() == strings{"INVITE"});
  REQUIRE(w.callee.heard() == strings{"INVITE"});
  w.caller.respond(200);
  w.callee.respond(200);
  w.settle();
  CHECK(w.caller.heard() == strings{"INVITE", "ACK"});
  CHECK(w.callee.heard() == strings{"INVITE", "ACK"});
  w.caller.set_cseq(50);
  w.caller.bye();
  w.settle();
  w.over({"200 caller bye"});
}

TEST_CASE("restart: the supervisor of the calls alone: its calls come back", "[actors]") {
  world w;
  w.connect();
  w.pass(1s);
  w.kill(w.calls_path());
  w.forget_ladders();
  REQUIRE(w.call_rows().size() == 1);
  w.caller.bye();
  w.settle();
  CHECK(w.callee.count("BYE") == 1);
  w.over({"200 caller bye"});
}

TEST_CASE("restart: what a disk that fails has missed is not claimed", "[actors]") {
  world w;
  ring(w);
  w.fail_commits(1'000'000);
  answer(w);
  CHECK(w.level("tandem_store_degraded") == 1);
  w.fail_commits(0);
  w.restart(); // back to ringing: the callee sends his answer again, as he must without an ACK
  w.callee.again("200 INVITE");
  w.settle();
  CHECK(w.row("leg 0").state == "established");
  w.caller.bye();
  w.settle();
  w.over({"200 caller bye"});
}

TEST_CASE("restart: nothing is written while there are no calls", "[actors]") {
  world w;
  w.pass(1min);
  CHECK(w.marks() == 0);
  w.connect();
  w.pass(6s);
  CHECK(w.marks() == 1);
  w.caller.bye();
  w.over({"200 caller bye"});
}

TEST_CASE("restart: by TCP: connections die with the process, calls do not (§18)", "[actors]") {
  for (const bool by_caller : {true, false}) {
    INFO((by_caller ? "the caller" : "the callee") << " hangs up");
    world w{{.everywhere = true}};
    auto& caller = w.add_tcp_phone(5071);
    auto& callee = w.add_tcp_phone(5081);
    caller.invite("5100");
    w.settle();
    callee.respond(200);
    w.settle();
    REQUIRE(caller.count("200 INVITE") == 1);
    w.restart(1s);
    REQUIRE(w.call_rows().size() == 1);
    auto& ends = by_caller ? caller : callee;
    auto& other = by_caller ? callee : caller;
    ends.bye();
    w.settle();
    CHECK(ends.count("200 BYE") == 1);
    CHECK(other.count("BYE") == 1);
    w.over({by_caller ? "200 caller bye" : "200 callee bye"});
  }
}

TEST_CASE("restart: a call that is gone before its CDR is written has one all the same",
          "[actors]") {
  world w{{.everywhere = true}};
  auto& caller = w.add_tcp_phone(5071);
  auto& callee = w.add_tcp_phone(5081);
  caller.invite("5100");
  w.settle();
  callee.respond(200);
  w.pass(40s); // the INVITE's transactions have gone (RFC 6026 §7.1)
  caller.bye();
  w.settle();
  CHECK(w.call_rows().empty()); // by TCP nothing lingers
  REQUIRE(w.details().empty());
  CHECK(w.records() == 1);
  w.restart(1s);
  w.pass(1s);
  CHECK(w.records() == 0);
  w.over({"200 caller bye"});
}
