#include "protocols/sip/invite_usage.hpp"

#include "runtime/base/check.hpp"
#include "tests/support/restore_elsewhere.hpp"
#include "tests/support/virtual_time.hpp"

#include <catch2/catch.hpp>

using namespace std::chrono_literals;
using namespace tandem;
using us = sip::invite_usage;
using st = us::state;
using role = us::role;
using act = sip::usage_action;
using out = actions<act>;

namespace {

constexpr auto all_states = {st::early, st::answered, st::established, st::leaving, st::terminated};

us make(role, st, time_point now = {});

enum class in { ack, r2xx, failure, bye, bye_final };

out feed(us& u, in input) {
  switch (input) {
    case in::ack: return u.on_ack();
    case in::r2xx: return u.on_2xx();
    case in::failure: return u.on_failure();
    case in::bye: return u.on_bye();
    case in::bye_final: return u.on_bye_final();
  }
  return {};
}

struct arrow {
  role who;
  st from;
  in input;
  st to;
  out todo;
};

} // namespace

TEST_CASE("INVITE usage: every arrow, RFC 3261 §13.2.2.4, §13.3.1.4, §15", "[sip][dialog]") {
  const out hung_up = {act::answer_bye, act::report_ended};
  const std::vector<arrow> figure = {
      // callee
      {role::uas, st::early, in::ack, st::early, {}},
      {role::uas, st::early, in::failure, st::terminated, {act::report_ended}},
      {role::uas,
       st::early,
       in::bye,
       st::terminated, // §15.1.2: the INVITE is answered 487
       {act::answer_bye, act::reject_pending, act::report_ended}},
      {role::uas, st::early, in::bye_final, st::early, {}},
      {role::uas, st::answered, in::ack, st::established, {act::pass_ack}},
      {role::uas, st::answered, in::failure, st::answered, {}},
      {role::uas, st::answered, in::bye, st::terminated, hung_up}, // overtook the ACK
      {role::uas, st::answered, in::bye_final, st::answered, {}},
      {role::uas, st::established, in::ack, st::established, {}}, // for a 2xx sent again
      {role::uas, st::established, in::failure, st::established, {}},
      {role::uas, st::established, in::bye, st::terminated, hung_up},
      {role::uas, st::established, in::bye_final, st::established, {}},
      {role::uas, st::leaving, in::ack, st::leaving, {}},
      {role::uas, st::leaving, in::failure, st::leaving, {}},
      {role::uas, st::leaving, in::bye, st::terminated, hung_up}, // glare
      {role::uas, st::leaving, in::bye_final, st::terminated, {act::report_ended}},
      {role::uas, st::terminated, in::ack, st::terminated, {}},
      {role::uas, st::terminated, in::failure, st::terminated, {}},
      {role::uas, st::terminated, in::bye, st::terminated, {act::refuse_bye}},
      {role::uas, st::terminated, in::bye_final, st::terminated, {}},
      // caller
      {role::uac, st::early, in::r2xx, st::established, {act::send_ack}},
      {role::uac, st::early, in::failure, st::terminated, {act::report_ended}},
      {role::uac, st::early, in::bye, st::terminated, hung_up}, // no 2xx ever got through
      {role::uac, st::early, in::bye_final, st::early, {}},
      {role::uac, st::established, in::r2xx, st::established, {act::resend_ack}},
      {role::uac, st::established, in::failure, st::established, {}},
      {role::uac, st::established, in::bye, st::terminated, hung_up},
      {role::uac, st::established, in::bye_final, st::established, {}},
      {role::uac, st::leaving, in::r2xx, st::leaving, {act::resend_ack}},
      {role::uac, st::leaving, in::failure, st::leaving, {}},
      {role::uac, st::leaving, in::bye, st::terminated, hung_up},
      {role::uac, st::leaving, in::bye_final, st::terminated, {act::report_ended}},
      {role::uac, st::terminated, in::r2xx, st::terminated, {act::resend_ack}},
      {role::uac, st::terminated, in::failure, st::terminated, {}},
      {role::uac, st::terminated, in::bye, st::terminated, {act::refuse_bye}},
      {role::uac, st::terminated, in::bye_final, st::terminated, {}},
  };
  for (const auto& a : figure)
    DYNAMIC_SECTION((a.who == role::uas ? "UAS, " : "UAC, ")
                    << state_name(a.from) << ", input " << int(a.input)) {
      auto u = make(a.who, a.from);
      CHECK(feed(u, a.input) == a.todo);
      CHECK(u.current() == a.to);
      if (a.to != a.from)
        CHECK(u.next_deadline() == std::nullopt); // no 2xx follows an ACK or a BYE
    }
}

