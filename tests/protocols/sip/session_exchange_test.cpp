#include "protocols/sip/session_exchange.hpp"

#include "protocols/sip/limits.hpp"
#include "runtime/base/check.hpp"
#include "tests/support/restore_elsewhere.hpp"

#include <catch2/catch.hpp>

using namespace std::chrono_literals;
using namespace tandem;
using ex = sip::session_exchange;
using act = sip::exchange_action;
using out = actions<act>;
using verdict = ex::verdict;
using outcome = ex::outcome;

namespace {

constexpr time_point start{};

/// With nothing under way.
ex idle(ex::role who = ex::role::uac) {
  return ex{{.who = who}, {}, start};
}

ex with(ex::ours of_us, ex::theirs of_peer) {
  return ex{{.who = ex::role::uac, .of_us = of_us, .of_peer = of_peer}, {}, start};
}

} // namespace

TEST_CASE("exchange: what the peer may offer when, RFC 3261 §14.2, RFC 3311 §5.2",
          "[sip][dialog]") {
  struct row {
    ex::ours ours;
    ex::theirs theirs;
    verdict invite, update;
  };
  constexpr auto yes = verdict::accepted;
  constexpr auto pending = verdict::pending;
  constexpr auto busy = verdict::busy;
  for (const auto& r : {row{ex::ours::none, ex::theirs::none, yes, yes},
                        row{ex::ours::waiting, ex::theirs::none, pending, pending},
                        row{ex::ours::invite, ex::theirs::none, pending, pending},
                        row{ex::ours::update, ex::theirs::none, pending, pending},
                        row{ex::ours::none, ex::theirs::invite, busy, busy},
                        row{ex::ours::none, ex::theirs::update, busy, busy},
                        row{ex::ours::none, ex::theirs::answered, pending, pending},
                        row{ex::ours::waiting, ex::theirs::invite, busy, busy}}) {
    CAPTURE(int(r.ours), int(r.theirs));
    CHECK(with(r.ours, r.theirs).on_invite() == r.invite);
    CHECK(with(r.ours, r.theirs).on_update(start) == r.update);
  }
}

TEST_CASE("exchange: the first INVITE of the dialog is one, RFC 3311 §5.2", "[sip][dialog]") {
  ex called{ex::role::uas};
  CHECK(called.on_update(start) == verdict::busy);
  CHECK(called.on_wanted() == out{}); // §14.1: not before the ACK
  CHECK(called.on_answered(200) == out{});
  CHECK(called.on_ack() == out{act::send_offer});
  ex calling{ex::role::uac};
  CHECK(calling.on_invite() == verdict::pending);
  CHECK_FALSE(calling.may_want());
  calling.on_concluded();
  CHECK(calling.may_want());
}

TEST_CASE("exchange: ours waits until theirs is over, RFC 3261 §14.1", "[sip][dialog]") {
  auto e = idle();
  REQUIRE(e.on_invite() == verdict::accepted);
  CHECK(e.on_wanted() == out{});
  SECTION("answered and acknowledged") {
    CHECK(e.on_answered(200) == out{});
    CHECK(e.current() == ex::state{ex::ours::waiting, ex::theirs::answered});
    CHECK(e.on_ack() == out{act::send_offer});
    CHECK(e.on_ack() == out{}); // of the 2xx sent again
  }
  SECTION("refused") {
    CHECK(e.on_answered(488) == out{act::send_offer});
  }
  SECTION("no longer wanted") {
    CHECK(e.on_withdrawn());
    CHECK(e.on_answered(488) == out{});
    CHECK_FALSE(e.on_withdrawn());
  }
}

TEST_CASE("exchange: an UPDATE is over with its final response", "[sip][dialog]") {
  auto e = idle();
  REQUIRE(e.on_update(start) == verdict::accepted);
  CHECK(e.on_answered(200) == out{});
  CHECK(e.current() == ex::state{});
  CHECK(e.next_deadline() == std::nullopt);
}

TEST_CASE("exchange: an UPDATE is answered within 32*T1, RFC 3311 §5.2", "[sip][dialog]") {
  test::virtual_time time;
  auto e = idle();
  REQUIRE(e.on_update(time.now()) == verdict::accepted);
  CHECK(time.run(e, 100s) == test::virtual_time::log<ex>{{16s, act::answer_504}});
}

