#include "protocols/sip/invite_client_transaction.hpp"

#include "tests/support/restore_elsewhere.hpp"
#include "tests/support/virtual_time.hpp"

#include <catch2/catch.hpp>

using namespace std::chrono_literals;
using namespace tandem;
using sip::transport_kind;
using tx = sip::invite_client_transaction;
using st = tx::state;
using act = sip::transaction_action;

namespace {

enum class in { r100, r183, r200, r302, r486, r699, transport_error };

struct arrow {
  st from;
  in input;
  st to;
  sip::transaction_actions out;
};

tx make(st, time_point now, transport_kind = transport_kind::unreliable);
sip::transaction_actions feed(tx&, in, time_point now);

} // namespace

TEST_CASE("INVITE client transaction: every arrow of RFC 3261 figure 5 as amended by RFC 6026 §7.2",
          "[sip][transaction]") {
  const sip::transaction_actions refused = {act::send_ack, act::pass_final};
  const sip::transaction_actions broken = {act::report_transport_error, act::destroy};
  const std::vector<arrow> figure = {
      {st::calling, in::r100, st::proceeding, {act::pass_provisional}},
      {st::calling, in::r183, st::proceeding, {act::pass_provisional}},
      {st::calling, in::r200, st::accepted, {act::pass_2xx}},
      {st::calling, in::r302, st::completed, refused},
      {st::calling, in::r486, st::completed, refused},
      {st::calling, in::r699, st::completed, refused},
      {st::calling, in::transport_error, st::terminated, broken},
      {st::proceeding, in::r100, st::proceeding, {act::pass_provisional}},
      {st::proceeding, in::r183, st::proceeding, {act::pass_provisional}},
      {st::proceeding, in::r200, st::accepted, {act::pass_2xx}},
      {st::proceeding, in::r302, st::completed, refused},
      {st::proceeding, in::r486, st::completed, refused},
      {st::proceeding, in::r699, st::completed, refused},
      {st::proceeding, in::transport_error, st::proceeding, {}}, // the peer has been heard
      {st::accepted, in::r100, st::accepted, {}},
      {st::accepted, in::r183, st::accepted, {}},
      {st::accepted, in::r200, st::accepted, {act::pass_2xx}}, // again, or of another branch
      {st::accepted, in::r302, st::accepted, {}},
      {st::accepted, in::r486, st::accepted, {}},
      {st::accepted, in::r699, st::accepted, {}},
      {st::accepted, in::transport_error, st::accepted, {}},
      {st::completed, in::r100, st::completed, {}},
      {st::completed, in::r183, st::completed, {}},
      {st::completed, in::r200, st::completed, {}},
      {st::completed, in::r302, st::completed, {act::resend_ack}},
      {st::completed, in::r486, st::completed, {act::resend_ack}},
      {st::completed, in::r699, st::completed, {act::resend_ack}},
      {st::completed, in::transport_error, st::terminated, broken},
      {st::terminated, in::r100, st::terminated, {}},
      {st::terminated, in::r183, st::terminated, {}},
      {st::terminated, in::r200, st::terminated, {}},
      {st::terminated, in::r302, st::terminated, {}},
      {st::terminated, in::r486, st::terminated, {}},
      {st::terminated, in::r699, st::terminated, {}},
      {st::terminated, in::transport_error, st::terminated, {}},
  };
  for (const auto& a : figure)
    DYNAMIC_SECTION(state_name(a.from) << ", input " << int(a.input)) {
      auto t = make(a.from, {});
      CHECK(feed(t, a.input, {}) == a.out);
      CHECK(t.current() == a.to);
    }
  CHECK(tx::on_start() == sip::transaction_actions{act::send_request});
}

TEST_CASE("INVITE client transaction: what each state does when nobody speaks, RFC 3261 §17.1.1.2",
          "[sip][transaction]") {
  using log = test::virtual_time::log<tx>;
  struct silence {
    st from;
    transport_kind transport;
    log out;
  };
  constexpr auto udp = transport_kind::unreliable, tcp = transport_kind::reliable;
  const log give_up = {{32s, act::report_timeout}, {32s, act::destroy}};
  log retransmit; // timer A doubles without bound: seven INVITEs in all, until timer B
  for (auto at : {500, 1500, 3500, 7500, 15500, 31500})
    retransmit.emplace_back(at, act::resend_request);
  retransmit.insert(retransmit.end(), give_up.begin(), give_up.end());

  const std::vector<silence> table = {
      {st::calling, udp, retransmit},
      {st::calling, tcp, give_up},
      {st::proceeding, udp, {}}, // timer C is not the transaction's
      {st::proceeding, tcp, {}},
      {st::accepted, udp, {{32s, act::destroy}}}, // timer M, for all transports
      {st::accepted, tcp, {{32s, act::destroy}}},
      {st::completed, udp, {{32s, act::destroy}}}, // timer D
      {st::completed, tcp, {{0s, act::destroy}}},
      {st::terminated, udp, {}},
  };
  for (const auto& row : table)
    DYNAMIC_SECTION(state_name(row.from) << ", transport " << int(row.transport)) {
      test::virtual_time time;
      auto t = make(row.from, time.now(), row.transport);
      CHECK(time.run(t, 60s) == row.out);
      CHECK(t.next_deadline() == std::nullopt);
    }
}

