#include "protocols/sip/transaction.hpp"

#include "runtime/base/check.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <vector>

using namespace std::chrono_literals;
using namespace tandem;
using sip::transaction_actions;
using act = sip::transaction_action;

namespace {

constexpr auto udp = sip::transport_kind::unreliable;

struct kind {
  std::string name;
  sip::any_transaction fresh;
  bool is_server;
  std::string first_state;
};

std::vector<kind> all_kinds() {
  return {{"INVITE server", sip::invite_server_transaction{udp, {}, {}}, true, "proceeding"},
          {"INVITE client", sip::invite_client_transaction{udp, {}, {}}, false, "calling"},
          {"non-INVITE server", sip::non_invite_server_transaction{udp, {}, {}}, true, "trying"},
          {"non-INVITE client", sip::non_invite_client_transaction{udp, {}, {}}, false, "trying"}};
}

bool is_invite(const kind& k) {
  return k.name.starts_with("INVITE");
}

} // namespace

TEST_CASE("any transaction: kinds, first actions and words, RFC 3261 §17", "[sip][transaction]") {
  for (auto& k : all_kinds())
    DYNAMIC_SECTION(k.name) {
      CHECK(is_server(k.fresh) == k.is_server);
      CHECK(state_name(k.fresh) == k.first_state);
      CHECK_FALSE(is_terminated(k.fresh));
      const auto first = on_start(k.fresh);
      CHECK(first
            == (k.is_server ? transaction_actions{} : transaction_actions{act::send_request}));
    }
}

TEST_CASE("any transaction: each input reaches the machine that has it", "[sip][transaction]") {
  for (auto& k : all_kinds())
    DYNAMIC_SECTION(k.name) {
      auto& t = k.fresh;
      if (k.is_server) {
        CHECK(on_request_again(t).empty());
        CHECK(on_user_response(t, 486, {}) == transaction_actions{act::send_response});
        CHECK(state_name(t) == "completed");
        CHECK(on_transport_error(t) == transaction_actions{act::report_transport_error});
        CHECK(on_request_again(t) == transaction_actions{act::resend_response});
      } else {
        CHECK(on_response(t, 100, {}) == transaction_actions{act::pass_provisional});
        CHECK(on_response(t, 486, {}).back() == act::pass_final);
        CHECK(state_name(t) == "completed");
      }
      if (k.is_server && is_invite(k)) {
        CHECK(on_ack(t, {}).empty());
        CHECK(state_name(t) == "confirmed");
      }
      while (const auto next = next_deadline(t))
        if (on_deadline(t, *next).back() == act::destroy)
          break;
      CHECK(is_terminated(t));
      CHECK(state_name(t) == "terminated");
    }
}

TEST_CASE("any transaction: resumed, it sends again what the other end may not have, §17.1, §17.2",
          "[sip][transaction]") {
  for (auto& k : all_kinds())
    DYNAMIC_SECTION(k.name) {
      auto& t = k.fresh;
      const transaction_actions request{act::resend_request}, response{act::resend_response};
      CHECK(on_resumed(t) == (k.is_server ? transaction_actions{} : request));
      if (k.is_server) {
        (void) on_user_response(t, 180, {});
        CHECK(on_resumed(t) == response);
        (void) on_user_response(t, 486, {});
        CHECK(on_resumed(t) == response);
      } else {
        (void) on_response(t, 100, {});
        CHECK(on_resumed(t) == (is_invite(k) ? transaction_actions{} : request));
        (void) on_response(t, 486, {});
        CHECK(on_resumed(t).empty());
      }
    }
}

