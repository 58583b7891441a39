// RFC 3261 §16.6, §16.7, §9.1, §13.2.2.4: a user who is registered at several phones.
#include "apps/bridge/limits.hpp"
#include "tests/actors/world.hpp"

#include <catch2/catch.hpp>

using namespace std::chrono_literals;

using namespace tandem;
using namespace tandem::test;

namespace {

/// Socket pairs are handed out in order: the caller's, then those of the phones as they are called.
media::slot_id leg_slot(std::uint32_t leg) {
  return {0, leg, 1};
}

/// phone@127.0.0.1:5080, 5081, 5082
struct three_phones {
  world w;
  sip_phone& a = w.callee;
  sip_phone& b = w.add_phone(5081);
  sip_phone& c = w.add_phone(5082);

  void ring(const char* user = "phones_3") {
    w.caller.invite(user);
    w.settle();
  }
  void all_respond(std::uint16_t status) {
    for (auto* phone : {&a, &b, &c}) {
      phone->respond(status);
      w.settle();
    }
  }
};

} // namespace

TEST_CASE("parallel: all phones ring, one answers, the others are cancelled (§16.7 step 10)",
          "[actors]") {
  three_phones t;
  t.ring();
  t.all_respond(180);
  CHECK(t.w.caller.heard() == strings{"180 INVITE"});
  t.b.respond(200);
  t.w.settle();
  CHECK(t.w.caller.heard() == strings{"180 INVITE", "200 INVITE"});
  CHECK(t.a.heard() == strings{"INVITE", "CANCEL", "ACK"});
  CHECK(t.b.heard() == strings{"INVITE", "ACK"});
  CHECK(t.c.heard() == strings{"INVITE", "CANCEL", "ACK"});
  CHECK(t.a.last("CANCEL")->header("Reason")
        == R"(SIP;cause=200;text="Call completed elsewhere")"); // RFC 3326 §3.1
  CHECK(t.w.media().are_connected(leg_slot(0), leg_slot(2)));
  CHECK(t.w.media().in_use() == 2);
  t.b.bye();
  t.w.settle();
  CHECK(t.w.caller.count("BYE") == 1);
  t.w.over({"200 callee bye"});
}

TEST_CASE("parallel: each phone has ports of its own, and those of the first are the caller's "
          "until one is to be heard",
          "[actors]") {
  three_phones t;
  t.ring();
  CHECK(t.w.media().in_use() == 4);
  CHECK(t.w.media().are_connected(leg_slot(0), leg_slot(1)));
  t.c.respond(183);
  t.w.settle();
  CHECK(t.w.media().are_connected(leg_slot(0), leg_slot(3)));
  t.w.caller.cancel();
  t.w.settle();
  for (auto* phone : {&t.a, &t.b}) // §9.1: not before a provisional response
    CHECK(phone->heard() == strings{"INVITE"});
  t.a.respond(180);
  t.b.respond(180);
  t.w.settle();
  for (auto* phone : {&t.a, &t.b, &t.c})
    CHECK(phone->heard() == strings{"INVITE", "CANCEL", "ACK"});
  t.w.over({"487 caller cancelled"});
}

TEST_CASE("parallel: the early media of one is heard, of the others nothing (RFC 3960 §3.2)",
          "[actors]") {
  three_phones t;
  t.ring();
  t.a.respond(180);
  t.w.settle();
  t.b.respond(183);
  t.w.settle();
  t.c.respond(183);
  t.a.respond(180);
  t.w.settle();
  CHECK(t.w.caller.heard() == strings{"180 INVITE", "183 INVITE"});
  CHECK(t.w.media().are_connected(leg_slot(0), leg_slot(2)));
  SECTION("it refuses: then another one may be heard") {
    t.b.respond(486);
    t.w.settle();
    t.c.respond(183);
    t.w.settle();
    CHECK(t.w.caller.heard() == strings{"180 INVITE", "183 INVITE", "183 INVITE"});
    CHECK(t.w.media().are_connected(leg_slot(0), leg_slot(3)));
  }
  SECTION("another one answers and is heard") {
    t.c.respond(200);
    t.w.settle();
    CHECK(t.w.media().are_connected(leg_slot(0), leg_slot(3)));
    t.w.caller.bye();
    t.w.settle();
    t.w.over({"200 caller bye"});
    return;
  }
  t.w.caller.cancel();
  t.w.settle();
  t.w.over({"487 caller cancelled"});
}