TEST_CASE(
    "INVITE client transaction: timer D follows T1, as timer H of its peer, RFC 3261 §17.1.1.2",
    "[sip][transaction]") {
  tx t{transport_kind::unreliable, {.t1 = 10ms}, {}};
  CHECK(t.next_deadline() == time_point{10ms});
  (void) t.on_response(486, {});
  CHECK(t.next_deadline() == time_point{640ms});
}

TEST_CASE("INVITE client transaction: after CANCEL it waits 64*T1 and no longer, RFC 3261 §9.1",
          "[sip][transaction]") {
  using log = test::virtual_time::log<tx>;
  test::virtual_time time;
  for (auto transport : {transport_kind::unreliable, transport_kind::reliable})
    DYNAMIC_SECTION("no answer, transport " << int(transport)) {
      auto t = make(st::proceeding, time.now(), transport);
      t.on_cancel_sent(time.now());
      CHECK(time.run(t, 60s) == log{{32s, act::report_timeout}, {32s, act::destroy}});
    }
  SECTION("a 1xx prolongs nothing") {
    auto t = make(st::proceeding, time.now());
    t.on_cancel_sent(time.now());
    (void) t.on_response(180, time_point{31s});
    CHECK(t.next_deadline() == time_point{32s});
  }
  SECTION("487 is the usual end") {
    auto t = make(st::proceeding, time.now());
    t.on_cancel_sent(time.now());
    (void) t.on_response(487, time.now());
    CHECK(time.run(t, 60s) == log{{32s, act::destroy}});
  }
  SECTION("a 200 that crosses the CANCEL stands") {
    auto t = make(st::proceeding, time.now());
    t.on_cancel_sent(time.now());
    CHECK(t.on_response(200, time.now()) == sip::transaction_actions{act::pass_2xx});
    CHECK(time.run(t, 60s) == log{{32s, act::destroy}});
  }
  for (auto from : {st::calling, st::accepted, st::completed, st::terminated})
    DYNAMIC_SECTION("no effect in " << state_name(from)) {
      auto t = make(from, time.now());
      const auto before = t.snapshot_at(time.now());
      t.on_cancel_sent(time.now());
      CHECK(t.snapshot_at(time.now()) == before);
    }
}

TEST_CASE("INVITE client transaction: woken late, it gives up without another INVITE",
          "[sip][transaction]") {
  auto t = make(st::calling, {});
  CHECK(t.on_deadline(time_point{499ms}).empty());
  CHECK(t.on_deadline(time_point{10s}) == sip::transaction_actions{act::resend_request});
  CHECK(t.on_deadline(time_point{99s})
        == sip::transaction_actions{act::report_timeout, act::destroy});
  CHECK(t.on_deadline(time_point{100s}).empty());
}

TEST_CASE("INVITE client transaction: restored on another clock, it acts as the original",
          "[sip][transaction][snapshot]") {
  for (auto transport : {transport_kind::unreliable, transport_kind::reliable})
    for (auto from : {st::calling, st::proceeding, st::accepted, st::completed, st::terminated})
      for (auto cancelled : {false, true})
        DYNAMIC_SECTION(state_name(from)
                        << ", transport " << int(transport) << (cancelled ? ", cancelled" : "")) {
          test::virtual_time here{7h};
          auto t = make(from, here.now(), transport);
          if (cancelled)
            t.on_cancel_sent(here.now());
          test::restore_elsewhere(t, sip::timer_values{}, here); // at once
          (void) here.run(t, 2s);
          test::restore_elsewhere(t, sip::timer_values{}, here); // in the middle of things
          here.advance(10s);
          test::restore_elsewhere(t, sip::timer_values{}, here); // after a pause: overdue
        }
}

namespace {

tx make(st target, time_point now, transport_kind transport) {
  tx t{transport, {}, now};
  switch (target) {
    case st::calling: break;
    case st::proceeding: (void) feed(t, in::r100, now); break;
    case st::accepted: (void) feed(t, in::r200, now); break;
    case st::completed: (void) feed(t, in::r486, now); break;
    case st::terminated: (void) feed(t, in::transport_error, now); break;
  }
  REQUIRE(t.current() == target);
  return t;
}

sip::transaction_actions feed(tx& t, in input, time_point now) {
  switch (input) {
    case in::r100: return t.on_response(100, now);
    case in::r183: return t.on_response(183, now);
    case in::r200: return t.on_response(200, now);
    case in::r302: return t.on_response(302, now);
    case in::r486: return t.on_response(486, now);
    case in::r699: return t.on_response(699, now);
    case in::transport_error: return t.on_transport_error();
  }
  return {};
}

} // namespace
