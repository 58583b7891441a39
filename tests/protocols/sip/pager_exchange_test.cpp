// RFC 3428 §6, §7, RFC 3261 §16.7, RFC 4320: one MESSAGE, several phones, one answer.
#include "protocols/sip/pager_exchange.hpp"

#include "runtime/base/check.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <utility>
#include <vector>

using namespace std::chrono_literals;
using namespace tandem;
using sip::pager_exchange;
using sip::transport_kind;
using kind = sip::pager_action::kind;
using st = pager_exchange::state;

namespace {

constexpr auto udp = transport_kind::unreliable;
constexpr auto tcp = transport_kind::reliable;

struct exchange {
  time_point now{1h};
  pager_exchange m;

  explicit exchange(int phones = 1, transport_kind by = udp) : m{by, {}, now} {
    for (int i = 0; i < phones; ++i)
      CHECK(m.open_branch(by, now) == i);
    CHECK(m.on_sent(now).empty());
  }
  /// Every deadline up to `until` after the beginning; what was asked for, without repetitions of
  /// requests.
  std::vector<sip::pager_action> run_until(duration until) {
    std::vector<sip::pager_action> out;
    while (const auto next = m.next_deadline()) {
      if (*next > time_point{1h} + until)
        break;
      now = *next;
      for (const auto& a : m.on_deadline(now))
        if (a.what != kind::resend_request)
          out.push_back(a);
    }
    now = time_point{1h} + until;
    return out;
  }
};

sip::pager_action answer(std::uint16_t status, std::uint8_t by = pager_exchange::nobody) {
  return {kind::answer, by, status};
}

using asked = std::vector<sip::pager_action>;
asked listed(const pager_exchange::actions& a) {
  return {a.begin(), a.end()};
}

} // namespace

TEST_CASE("pager exchange: the first 2xx is the answer, whatever the others say (§16.7 step 5)",
          "[sip]") {
  for (const auto accepted : {std::uint16_t{200}, std::uint16_t{202}}) {
    exchange e{3};
    CHECK(e.m.on_response(0, 486, e.now).empty());
    CHECK(e.m.on_response(1, 603, e.now).empty());
    CHECK(listed(e.m.on_response(2, accepted, e.now)) == asked{answer(accepted, 2)});
    CHECK(e.m.current() == st::answered);
    CHECK(listed(e.m.on_request_again()) == asked{{kind::resend_response}});
  }
  exchange e{2};
  CHECK(listed(e.m.on_response(0, 200, e.now)) == asked{answer(200, 0)});
  CHECK(e.m.on_response(1, 200, e.now).empty());
  CHECK(e.m.on_response(1, 200, e.now).empty()); // a retransmission
}

TEST_CASE("pager exchange: when all have refused, the best refusal (§16.7 step 6)", "[sip]") {
  struct row {
    std::vector<std::uint16_t> said;
    sip::pager_action told;
  };
  const auto nobody = pager_exchange::nobody;
  for (const auto& [said, told] :
       {row{{486}, answer(486, 0)}, row{{486, 415}, answer(415, 1)},
        row{{486, 603, 404}, answer(603, 1)}, row{{500, 488}, answer(488, 1)},
        row{{401}, answer(500, nobody)}, row{{503}, answer(500, nobody)},
        row{{302}, answer(480, nobody)}, row{{408}, answer(480, nobody)},
        row{{408, 486}, answer(486, 1)}}) {
    exchange e{static_cast<int>(said.size())};
    for (std::size_t i = 0; i < said.size(); ++i) {
      const auto out = e.m.on_response(static_cast<std::uint8_t>(i), said[i], e.now);
      CHECK(listed(out) == (i + 1 == said.size() ? asked{told} : asked{}));
    }
  }
}

TEST_CASE(
    "pager exchange: silence is 480 while the sender still listens, never 408 (RFC 4320 §4.2)",
    "[sip]") {
  exchange e{2};
  CHECK(e.run_until(27s) == asked{{kind::send_trying}});
  CHECK(e.run_until(28s) == asked{answer(480)});
  CHECK(e.run_until(60s) == asked{{kind::destroy}});
  CHECK(e.m.current() == st::over);
}