TEST_CASE("parallel: when all have refused the caller hears the best of it (§16.7 step 6)",
          "[actors]") {
  struct row {
    std::uint16_t a, b, c, caller;
  };
  for (const auto& [a, b, c, told] :
       {row{486, 404, 480, 486}, row{500, 486, 404, 486}, row{503, 500, 503, 500},
        row{486, 415, 404, 415}, row{480, 486, 302, 302}, row{401, 407, 480, 480},
        row{500, 487, 500, 480}}) {
    INFO(a << " " << b << " " << c);
    three_phones t;
    t.ring();
    t.a.respond(a);
    t.w.settle();
    t.b.respond(b);
    t.w.settle();
    CHECK(t.w.caller.heard() == strings{});
    t.c.respond(c);
    t.w.settle();
    CHECK(t.w.caller.heard() == strings{std::to_string(told) + " INVITE"});
    t.w.over({std::to_string(told) + " callee rejected"});
  }
}

TEST_CASE("parallel: a refusal is better than a silence", "[actors]") {
  three_phones t;
  t.ring();
  t.a.respond(486);
  t.w.pass(33s);
  CHECK(t.w.caller.heard() == strings{"100 INVITE", "486 INVITE"});
  t.w.over({"486 callee rejected"});
}

TEST_CASE("parallel: a 6xx speaks for all phones (§16.7 step 5)", "[actors]") {
  three_phones t;
  t.ring();
  t.all_respond(180);
  t.b.respond(603);
  t.w.settle();
  CHECK(t.w.caller.heard() == strings{"180 INVITE", "603 INVITE"});
  CHECK(t.a.heard() == strings{"INVITE", "CANCEL", "ACK"});
  CHECK(t.c.heard() == strings{"INVITE", "CANCEL", "ACK"});
  CHECK(t.a.last("CANCEL")->count(sip::header_id::reason) == 0);
  t.w.over({"603 callee rejected"});
}

TEST_CASE("parallel: nobody answers in time (§16.8)", "[actors]") {
  world w{{.ring_timeout = 20s}};
  auto& other = w.add_phone(5081);
  w.caller.invite("phones_2");
  w.settle();
  w.callee.respond(180);
  other.respond(180);
  w.pass(19s);
  CHECK(other.count("CANCEL") == 0);
  w.pass(2s);
  CHECK(w.callee.count("CANCEL") == 1);
  CHECK(other.count("CANCEL") == 1);
  CHECK(w.caller.heard() == strings{"180 INVITE", "408 INVITE"});
  w.over({"408 node no answer"});
}

TEST_CASE(
    "parallel: the answer of a loser that crossed its CANCEL is acknowledged and ended (§9.1)",
    "[actors]") {
  three_phones t;
  t.a.habits.obeys_cancel = false;
  t.ring();
  t.all_respond(180);
  SECTION("it comes behind the CANCEL") {
    t.b.respond(200);
    t.w.settle();
    t.a.respond(200);
  }
  SECTION("both come at once") {
    t.b.respond(200);
    t.a.respond(200);
  }
  t.w.settle();
  CHECK(t.a.heard() == strings{"INVITE", "CANCEL", "ACK", "BYE"});
  CHECK(t.b.heard() == strings{"INVITE", "ACK"});
  CHECK(t.w.caller.heard() == strings{"180 INVITE", "200 INVITE"});
  CHECK(t.w.media().are_connected(leg_slot(0), leg_slot(2)));
  t.a.respond_to("CANCEL", 200);
  t.w.caller.bye();
  t.w.settle();
  CHECK(t.b.count("BYE") == 1);
  t.w.over({"200 caller bye"});
}

TEST_CASE("parallel: a 2xx of another dialog of the winner, and one of a loser's late dialog "
          "(§13.2.2.4)",
          "[actors]") {
  three_phones t;
  t.ring();
  t.all_respond(180);
  t.b.respond(200);
  t.w.settle();
  t.b.respond(200, {.tag = "voicemail"});
  t.w.settle();
  CHECK(t.b.heard() == strings{"INVITE", "ACK", "ACK", "BYE"});
  t.w.caller.bye();
  t.w.settle();
  CHECK(t.b.count("BYE") == 2);
  t.w.over({"200 caller bye"});
}