TEST_CASE("exchange: the back-off after 491, RFC 3261 §14.1", "[sip][dialog]") {
  struct row {
    ex::role who;
    std::uint32_t draw;
    std::chrono::milliseconds wait;
  };
  for (const auto& [who, draw, wait] :
       {row{ex::role::uac, 0, 2100ms}, row{ex::role::uac, 190, 4000ms},
        row{ex::role::uac, 191, 2100ms}, row{ex::role::uas, 0, 0ms}, row{ex::role::uas, 1, 10ms},
        row{ex::role::uas, 200, 2000ms}, row{ex::role::uas, 201, 0ms}}) {
    CAPTURE(int(who), draw);
    test::virtual_time time;
    auto e = idle(who);
    REQUIRE(e.on_wanted() == out{act::send_offer});
    e.on_sent(ex::method::invite);
    CHECK(e.on_refused(491, {}, draw, time.now()) == outcome::later);
    CHECK(e.on_invite() == verdict::pending); // whoever waits is served first
    CHECK(time.run(e, 60s) == test::virtual_time::log<ex>{{wait, act::send_offer}});
  }
}

TEST_CASE("exchange: Retry-After of a 500, RFC 3311 §5.3", "[sip][dialog]") {
  struct row {
    std::optional<std::chrono::seconds> later;
    outcome what;
    std::chrono::seconds wait;
  };
  for (const auto& [later, what, wait] :
       {row{std::nullopt, outcome::over, 0s}, row{0s, outcome::later, 0s},
        row{10s, outcome::later, 10s}, row{11s, outcome::later, 10s}}) {
    test::virtual_time time;
    auto e = idle();
    REQUIRE(e.on_wanted() == out{act::send_offer});
    e.on_sent(ex::method::update);
    CHECK(e.on_refused(500, later, 7, time.now()) == what);
    if (what == outcome::later)
      CHECK(time.run(e, 60s) == test::virtual_time::log<ex>{{wait, act::send_offer}});
    else
      CHECK(e.may_want());
  }
}

TEST_CASE("exchange: an offer is sent max_offer_attempts times and no more", "[sip][dialog]") {
  test::virtual_time time;
  auto e = idle();
  REQUIRE(e.on_wanted() == out{act::send_offer});
  for (int i = 1; i <= sip::max_offer_attempts; ++i) {
    e.on_sent(ex::method::invite);
    const auto what = e.on_refused(491, {}, 0, time.now());
    CHECK(what == (i < sip::max_offer_attempts ? outcome::later : outcome::over));
    time.advance(4s);
    (void) e.on_deadline(time.now());
  }
  CHECK(e.may_want());
  REQUIRE(e.on_wanted() == out{act::send_offer}); // another one has its own
  e.on_sent(ex::method::invite);
  CHECK(e.on_refused(491, {}, 0, time.now()) == outcome::later);
}

TEST_CASE("exchange: a back-off ends while theirs is under way: ours goes behind it",
          "[sip][dialog]") {
  test::virtual_time time;
  auto e = with(ex::ours::invite, ex::theirs::invite);
  REQUIRE(e.on_refused(491, {}, 0, time.now()) == outcome::later);
  time.advance(5s);
  CHECK(e.on_deadline(time.now()) == out{});
  CHECK(e.on_answered(488) == out{act::send_offer});
}

TEST_CASE("exchange: misuse is a bug of the host", "[sip][dialog]") {
  CHECK_THROWS_AS(with(ex::ours::invite, ex::theirs::none).on_wanted(), check_failure);
  CHECK_THROWS_AS(idle().on_sent(ex::method::invite), check_failure);
  CHECK_THROWS_AS(idle().on_answered(180), check_failure);
}

TEST_CASE("exchange: restored on another clock", "[sip][dialog]") {
  for (const auto ours : {ex::ours::none, ex::ours::waiting, ex::ours::invite, ex::ours::update})
    for (const auto theirs :
         {ex::theirs::none, ex::theirs::invite, ex::theirs::answered, ex::theirs::update})
      test::restore_elsewhere(with(ours, theirs), sip::timer_values{}, test::virtual_time{});
  test::virtual_time time;
  auto e = idle();
  REQUIRE(e.on_wanted() == out{act::send_offer});
  e.on_sent(ex::method::invite);
  REQUIRE(e.on_refused(491, {}, 5, time.now()) == outcome::later);
  time.advance(1s);
  test::restore_elsewhere(e, sip::timer_values{}, time);
  auto u = idle();
  REQUIRE(u.on_update(time.now()) == verdict::accepted);
  time.advance(1s);
  test::restore_elsewhere(u, sip::timer_values{}, time);
}