TEST_CASE("pager exchange: one that hangs holds up a refusal no longer than that", "[sip]") {
  exchange e{2};
  CHECK(e.m.on_response(0, 486, e.now).empty());
  CHECK(e.run_until(28s) == asked{{kind::send_trying}, answer(486, 0)});
  CHECK(e.m.on_response(1, 200, e.now).empty()); // too late
}

TEST_CASE("pager exchange: 100 goes out when Timer E has grown to T2 (RFC 4320 §4.1)", "[sip]") {
  exchange e;
  CHECK(e.m.on_request_again().empty()); // §17.2.2: there is nothing to repeat
  CHECK(e.run_until(3499ms).empty());
  CHECK(e.m.on_response(0, 100, e.now).empty()); // of the phone: it goes no further
  CHECK(e.run_until(3500ms) == asked{{kind::send_trying}});
  CHECK(listed(e.m.on_request_again()) == asked{{kind::resend_response}});
  CHECK(listed(e.m.on_response(0, 200, e.now)) == asked{answer(200, 0)});
}

TEST_CASE("pager exchange: requests are repeated over UDP until they are answered (§17.1.2.2)",
          "[sip]") {
  exchange e{2};
  (void) e.m.on_response(1, 486, e.now);
  std::vector<int> at_ms;
  while (at_ms.size() < 5) {
    e.now = *e.m.next_deadline();
    for (const auto& a : e.m.on_deadline(e.now))
      if (a.what == kind::resend_request) {
        CHECK(a.branch == 0);
        at_ms.push_back(static_cast<int>(
            std::chrono::duration_cast<std::chrono::milliseconds>(e.now - time_point{1h}).count()));
      }
  }
  CHECK(at_ms == std::vector<int>{500, 1500, 3500, 7500, 11500});
}

TEST_CASE("pager exchange: it lingers for timer J and for silent phones, over TCP for nobody",
          "[sip]") {
  {
    exchange e;
    (void) e.m.on_response(0, 200, e.now);
    CHECK(e.run_until(31999ms).empty());
    CHECK(e.run_until(32s) == asked{{kind::destroy}});
  }
  {
    exchange e{1, tcp};
    CHECK(listed(e.m.on_response(0, 200, e.now)) == asked{answer(200, 0)});
    CHECK(e.run_until(0s) == asked{{kind::destroy}});
  }
}

TEST_CASE("pager exchange: whoever cannot be sent to has refused (§16.9)", "[sip]") {
  SECTION("nobody can") {
    time_point now{1h};
    pager_exchange m{udp, {}, now};
    m.note_refusal(513);
    CHECK(listed(m.on_sent(now)) == asked{answer(513)});
  }
  SECTION("nobody is there") {
    time_point now{1h};
    pager_exchange m{udp, {}, now};
    CHECK(listed(m.on_sent(now)) == asked{answer(480)});
  }
  SECTION("his transport fails") {
    exchange e{2};
    CHECK(e.m.on_undeliverable(0, e.now).empty());
    CHECK(listed(e.m.on_undeliverable(1, e.now)) == asked{answer(500)});
    CHECK(e.m.on_undeliverable(7, e.now).empty());
  }
  SECTION("and the others are heard") {
    exchange e{2};
    CHECK(e.m.on_undeliverable(0, e.now).empty());
    CHECK(listed(e.m.on_response(1, 404, e.now)) == asked{answer(404, 1)});
  }
}

TEST_CASE("pager exchange: a challenge is answered by another branch (§22.2)", "[sip]") {
  exchange e;
  CHECK(e.m.awaits(0));
  CHECK(e.m.on_challenge(0, 401, udp, e.now) == 1);
  CHECK_FALSE(e.m.awaits(0));
  CHECK(e.m.on_response(0, 401, e.now).empty()); // a retransmission
  CHECK(listed(e.m.on_response(1, 200, e.now)) == asked{answer(200, 1)});
}

TEST_CASE("pager exchange: branches at the limit and one more", "[sip]") {
  exchange e{pager_exchange::max_branches - 1};
  CHECK(e.m.can_open());
  (void) e.m.open_branch(udp, e.now);
  CHECK_FALSE(e.m.can_open());
  CHECK_THROWS_AS(e.m.open_branch(udp, e.now), check_failure);
}
