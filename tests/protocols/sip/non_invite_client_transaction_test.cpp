#include "protocols/sip/non_invite_client_transaction.hpp"

#include "tests/support/restore_elsewhere.hpp"
#include "tests/support/virtual_time.hpp"

#include <catch2/catch.hpp>

using namespace std::chrono_literals;
using namespace tandem;
using sip::transport_kind;
using tx = sip::non_invite_client_transaction;
using st = tx::state;
using act = sip::transaction_action;

namespace {

enum class in { r100, r200, r481, transport_error };

struct arrow {
  st from;
  in input;
  st to;
  sip::transaction_actions out;
};

tx make(st, time_point now, transport_kind = transport_kind::unreliable);
sip::transaction_actions feed(tx&, in, time_point now);

} // namespace

TEST_CASE("non-INVITE client transaction: every arrow of RFC 3261 figure 6", "[sip][transaction]") {
  const sip::transaction_actions broken = {act::report_transport_error, act::destroy};
  const std::vector<arrow> figure = {
      {st::trying, in::r100, st::proceeding, {act::pass_provisional}},
      {st::trying, in::r200, st::completed, {act::pass_final}},
      {st::trying, in::r481, st::completed, {act::pass_final}},
      {st::trying, in::transport_error, st::terminated, broken},
      {st::proceeding, in::r100, st::proceeding, {act::pass_provisional}},
      {st::proceeding, in::r200, st::completed, {act::pass_final}},
      {st::proceeding, in::r481, st::completed, {act::pass_final}},
      {st::proceeding, in::transport_error, st::terminated, broken},
      {st::completed, in::r100, st::completed, {}},
      {st::completed, in::r200, st::completed, {}},
      {st::completed, in::r481, st::completed, {}},
      {st::completed, in::transport_error, st::completed, {}},
      {st::terminated, in::r100, st::terminated, {}},
      {st::terminated, in::r200, st::terminated, {}},
      {st::terminated, in::r481, st::terminated, {}},
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

TEST_CASE("non-INVITE client transaction: what each state does when nobody speaks, "
          "RFC 3261 §17.1.2.2",
          "[sip][transaction]") {
  using log = test::virtual_time::log<tx>;
  struct silence {
    st from;
    transport_kind transport;
    log out;
  };
  constexpr auto udp = transport_kind::unreliable, tcp = transport_kind::reliable;
  const log give_up = {{32s, act::report_timeout}, {32s, act::destroy}};
  const auto resent_at = [&](std::initializer_list<int> times) {
    log all;
    for (auto at : times)
      all.emplace_back(at, act::resend_request);
    all.insert(all.end(), give_up.begin(), give_up.end());
    return all;
  };
  const auto doubling = // timer E doubles up to T2, until timer F: eleven requests in all
      resent_at({500, 1500, 3500, 7500, 11500, 15500, 19500, 23500, 27500, 31500});
  const auto slow = // after a 1xx the running interval is the last short one
      resent_at({500, 4500, 8500, 12500, 16500, 20500, 24500, 28500});

  const std::vector<silence> table = {
      {st::trying, udp, doubling},
      {st::trying, tcp, give_up},
      {st::proceeding, udp, slow},
      {st::proceeding, tcp, give_up},
      {st::completed, udp, {{5s, act::destroy}}}, // timer K = T4
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

TEST_CASE("non-INVITE client transaction: woken late, it gives up without another request",
          "[sip][transaction]") {
  auto t = make(st::trying, {});
  CHECK(t.on_deadline(time_point{499ms}).empty());
  CHECK(t.on_deadline(time_point{10s}) == sip::transaction_actions{act::resend_request});
  CHECK(t.on_deadline(time_point{99s})
        == sip::transaction_actions{act::report_timeout, act::destroy});
  CHECK(t.on_deadline(time_point{100s}).empty());
}

TEST_CASE("non-INVITE client transaction: restored on another clock, it acts as the original",
          "[sip][transaction][snapshot]") {
  for (auto transport : {transport_kind::unreliable, transport_kind::reliable})
    for (auto from : {st::trying, st::proceeding, st::completed, st::terminated})
      DYNAMIC_SECTION(state_name(from) << ", transport " << int(transport)) {
        test::virtual_time here{7h};
        auto t = make(from, here.now(), transport);
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
    case st::trying: break;
    case st::proceeding: (void) feed(t, in::r100, now); break;
    case st::completed: (void) feed(t, in::r200, now); break;
    case st::terminated: (void) feed(t, in::transport_error, now); break;
  }
  REQUIRE(t.current() == target);
  return t;
}

sip::transaction_actions feed(tx& t, in input, time_point now) {
  switch (input) {
    case in::r100: return t.on_response(100, now);
    case in::r200: return t.on_response(200, now);
    case in::r481: return t.on_response(481, now);
    case in::transport_error: return t.on_transport_error();
  }
  return {};
}

} // namespace