TEST_CASE("parallel: a lower q rings when all of the higher have refused (§16.6)", "[actors]") {
  three_phones t;
  t.ring("phones_1_then_2");
  CHECK(t.a.heard() == strings{"INVITE"});
  CHECK(t.b.heard() == strings{});
  t.a.respond(486);
  t.w.settle();
  CHECK(t.b.heard() == strings{"INVITE"});
  CHECK(t.c.heard() == strings{"INVITE"});
  CHECK(t.w.caller.heard() == strings{});
  SECTION("one of them answers") {
    t.c.respond(200);
    t.w.settle();
    CHECK(t.w.media().are_connected(leg_slot(0), leg_slot(3)));
    CHECK(t.w.caller.heard() == strings{"200 INVITE"});
    t.b.respond(180);
    t.w.caller.bye();
    t.w.settle();
    t.w.over({"200 caller bye"});
  }
  SECTION("they refuse, too") {
    t.b.respond(404);
    t.c.respond(480);
    t.w.settle();
    CHECK(t.w.caller.heard() == strings{"486 INVITE"});
    t.w.over({"486 callee rejected"});
  }
  SECTION("the caller gives up") {
    t.b.respond(180);
    t.c.respond(180);
    t.w.settle();
    t.w.caller.cancel();
    t.w.settle();
    CHECK(t.c.count("CANCEL") == 1);
    t.w.over({"487 caller cancelled"});
  }
}

TEST_CASE("parallel: a 6xx ends the search before those of a lower q (§16.7 step 5)", "[actors]") {
  three_phones t;
  t.ring("phones_1_then_2");
  t.a.respond(600);
  t.w.settle();
  CHECK(t.b.heard() == strings{});
  CHECK(t.w.caller.heard() == strings{"600 INVITE"});
  t.w.over({"600 callee rejected"});
}

TEST_CASE("parallel: as many phones as may ring at once, and one more", "[actors]") {
  world w;
  std::vector<sip_phone*> phones{&w.callee};
  while (phones.size() < apps::limits::contacts_at_once + 1)
    phones.push_back(&w.add_phone(static_cast<std::uint16_t>(5080 + phones.size())));
  w.caller.invite("phones_9");
  w.settle();
  for (std::size_t i = 0; i < phones.size(); ++i)
    CHECK(phones[i]->count("INVITE") == (i < apps::limits::contacts_at_once ? 1 : 0));
  for (std::size_t i = 0; i < apps::limits::contacts_at_once; ++i)
    phones[i]->respond(486);
  w.settle();
  CHECK(phones.back()->count("INVITE") == 1);
  phones.back()->respond(404);
  w.settle();
  CHECK(w.caller.heard() == strings{"486 INVITE"});
  w.over({"486 callee rejected"});
}

TEST_CASE("parallel: as many phones as one call tries, and one more", "[actors]") {
  world w;
  std::vector<sip_phone*> phones{&w.callee};
  while (phones.size() < apps::limits::contacts_tried + 1)
    phones.push_back(&w.add_phone(static_cast<std::uint16_t>(5080 + phones.size())));
  w.caller.invite("phones_16");
  w.settle();
  for (int round = 0; round < 2; ++round) {
    for (auto* phone : phones)
      if (phone->heard() == strings{"INVITE"})
        phone->respond(480);
    w.settle();
  }
  for (std::size_t i = 0; i < phones.size(); ++i)
    CHECK(phones[i]->count("INVITE") == (i < apps::limits::contacts_tried ? 1 : 0));
  CHECK(w.caller.heard() == strings{"480 INVITE"});
  CHECK(w.figure("tandem_call_faults_total") == 0);
  w.over({"480 callee rejected"});
}

TEST_CASE("parallel: phones that answer as often as they can cannot fill a call", "[actors]") {
  world w;
  std::vector<sip_phone*> phones{&w.callee};
  while (phones.size() < apps::limits::contacts_at_once)
    phones.push_back(&w.add_phone(static_cast<std::uint16_t>(5080 + phones.size())));
  w.caller.invite("phones_9");
  w.settle();
  for (int tag = 0; tag < 20; ++tag) {
    for (auto* phone : phones)
      phone->respond(180, {.tag = "t" + std::to_string(tag)});
    w.settle();
  }
  w.callee.respond(200, {.tag = "t0"});
  w.settle();
  CHECK(w.caller.count("200 INVITE") == 1);
  for (auto* phone : phones)
    CHECK(phone->count("CANCEL") == (phone == &w.callee ? 0 : 1));
  CHECK(w.figure("tandem_call_faults_total") == 0);
  w.caller.bye();
  w.settle();
  w.over({"200 caller bye"});
}