TEST_CASE("INVITE usage: what each state does when nobody speaks, RFC 3261 §13.3.1.4",
          "[sip][dialog]") {
  using log = test::virtual_time::log<us>;
  log unacknowledged; // T1 doubling to T2, and after 64*T1 no more
  for (auto at : {500, 1500, 3500, 7500, 11500, 15500, 19500, 23500, 27500, 31500})
    unacknowledged.emplace_back(at, act::resend_2xx);
  unacknowledged.emplace_back(32s, act::report_ack_timeout);
  for (auto who : {role::uas, role::uac})
    for (auto from : all_states)
      if (who == role::uas || from != st::answered)
        DYNAMIC_SECTION((who == role::uas ? "UAS, " : "UAC, ") << state_name(from)) {
          test::virtual_time time;
          auto u = make(who, from, time.now());
          CHECK(time.run(u, 300s) == (from == st::answered ? unacknowledged : log{}));
          CHECK(u.current() == from);
        }
}

TEST_CASE("INVITE usage: a ringing UAS repeats its 1xx every minute, RFC 3261 §13.3.1.1",
          "[sip][dialog]") {
  using log = test::virtual_time::log<us>;
  test::virtual_time time;
  us u{role::uas, {}};
  u.on_provisional_sent(time.now());
  CHECK(time.run(u, 150s) == log{{60s, act::resend_provisional}, {120s, act::resend_provisional}});
  SECTION("counted from the last one") {
    u.on_provisional_sent(time.now());
    CHECK(time.run(u, 215s) == log{{210s, act::resend_provisional}});
  }
  SECTION("until the answer") {
    u.on_2xx_sent(time.now());
    for (const auto& [at, what] : time.run(u, 185s))
      CHECK((what == act::resend_2xx || what == act::report_ack_timeout));
    CHECK(u.next_deadline() == std::nullopt);
    u.on_provisional_sent(time.now()); // too late to matter
    CHECK(u.next_deadline() == std::nullopt);
  }
  SECTION("until the failure") {
    (void) u.on_failure();
    CHECK(u.next_deadline() == std::nullopt);
  }
}

TEST_CASE("INVITE usage: who may send BYE when, RFC 3261 §15", "[sip][dialog]") {
  for (auto from : all_states) {
    INFO(state_name(from));
    CHECK(make(role::uas, from).may_send_bye() == (from == st::established));
    if (from != st::answered)
      CHECK(make(role::uac, from).may_send_bye() == (from == st::early || from == st::established));
  }
  SECTION("a callee whose ACK never came may, after 64*T1 and not before") {
    auto u = make(role::uas, st::answered);
    CHECK(u.on_deadline(time_point{31999ms}) == out{act::resend_2xx});
    CHECK_FALSE(u.may_send_bye());
    CHECK_THROWS_AS(u.on_bye_sent(), check_failure);
    CHECK(u.on_deadline(time_point{32s}) == out{act::report_ack_timeout});
    CHECK(u.may_send_bye());
    u.on_bye_sent();
    CHECK(u.current() == st::leaving);
    CHECK(u.on_bye_final() == out{act::report_ended});
  }
  SECTION("an ACK after that time still makes the session") {
    auto u = make(role::uas, st::answered);
    (void) u.on_deadline(time_point{32s});
    CHECK(u.on_ack() == out{act::pass_ack});
    CHECK(u.may_send_bye());
  }
}