TEST_CASE("any transaction: its host keeps what it may say once more, §17.1, §17.2, RFC 6026",
          "[sip][transaction]") {
  using need = sip::message_need;
  const auto end = [](sip::any_transaction& t) {
    while (const auto next = next_deadline(t))
      if (on_deadline(t, *next).back() == act::destroy)
        break;
    CHECK(needs_of(t) == need::none);
  };
  for (auto& k : all_kinds())
    DYNAMIC_SECTION(k.name) {
      auto& t = k.fresh;
      auto success = t;
      if (k.is_server) {
        CHECK(needs_of(t) == need::all); // its responses are made of the request
        (void) on_user_response(t, 180, {});
        CHECK(needs_of(t) == need::all);
        (void) on_user_response(t, 486, {});
        CHECK(needs_of(t) == need::last); // for the request that comes again
        if (is_invite(k)) {
          (void) on_ack(t, {});
          CHECK(needs_of(t) == need::none);
        }
        (void) on_user_response(success, 200, {});
        CHECK(needs_of(success) == (is_invite(k) ? need::none : need::last));
      } else {
        CHECK(needs_of(t) == need::last);
        (void) on_response(t, 180, {});
        CHECK(needs_of(t) == need::last);
        (void) on_response(t, 486, {});
        CHECK(needs_of(t) == (is_invite(k) ? need::last : need::none)); // each 486 wants its ACK
        (void) on_response(success, 200, {});
        CHECK(needs_of(success) == need::none);
      }
      end(t);
      end(success);
    }
}

TEST_CASE("any transaction: an input that the machine does not have is a bug of the host",
          "[sip][transaction]") {
  for (auto& k : all_kinds())
    DYNAMIC_SECTION(k.name) {
      auto& t = k.fresh;
      if (k.is_server) {
        CHECK_THROWS_AS(on_response(t, 200, {}), check_failure);
      } else {
        CHECK_THROWS_AS(on_request_again(t), check_failure);
        CHECK_THROWS_AS(on_user_response(t, 200, {}), check_failure);
      }
      if (!k.is_server || !is_invite(k))
        CHECK_THROWS_AS(on_ack(t, {}), check_failure);
      if (k.is_server || !is_invite(k))
        CHECK_THROWS_AS(on_cancel_sent(t, {}), check_failure);
      CHECK(state_name(t) == k.first_state);
    }
}

TEST_CASE("any transaction: CANCEL bounds a pending INVITE, RFC 3261 §9.1", "[sip][transaction]") {
  sip::any_transaction t = sip::invite_client_transaction{udp, {}, {}};
  (void) on_response(t, 180, {});
  on_cancel_sent(t, {});
  CHECK(on_deadline(t, time_point{32s}) == transaction_actions{act::report_timeout, act::destroy});
}

TEST_CASE("any transaction: a snapshot comes back as the same kind, in the same state",
          "[sip][transaction][snapshot]") {
  const time_point now{5h}, elsewhere{999h};
  const std::vector<sip::any_transaction> all = {sip::invite_server_transaction{udp, {}, now},
                                                 sip::invite_client_transaction{udp, {}, now},
                                                 sip::non_invite_server_transaction{udp, {}, now},
                                                 sip::non_invite_client_transaction{udp, {}, now}};
  for (const auto& original : all)
    DYNAMIC_SECTION("alternative " << original.index()) {
      const auto taken = snapshot_at(original, now);
      CHECK(taken.index() == original.index());
      const auto back = restored(taken, {}, elsewhere);
      CHECK(back.index() == original.index());
      CHECK(snapshot_at(back, elsewhere) == taken);
      CHECK(state_name(back) == state_name(original));
    }
}

TEST_CASE("any transaction: states are named as in the figures of RFC 3261 §17",
          "[sip][transaction]") {
  using is = sip::invite_server_transaction::state;
  using ic = sip::invite_client_transaction::state;
  using ns = sip::non_invite_server_transaction::state;
  using nc = sip::non_invite_client_transaction::state;
  const auto words = [](auto... states) {
    std::string all;
    ((all += std::string(sip::state_name(states)) + " "), ...);
    return all;
  };
  CHECK(words(is::proceeding, is::accepted, is::completed, is::confirmed, is::terminated)
        == "proceeding accepted completed confirmed terminated ");
  CHECK(words(ic::calling, ic::proceeding, ic::accepted, ic::completed, ic::terminated)
        == "calling proceeding accepted completed terminated ");
  CHECK(words(ns::trying, ns::proceeding, ns::completed, ns::terminated)
        == "trying proceeding completed terminated ");
  CHECK(words(nc::trying, nc::proceeding, nc::completed, nc::terminated)
        == "trying proceeding completed terminated ");
}
