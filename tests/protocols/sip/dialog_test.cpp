#include "protocols/sip/dialog.hpp"

#include "runtime/base/check.hpp"

#include <catch2/catch.hpp>

using namespace tandem;
using namespace tandem::sip;
using st = dialog::state;
using strings = std::vector<std::string>;

namespace {

const strings two_proxies = {"<sip:p2.example.com;lr>", "<sip:p1.example.com;lr>"};

/// We are Alice (UAC) or Bob (UAS) of RFC 3261 §24.2, behind two proxies.
dialog_start alice() {
  return {{"843817637684230@998sdasdh09", "1928301774", "a6c85cf"},
          "Alice <sip:alice@atlanta.com>;tag=1928301774",
          "Bob <sip:bob@biloxi.com>;tag=a6c85cf",
          "sip:bob@192.0.2.4",
          two_proxies,
          314159,
          false};
}

dialog_start bob() {
  return {{"843817637684230@998sdasdh09", "a6c85cf", "1928301774"},
          "Bob <sip:bob@biloxi.com>",
          "Alice <sip:alice@atlanta.com>;tag=1928301774",
          "sip:alice@pc33.atlanta.com",
          two_proxies,
          314159,
          false};
}

} // namespace

TEST_CASE("dialog: a UAS takes it from the request, RFC 3261 §12.1.1", "[sip][dialog]") {
  const auto d = dialog::as_uas(bob(), st::early).value();
  CHECK(d.current() == st::early);
  CHECK(d.id() == dialog_id{"843817637684230@998sdasdh09", "a6c85cf", "1928301774"});
  CHECK(d.route_set() == two_proxies); // in order
  CHECK(d.remote_target() == "sip:alice@pc33.atlanta.com");
  CHECK(d.snapshot_now().local == "Bob <sip:bob@biloxi.com>");
  CHECK(d.snapshot_now().remote == "Alice <sip:alice@atlanta.com>");
  CHECK(d.snapshot_now().local_cseq == 0); // empty
  CHECK(d.snapshot_now().remote_cseq == 314159u);
}

TEST_CASE("dialog: a UAC takes it from the response, RFC 3261 §12.1.2", "[sip][dialog]") {
  const auto d = dialog::as_uac(alice(), st::confirmed).value();
  CHECK(d.current() == st::confirmed);
  CHECK(d.route_set() == strings{"<sip:p1.example.com;lr>", "<sip:p2.example.com;lr>"}); // reversed
  CHECK(d.remote_target() == "sip:bob@192.0.2.4");
  CHECK(d.snapshot_now().local_cseq == 314159);
  CHECK(d.snapshot_now().remote_cseq == std::nullopt); // empty
}

TEST_CASE("dialog: what cannot make a dialog, RFC 3261 §12.1", "[sip][dialog]") {
  auto s = bob();
  SECTION("a request without Contact") {
    s.remote_target.clear();
    CHECK(dialog::as_uas(s, st::early).error() == dialog_error::no_remote_target);
  }
  SECTION("a response without Contact leaves the peer's own URI") {
    auto c = alice();
    c.remote_target.clear();
    CHECK(dialog::as_uac(c, st::early)->remote_target() == "sip:bob@biloxi.com");
  }
  SECTION("more routes than max_routes") {
    s.record_route.assign(max_routes, "<sip:p;lr>");
    CHECK(dialog::as_uas(s, st::early).has_value());
    CHECK(dialog::as_uac(s, st::early).has_value());
    s.record_route.emplace_back("<sip:one.too.many;lr>");
    CHECK(dialog::as_uas(s, st::early).error() == dialog_error::too_many_routes);
    CHECK(dialog::as_uac(s, st::early).error() == dialog_error::too_many_routes);
  }
  SECTION("a number above 2^31 - 1, §8.1.1.5") {
    s.cseq = last_cseq;
    CHECK(dialog::as_uas(s, st::early).has_value());
    s.cseq = last_cseq + 1;
    CHECK(dialog::as_uas(s, st::early).error() == dialog_error::bad_cseq);
    CHECK(dialog::as_uac(s, st::early).error() == dialog_error::bad_cseq);
  }
  SECTION("no dialog begins terminated") {
    CHECK_THROWS_AS(dialog::as_uas(s, st::terminated), check_failure);
  }
}

