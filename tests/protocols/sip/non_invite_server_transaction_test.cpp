#include "protocols/sip/non_invite_server_transaction.hpp"

#include "tests/support/restore_elsewhere.hpp"
#include "tests/support/virtual_time.hpp"

#include <catch2/catch.hpp>

using namespace std::chrono_literals;
using namespace tandem;
using sip::transport_kind;
using tx = sip::non_invite_server_transaction;
using st = tx::state;
using act = sip::transaction_action;

namespace {

enum class in { request, u100, u200, u404, transport_error };

struct arrow {
  st from;
  in input;
  st to;
  sip::transaction_actions out;
};

tx make(st, time_point now, transport_kind = transport_kind::unreliable);
sip::transaction_actions feed(tx&, in, time_point now);

} // namespace

TEST_CASE("non-INVITE server transaction: every arrow of RFC 3261 figure 8, RFC 6026 §8.8",
          "[sip][transaction]") {
  const std::vector<arrow> figure = {
      {st::trying, in::request, st::trying, {}},
      {st::trying, in::u100, st::proceeding, {act::send_response}},
      {st::trying, in::u200, st::completed, {act::send_response}},
      {st::trying, in::u404, st::completed, {act::send_response}},
      {st::trying, in::transport_error, st::trying, {}}, // nothing was sent
      {st::proceeding, in::request, st::proceeding, {act::resend_response}},
      {st::proceeding, in::u100, st::proceeding, {act::send_response}},
      {st::proceeding, in::u200, st::completed, {act::send_response}},
      {st::proceeding, in::u404, st::completed, {act::send_response}},
      {st::proceeding, in::transport_error, st::proceeding, {act::report_transport_error}},
      {st::completed, in::request, st::completed, {act::resend_response}},
      {st::completed, in::u100, st::completed, {}},
      {st::completed, in::u200, st::completed, {}},
      {st::completed, in::u404, st::completed, {}},
      {st::completed, in::transport_error, st::completed, {act::report_transport_error}},
      {st::terminated, in::request, st::terminated, {}},
      {st::terminated, in::u100, st::terminated, {}},
      {st::terminated, in::u200, st::terminated, {}},
      {st::terminated, in::u404, st::terminated, {}},
      {st::terminated, in::transport_error, st::terminated, {}},
  };
  for (const auto& a : figure)
    DYNAMIC_SECTION(state_name(a.from) << ", input " << int(a.input)) {
      auto t = make(a.from, {});
      CHECK(feed(t, a.input, {}) == a.out);
      CHECK(t.current() == a.to);
    }
}

TEST_CASE("non-INVITE server transaction: what each state does when nobody speaks, "
          "RFC 3261 §17.2.2",
          "[sip][transaction]") {
  struct silence {
    st from;
    transport_kind transport;
    test::virtual_time::log<tx> out;
  };
  constexpr auto udp = transport_kind::unreliable, tcp = transport_kind::reliable;
  const std::vector<silence> table = {
      {st::trying, udp, {}},                       // the TU owes an answer
      {st::proceeding, udp, {}},                   // likewise
      {st::completed, udp, {{32s, act::destroy}}}, // timer J
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

TEST_CASE("non-INVITE server transaction: an early wake-up is harmless", "[sip][transaction]") {
  auto t = make(st::completed, {});
  CHECK(t.on_deadline(time_point{31s}).empty());
  CHECK(t.current() == st::completed);
}

TEST_CASE("non-INVITE server transaction: restored on another clock, it acts as the original",
          "[sip][transaction][snapshot]") {
  for (auto transport : {transport_kind::unreliable, transport_kind::reliable})
    for (auto from : {st::trying, st::proceeding, st::completed, st::terminated})
      DYNAMIC_SECTION(state_name(from) << ", transport " << int(transport)) {
        test::virtual_time here{7h};
        auto t = make(from, here.now(), transport);
        test::restore_elsewhere(t, sip::timer_values{}, here); // at once
        here.advance(2s);
        test::restore_elsewhere(t, sip::timer_values{}, here); // in the middle of things
        here.advance(40s);
        test::restore_elsewhere(t, sip::timer_values{}, here); // after a pause: overdue
      }
}

namespace {

tx make(st target, time_point now, transport_kind transport) {
  tx t{transport, {}, now};
  if (target == st::proceeding)
    (void) feed(t, in::u100, now);
  if (target == st::completed || target == st::terminated)
    (void) feed(t, in::u200, now);
  if (target == st::terminated)
    (void) t.on_deadline(now + 32s);
  REQUIRE(t.current() == target);
  return t;
}

sip::transaction_actions feed(tx& t, in input, time_point now) {
  switch (input) {
    case in::request: return t.on_request_again();
    case in::u100: return t.on_user_response(100, now);
    case in::u200: return t.on_user_response(200, now);
    case in::u404: return t.on_user_response(404, now);
    case in::transport_error: return t.on_transport_error();
  }
  return {};
}

} // namespace
