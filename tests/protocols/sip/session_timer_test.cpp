#include "protocols/sip/session_timer.hpp"

#include "protocols/sip/parser.hpp"
#include "tests/support/virtual_time.hpp"

#include <catch2/catch.hpp>

using namespace std::chrono_literals;
using namespace tandem;
using timer = sip::session_timer;
using fields = sip::session_timer_fields;
using act = sip::session_timer_action;
using seconds = std::chrono::seconds;
using who = timer::refresher;

namespace {

constexpr auto uac = fields::refresher::uac;
constexpr auto uas = fields::refresher::uas;
constexpr sip::session_timer_rules usual{1800s, 90s};

sip::header_result<fields> read(const std::string& headers) {
  const auto m = sip::parse_message("INVITE sip:a@b SIP/2.0\r\n" + headers + "\r\n");
  REQUIRE(m);
  return sip::read_session_timer(**m);
}

} // namespace

TEST_CASE("session timer: what headers say, RFC 4028 §4, §5", "[sip]") {
  struct row {
    const char* headers;
    fields f;
  };
  for (const auto& [headers, f] :
       {row{"", {}}, row{"Supported: 100rel, timer\r\n", {.supported = true}},
        row{"Require: Timer\r\n", {.supported = true}},
        row{"Session-Expires: 1800\r\n", {.interval = 1800s}},
        row{"x: 90;refresher=uas\r\n", {.interval = 90s, .who = uas}},
        row{"Session-Expires: 90 ; foo=bar; Refresher = UAC\r\n", {.interval = 90s, .who = uac}},
        row{"Session-Expires: 90;refresher=me\r\n", {.interval = 90s}},
        row{"Min-SE: 120\r\n", {.least = 120s}}, row{"Min-SE: 10;x\r\n", {.least = 90s}}}) {
    INFO(headers);
    const auto got = read(headers);
    REQUIRE(got);
    CHECK(*got == f);
  }
  for (const auto* bad : {"Session-Expires: soon\r\n", "Session-Expires: 0\r\n", "Min-SE: -1\r\n",
                          "Session-Expires: 90x\r\n", "Session-Expires: 99999999999\r\n"}) {
    INFO(bad);
    CHECK_FALSE(read(bad));
  }
}

TEST_CASE("session timer: what we agree to as UAS, RFC 4028 §9", "[sip]") {
  struct row {
    const char* rule;
    fields request;
    sip::session_timer_rules rules;
    seconds interval; ///< 0: none; negative: 422 with this Min-SE
    who refresher;
  };
  const row rows[] = {
      {"nobody asks, we want", {}, usual, 1800s, who::us},
      {"nobody asks, we do not want", {}, {0s, 90s}, 0s, who::nobody},
      {"they can, we want", {.supported = true}, usual, 1800s, who::us},
      {"they ask", {true, 600s, {}, 90s}, usual, 600s, who::peer},
      {"they ask and will refresh", {true, 600s, uac, 90s}, usual, 600s, who::peer},
      {"they ask us to refresh", {true, 600s, uas, 90s}, usual, 600s, who::us},
      {"they ask, we would not have", {true, 600s, uac, 90s}, {0s, 90s}, 600s, who::peer},
      {"longer than ours", {true, 7200s, uac, 90s}, usual, 1800s, who::peer},
      {"longer, but ours is below their Min-SE",
       {true, 7200s, uac, 3600s},
       usual,
       7200s,
       who::peer},
      {"a proxy asks", {false, 600s, {}, 90s}, usual, 600s, who::us},
      {"too short", {true, 60s, uac, 90s}, usual, -90s, who::nobody},
      {"just long enough", {true, 90s, uac, 90s}, usual, 90s, who::peer},
      {"too short, from a proxy", {false, 60s, {}, 90s}, usual, 60s, who::us},
  };
  for (const auto& r : rows) {
    INFO(r.rule);
    timer t;
    const auto agreed = t.agree(r.request, r.rules);
    REQUIRE(agreed.has_value() == (r.interval >= 0s));
    if (!agreed) {
      CHECK(agreed.error() == -r.interval);
      continue;
    }
    CHECK(t.interval() == r.interval);
    CHECK(t.current() == r.refresher);
    const auto said = t.response_fields();
    CHECK(said.interval.has_value() == (r.interval > 0s));
    if (said.interval)
      CHECK(said.who == (r.refresher == who::peer ? uac : uas));
  }
}

TEST_CASE("session timer: as UAC, RFC 4028 §7.1, §7.2, §7.3", "[sip]") {
  timer t;
  CHECK(t.request_fields(usual) == fields{true, 1800s, {}, 90s});
  CHECK(t.request_fields({0s, 90s}) == fields{true, {}, {}, 90s});
  REQUIRE(t.on_422({.least = 2000s}));
  CHECK(t.request_fields(usual) == fields{true, 2000s, {}, 2000s});
  CHECK_FALSE(t.on_422({.least = 4000s})); // once is enough
  t.on_2xx({true, 2000s, uas, 90s}, {});
  CHECK(t.current() == who::peer);
  CHECK(t.request_fields(usual) == fields{true, 2000s, uas, 2000s}); // §7.4: the role stays
  t.on_2xx({true, 2000s, {}, 90s}, {});
  CHECK(t.current() == who::us);
  CHECK(t.request_fields(usual).who == uac);
  t.on_2xx({}, {}); // §7.2: no session timer
  CHECK(t.current() == who::nobody);
  CHECK(t.next_deadline() == std::nullopt);
}

TEST_CASE("session timer: refresh at half, end before the end, RFC 4028 §7.2, §10", "[sip]") {
  struct row {
    seconds interval;
    bool ours;
    test::virtual_time::log<timer> log;
  };
  for (const auto& [interval, ours, log] :
       {row{1800s, true, {{900s, act::refresh}, {1768s, act::expire}}},
        row{1800s, false, {{1768s, act::expire}}},
        row{90s, true, {{45s, act::refresh}, {60s, act::expire}}},
        row{90s, false, {{60s, act::expire}}}}) {
    test::virtual_time time;
    timer t;
    t.on_2xx({true, interval, ours ? uac : uas, 90s}, time.now());
    CHECK(time.run(t, 4000s) == log);
  }
}

TEST_CASE("session timer: each refresh starts it anew, a failed one is repeated", "[sip]") {
  test::virtual_time time;
  timer t;
  t.on_2xx({true, 1600s, uac, 90s}, time.now());
  CHECK(time.run(t, 800s).size() == 1);
  t.on_refresh_refused(time.now());
  CHECK(time.run(t, 1000s) == test::virtual_time::log<timer>{{1000s, act::refresh}});
  t.on_2xx({true, 1600s, uac, 90s}, time.now());
  CHECK(time.run(t, 1799s).empty());
  t.stop();
  CHECK(time.run(t, 9999s).empty());
}

TEST_CASE("session timer: restored on another clock", "[sip]") {
  test::virtual_time here;
  timer t;
  t.on_2xx({true, 600s, uac, 90s}, here.now());
  here.advance(100s);
  const auto taken = t.snapshot_at(here.now());
  test::virtual_time there{1000h};
  timer restored{taken, there.now()};
  CHECK(restored.snapshot_at(there.now()) == taken);
  CHECK(there.run(restored, 1000s)
        == test::virtual_time::log<timer>{{200s, act::refresh}, {468s, act::expire}});
}