TEST_CASE("INVITE usage: a 2xx behind the BYE is still acknowledged, RFC 3261 §13.2.2.4",
          "[sip][dialog]") {
  us u{role::uac, {}};
  SECTION("their BYE was faster") {
    CHECK(u.on_bye() == out{act::answer_bye, act::report_ended});
  }
  SECTION("ours was, on the early dialog") {
    u.on_bye_sent();
  }
  const auto state = u.current();
  CHECK(u.on_2xx() == out{act::send_ack});
  CHECK(u.on_2xx() == out{act::resend_ack});
  CHECK(u.current() == state);
}

TEST_CASE("INVITE usage: crossing BYEs end it once, RFC 3261 §15.1", "[sip][dialog]") {
  for (auto who : {role::uas, role::uac}) {
    auto u = make(who, st::leaving);
    CHECK(u.on_bye() == out{act::answer_bye, act::report_ended});
    CHECK(u.on_bye_final().empty());
    CHECK(u.on_bye() == out{act::refuse_bye});
    CHECK_THROWS_AS(u.on_bye_sent(), check_failure);
  }
}

TEST_CASE("INVITE usage: an input of the other side is a bug of the host", "[sip][dialog]") {
  CHECK_THROWS_AS(us(role::uac, {}).on_ack(), check_failure);
  CHECK_THROWS_AS(us(role::uac, {}).on_2xx_sent({}), check_failure);
  CHECK_THROWS_AS(us(role::uac, {}).on_provisional_sent({}), check_failure);
  CHECK_THROWS_AS(us(role::uas, {}).on_2xx(), check_failure);
  CHECK_THROWS_AS(make(role::uas, st::answered).on_2xx_sent({}), check_failure);
}

TEST_CASE("INVITE usage: restored on another clock, it acts as the original",
          "[sip][dialog][snapshot]") {
  for (auto who : {role::uas, role::uac})
    for (auto from : all_states)
      if (who == role::uas || from != st::answered)
        DYNAMIC_SECTION((who == role::uas ? "UAS, " : "UAC, ") << state_name(from)) {
          test::virtual_time here{7h};
          auto u = make(who, from, here.now());
          test::restore_elsewhere(u, sip::timer_values{}, here);
          (void) here.run(u, 2s);
          test::restore_elsewhere(u, sip::timer_values{}, here); // in the middle of things
          here.advance(10s);
          test::restore_elsewhere(u, sip::timer_values{}, here); // after a pause: overdue
          us restored{u.snapshot_at(here.now()), {}, {}};
          for (auto input : {in::bye, in::failure, in::bye_final})
            CHECK(feed(restored, input) == feed(u, input));
          const auto last = who == role::uas ? in::ack : in::r2xx;
          CHECK(feed(restored, last) == feed(u, last));
        }
  SECTION("while it rings") {
    test::virtual_time here{7h};
    us u{role::uas, {}};
    u.on_provisional_sent(here.now());
    here.advance(10s);
    test::restore_elsewhere(u, sip::timer_values{}, here);
  }
}

TEST_CASE("INVITE usage: states in words", "[sip][dialog]") {
  CHECK(state_name(st::early) == "early");
  CHECK(state_name(st::answered) == "waiting for ACK");
  CHECK(state_name(st::established) == "established");
  CHECK(state_name(st::leaving) == "BYE sent");
  CHECK(state_name(st::terminated) == "terminated");
}

namespace {

us make(role who, st target, time_point now) {
  us u{who, {}};
  if (target == st::early)
    return u;
  if (who == role::uac) {
    (void) u.on_2xx();
  } else {
    u.on_2xx_sent(now);
    if (target != st::answered)
      (void) u.on_ack();
  }
  if (target == st::leaving)
    u.on_bye_sent();
  if (target == st::terminated)
    (void) u.on_bye();
  REQUIRE(u.current() == target);
  return u;
}

} // namespace