TEST_CASE("dialog: the 2xx confirms and recomputes the route set, RFC 3261 §13.2.2.4",
          "[sip][dialog]") {
  auto d = dialog::as_uac(alice(), st::early).value();
  REQUIRE(d.confirm_by_2xx({"<sip:p3;lr>", "<sip:p1.example.com;lr>"}, "sip:bob@192.0.2.99"));
  CHECK(d.current() == st::confirmed);
  CHECK(d.route_set() == strings{"<sip:p1.example.com;lr>", "<sip:p3;lr>"});
  CHECK(d.remote_target() == "sip:bob@192.0.2.99");
  CHECK(d.snapshot_now().local_cseq == 314159); // nothing else is recomputed

  SECTION("to nothing when the 2xx came without Record-Route") {
    auto bare = dialog::as_uac(alice(), st::early).value();
    REQUIRE(bare.confirm_by_2xx({}, ""));
    CHECK(bare.route_set().empty());
    CHECK(bare.remote_target() == "sip:bob@192.0.2.4");
  }
  SECTION("only once: later 2xx refresh the target and nothing else, §12.2") {
    REQUIRE(d.confirm_by_2xx({"<sip:evil;lr>"}, "sip:bob@192.0.2.100"));
    CHECK(d.route_set() == strings{"<sip:p1.example.com;lr>", "<sip:p3;lr>"});
    CHECK(d.remote_target() == "sip:bob@192.0.2.100");
  }
  SECTION("and no more routes than max_routes") {
    auto bounded = dialog::as_uac(alice(), st::early).value();
    const strings too_many(max_routes + 1, "<sip:p;lr>");
    CHECK(bounded.confirm_by_2xx(too_many, "").error() == dialog_error::too_many_routes);
    CHECK(bounded.current() == st::confirmed);
    CHECK(bounded.route_set().size() == 2);
    auto enough = dialog::as_uac(alice(), st::early).value();
    REQUIRE(enough.confirm_by_2xx(strings(max_routes, "<sip:p;lr>"), ""));
    CHECK(enough.route_set().size() == max_routes);
  }
}

TEST_CASE("dialog: early, confirmed, terminated, RFC 3261 §12", "[sip][dialog]") {
  auto d = dialog::as_uas(bob(), st::early).value();
  d.confirm();
  CHECK(d.current() == st::confirmed);
  d.confirm();
  CHECK(d.current() == st::confirmed);
  d.terminate();
  CHECK(d.current() == st::terminated);
  d.confirm();
  CHECK(d.current() == st::terminated);
  auto c = dialog::as_uac(alice(), st::early).value();
  c.terminate();
  REQUIRE(c.confirm_by_2xx({}, ""));
  CHECK(c.current() == st::terminated);
  CHECK(c.route_set().size() == 2);
  CHECK(state_name(st::early) == "early");
  CHECK(state_name(st::confirmed) == "confirmed");
  CHECK(state_name(st::terminated) == "terminated");
}

TEST_CASE("dialog: the number of a request decides, RFC 3261 §12.2.2", "[sip][dialog]") {
  using rc = request_class;
  using rv = request_verdict;
  struct row {
    rc what;
    std::uint32_t cseq;
    rv verdict;
    std::uint32_t then; // the remote number afterwards
  };
  const std::vector<row> table = {
      {rc::other, 101, rv::accepted, 101},
      {rc::other, 105, rv::accepted, 105}, // a gap is no error
      {rc::invite, 101, rv::accepted, 101},
      {rc::other, last_cseq, rv::accepted, last_cseq},
      {rc::other, 99, rv::lower_cseq, 100},
      {rc::other, 0, rv::lower_cseq, 100},
      {rc::other, 100, rv::lower_cseq, 100}, // delivered twice
      {rc::invite, 100, rv::lower_cseq, 100},
      {rc::ack, 100, rv::accepted, 100}, // of the INVITE
      {rc::ack, 99, rv::stray_ack, 100},
      {rc::ack, 101, rv::stray_ack, 100},
  };
  for (const auto& r : table)
    DYNAMIC_SECTION("class " << int(r.what) << ", number " << r.cseq) {
      auto from = bob();
      from.cseq = 100;
      auto d = dialog::as_uas(from, st::confirmed).value();
      CHECK(d.on_request(r.what, r.cseq) == r.verdict);
      CHECK(d.snapshot_now().remote_cseq == r.then);
      d.terminate();
      CHECK(d.on_request(r.what, r.cseq) == rv::no_dialog);
    }

  SECTION("a UAC has no remote number until the first request") {
    auto d = dialog::as_uac(alice(), st::confirmed).value();
    CHECK(d.on_request(rc::ack, 314159) == rv::stray_ack); // nothing to acknowledge
    CHECK(d.on_request(rc::other, 0) == rv::accepted);
    CHECK(d.on_request(rc::other, 0) == rv::lower_cseq);
    CHECK(d.on_request(rc::invite, 7) == rv::accepted);
    CHECK(d.on_request(rc::other, 8) == rv::accepted);
    CHECK(d.on_request(rc::ack, 7) == rv::stray_ack);
    d.on_reinvite_accepted(7);
    CHECK(d.on_request(rc::invite, 9) == rv::accepted); // it overtakes the ACK, and is refused
    CHECK(d.on_request(rc::ack, 7) == rv::accepted);    // the number of its INVITE, §13.2.2.4
    CHECK(d.on_request(rc::ack, 8) == rv::stray_ack);
    CHECK(d.on_request(rc::ack, 9) == rv::stray_ack);
  }
}

TEST_CASE("dialog: numbers of our requests, RFC 3261 §12.2.1.1", "[sip][dialog]") {
  using rc = request_class;
  SECTION("UAC: one more each time, ACK as its INVITE (§13.2.2.4)") {
    auto d = dialog::as_uac(alice(), st::confirmed).value();
    CHECK(d.next_request(rc::ack).cseq == 314159);
    CHECK(d.next_request(rc::other).cseq == 314160);
    CHECK(d.next_request(rc::ack).cseq == 314159);
    CHECK(d.next_request(rc::invite).cseq == 314161);
    CHECK(d.next_request(rc::other).cseq == 314162);
    CHECK(d.next_request(rc::ack).cseq == 314161);
    CHECK(d.ack_request(314159).cseq == 314159); // for the 2xx of the earlier INVITE
    CHECK_THROWS_AS(d.ack_request(314163), check_failure);
  }
  SECTION("UAS: the first number is ours to choose") {
    auto d = dialog::as_uas(bob(), st::confirmed).value();
    CHECK_THROWS_AS(d.next_request(rc::ack), check_failure); // we sent no INVITE
    CHECK(d.next_request(rc::other).cseq == 1);
    CHECK(d.next_request(rc::other).cseq == 2);
  }
  SECTION("raised above what may have been used; an INVITE that is pending keeps its own") {
    auto d = dialog::as_uac(alice(), st::early).value();
    d.raise_cseq(990);
    CHECK(d.next_request(rc::ack).cseq == 314159);
    CHECK(d.next_request(rc::other).cseq == 315150);
  }
  SECTION("up to 2^31 - 1") {
    auto d = dialog::as_uac(alice(), st::confirmed).value();
    CHECK_THROWS_AS(d.raise_cseq(last_cseq - 314159 + 1), check_failure);
    d.raise_cseq(last_cseq - 314159 - 1);
    CHECK(d.next_request(rc::other).cseq == last_cseq);
    CHECK_THROWS_AS(d.next_request(rc::other), check_failure);
    CHECK_THROWS_AS(d.raise_cseq(1), check_failure);
  }
}

TEST_CASE("dialog: where a request goes, RFC 3261 §12.2.1.1 and §8.1.2", "[sip][dialog]") {
  struct row {
    std::string name;
    strings record_route; // as Bob's request had it
    std::string contact;
    std::string request_uri;
    strings routes;
    std::string next_hop;
  };
  const std::vector<row> table = {
      {"no route", {}, "sip:a@h;ob", "sip:a@h;ob", {}, "sip:a@h;ob"},
      {"no route, a Contact with headers", {}, "sip:a@h?x=y", "sip:a@h", {}, "sip:a@h"},
      {"loose router",
       {"<sip:p1;lr>", "<sip:p2>"},
       "sip:a@h",
       "sip:a@h",
       {"<sip:p1;lr>", "<sip:p2>"},
       "sip:p1;lr"},
      {"strict router first",
       {"<sip:p1;transport=tcp;method=INVITE?x=y>", "<sip:p2;lr>;z"},
       "sip:a@h;user=phone",
       "sip:p1;transport=tcp",
       {"<sip:p2;lr>;z", "<sip:a@h;user=phone>"},
       "sip:p1;transport=tcp"},
      {"a strict router alone", {"<sip:p1>"}, "sip:a@h", "sip:p1", {"<sip:a@h>"}, "sip:p1"},
      {"lr in the header, not in the URI",
       {"<sip:p1>;lr"},
       "sip:a@h",
       "sip:p1",
       {"<sip:a@h>"},
       "sip:p1"},
  };
  for (const auto& r : table)
    DYNAMIC_SECTION(r.name) {
      auto from = bob();
      from.record_route = r.record_route;
      from.remote_target = r.contact;
      auto d = dialog::as_uas(from, st::confirmed).value();
      const auto before = d.route_set();
      const auto p = d.next_request(request_class::other);
      CHECK(p.request_uri == r.request_uri);
      CHECK(p.routes == r.routes);
      CHECK(p.next_hop == r.next_hop);
      CHECK(d.route_set() == before); // the rewriting is the request's alone
    }
}

TEST_CASE("dialog: From, To and Call-ID of our requests, RFC 3261 §12.2.1.1", "[sip][dialog]") {
  auto from = alice();
  from.secure = true;
  auto p = dialog::as_uac(from, st::confirmed)->next_request(request_class::other);
  CHECK(p.from == "Alice <sip:alice@atlanta.com>;tag=1928301774");
  CHECK(p.to == "Bob <sip:bob@biloxi.com>;tag=a6c85cf");
  CHECK(p.call_id == "843817637684230@998sdasdh09");
  CHECK(p.secure);

  p = dialog::as_uas(bob(), st::confirmed)->next_request(request_class::other);
  CHECK(p.from == "Bob <sip:bob@biloxi.com>;tag=a6c85cf");
  CHECK(p.to == "Alice <sip:alice@atlanta.com>;tag=1928301774");
  CHECK_FALSE(p.secure);

  auto old = alice(); // a peer of RFC 2543 has no tag, and must not be sent one
  old.id.remote_tag.clear();
  old.remote = "<sip:bob@biloxi.com>";
  p = dialog::as_uac(old, st::confirmed)->next_request(request_class::other);
  CHECK(p.to == "<sip:bob@biloxi.com>");
}

TEST_CASE("dialog: a target refresh moves the target alone, RFC 3261 §12.2.2", "[sip][dialog]") {
  auto d = dialog::as_uas(bob(), st::confirmed).value();
  d.refresh_target("sip:alice@192.0.2.77");
  CHECK(d.next_request(request_class::other).request_uri == "sip:alice@192.0.2.77");
  d.refresh_target(""); // no Contact: as it was
  CHECK(d.remote_target() == "sip:alice@192.0.2.77");
  CHECK(d.route_set() == two_proxies);
}

TEST_CASE("dialog: which answers end it, RFC 3261 §12.2.1.2", "[sip][dialog]") {
  CHECK(ends_dialog(481));
  CHECK(ends_dialog(408));
  for (auto code : {200, 401, 403, 404, 486, 491, 500, 503, 603})
    CHECK_FALSE(ends_dialog(code));
}

TEST_CASE("dialog: restored in every state, it goes on as the original",
          "[sip][dialog][snapshot]") {
  for (auto state : {st::early, st::confirmed, st::terminated})
    for (auto uas : {false, true})
      DYNAMIC_SECTION(state_name(state) << (uas ? ", UAS" : ", UAC")) {
        auto original = uas ? dialog::as_uas(bob(), st::early).value()
                            : dialog::as_uac(alice(), st::early).value();
        if (state == st::confirmed)
          original.confirm();
        (void) original.next_request(request_class::invite);
        (void) original.on_request(request_class::invite, 400000);
        if (state == st::terminated)
          original.terminate();
        auto restored = dialog{original.snapshot_now()};
        CHECK(restored == original);
        CHECK(restored.snapshot_now() == original.snapshot_now());
        for (auto what : {request_class::ack, request_class::invite, request_class::other}) {
          CHECK(restored.on_request(what, 400000) == original.on_request(what, 400000));
          CHECK(restored.next_request(what) == original.next_request(what));
        }
        (void) restored.next_request(request_class::other);
        CHECK_FALSE(restored == original);
      }
}
