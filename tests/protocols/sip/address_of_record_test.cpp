// RFC 3261 §10.3: what a REGISTER does to the bindings of its address-of-record.
#include "protocols/sip/address_of_record.hpp"

#include "protocols/sip/limits.hpp"
#include "protocols/sip/parser.hpp"
#include "protocols/sip/typed_headers.hpp"
#include "tests/support/virtual_time.hpp"

#include <catch2/catch.hpp>

#include <map>
#include <random>

using namespace std::chrono_literals;

using namespace tandem;
using namespace tandem::sip;
using verdict = register_verdict;
using strings = std::vector<std::string>;

namespace {

/// A registrar of one user and the phones that speak to it.
struct home {
  registrar_rules rules;
  test::virtual_time time;
  address_of_record aor;

  /// `contacts`: the value of the Contact header, empty for none.
  verdict hear(const std::string& contacts, std::uint32_t cseq,
               std::optional<std::uint32_t> expires = {}, const std::string& call_id = "c1") {
    std::string text =
        "REGISTER sip:example.test SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z9hG4bK1\r\n"
        "From: <sip:u@h>;tag=1\r\nTo: <sip:u@h>\r\nCall-ID: x\r\nCSeq: 1 REGISTER\r\n";
    if (!contacts.empty())
      text += "Contact: " + contacts + "\r\n";
    const auto m = parse_message(text + "\r\n");
    REQUIRE(m);
    const auto read = read_contacts(**m);
    REQUIRE((contacts.empty() || read));
    registration r{.call_id = call_id, .cseq = cseq, .expires = expires};
    if (read) {
      r.wildcard = read->wildcard;
      r.contacts = {read->list.data(), read->list.size()};
    }
    return aor.on_register(r, rules, time.now());
  }
  /// "sip:a@h 60": URI and seconds left.
  [[nodiscard]] strings list() const {
    strings out;
    for (const auto& b : aor.bindings())
      out.push_back(b.uri + " " + std::to_string(seconds_left(b, time.now())));
    return out;
  }
};

} // namespace

TEST_CASE("registrar: how long a binding lasts (§10.3 step 7)", "[sip][registrar]") {
  struct row {
    const char* what;
    const char* contact;
    std::optional<std::uint32_t> header;
    verdict result;
    std::uint32_t seconds;
  };
  for (const auto& [what, contact, header, result, seconds] :
       {row{"neither: the default", "<sip:a@h>", {}, verdict::changed, 1800},
        row{"the header", "<sip:a@h>", 120, verdict::changed, 120},
        row{"the parameter", "<sip:a@h>;expires=90", {}, verdict::changed, 90},
        row{"the parameter before the header", "<sip:a@h>;expires=90", 120, verdict::changed, 90},
        row{"the least", "<sip:a@h>;expires=60", {}, verdict::changed, 60},
        row{"less than the least", "<sip:a@h>;expires=59", {}, verdict::too_brief, 0},
        row{"less than the least by the header", "<sip:a@h>", 1, verdict::too_brief, 0},
        row{"the most", "<sip:a@h>", 7200, verdict::changed, 7200},
        row{"more than the most is cut", "<sip:a@h>", 7201, verdict::changed, 7200},
        row{"far more", "<sip:a@h>;expires=4294967295", {}, verdict::changed, 7200},
        row{"0 of what is not there", "<sip:a@h>;expires=0", {}, verdict::unchanged, 0}}) {
    INFO(what);
    home h;
    h.rules = {.min_expires_s = 60, .max_expires_s = 7200, .default_expires_s = 1800};
    CHECK(h.hear(contact, 1, header) == result);
    CHECK(h.list() == (seconds != 0 ? strings{"sip:a@h " + std::to_string(seconds)} : strings{}));
  }
}

TEST_CASE("registrar: add, fetch, refresh, remove (§10.2)", "[sip][registrar]") {
  home h;
  CHECK(h.hear("", 1) == verdict::unchanged);
  CHECK(h.hear("<sip:a@h>;q=0.5, <sip:b@h>", 2, 100) == verdict::changed);
  CHECK(h.list() == strings{"sip:a@h 100", "sip:b@h 100"});
  CHECK(h.aor.bindings()[0].q == 500);
  CHECK_FALSE(h.aor.bindings()[1].q);
  h.time.advance(30s);
  CHECK(h.hear("", 3) == verdict::unchanged);
  CHECK(h.list() == strings{"sip:a@h 70", "sip:b@h 70"});
  CHECK(h.hear("<sip:b@h>", 4, 200) == verdict::changed);
  CHECK(h.list() == strings{"sip:a@h 70", "sip:b@h 200"});
  CHECK(h.hear("<sip:a@h>;expires=0", 5) == verdict::changed);
  CHECK(h.list() == strings{"sip:b@h 200"});
  CHECK(h.hear("<sip:b@h>;expires=0, <sip:c@h>;expires=60", 6) == verdict::changed);
  CHECK(h.list() == strings{"sip:c@h 60"});
}

TEST_CASE("registrar: the wildcard removes all, and stands alone (§10.2.2, §10.3 step 6)",
          "[sip][registrar]") {
  home h;
  CHECK(h.hear("*", 1, 0) == verdict::unchanged); // nothing there
  CHECK(h.hear("<sip:a@h>, <sip:b@h>", 2) == verdict::changed);
  CHECK(h.hear("<sip:c@h>", 7, {}, "other phone") == verdict::changed);
  CHECK(h.hear("*", 3) == verdict::bad_wildcard);
  CHECK(h.hear("*", 3, 60) == verdict::bad_wildcard);
  CHECK(h.hear("*", 2, 0) == verdict::out_of_order); // a and b have that number already
  CHECK(h.aor.bindings().size() == 3);
  CHECK(h.hear("*", 3, 0) == verdict::changed);
  CHECK(h.aor.empty());
  CHECK(h.hear("*", 3, 0) == verdict::unchanged); // retransmitted
}

TEST_CASE("registrar: order by Call-ID and CSeq for each binding (§10.3 step 7)",
          "[sip][registrar]") {
  struct row {
    const char* what;
    const char* contact;
    std::uint32_t cseq;
    const char* call_id;
    verdict result;
  };
  for (const auto& [what, contact, cseq, call_id, result] :
       {row{"higher", "<sip:a@h>;expires=90", 11, "c1", verdict::changed},
        row{"lower", "<sip:a@h>;expires=90", 9, "c1", verdict::out_of_order},
        row{"equal, other content", "<sip:a@h>;expires=90", 10, "c1", verdict::out_of_order},
        row{"equal, other q", "<sip:a@h>;expires=100;q=0.1", 10, "c1", verdict::out_of_order},
        row{"equal, same content", "<sip:a@h>;expires=100", 10, "c1", verdict::unchanged},
        row{"lower removal", "<sip:a@h>;expires=0", 9, "c1", verdict::out_of_order},
        row{"equal removal", "<sip:a@h>;expires=0", 10, "c1", verdict::out_of_order},
        row{"higher removal", "<sip:a@h>;expires=0", 11, "c1", verdict::changed},
        row{"the phone restarted", "<sip:a@h>;expires=90", 1, "c2", verdict::changed},
        row{"another contact", "<sip:b@h>", 9, "c1", verdict::changed}}) {
    INFO(what);
    home h;
    REQUIRE(h.hear("<sip:a@h>;expires=100", 10) == verdict::changed);
    CHECK(h.hear(contact, cseq, {}, call_id) == result);
  }
}

TEST_CASE("registrar: a retransmission changes nothing, not even the time left (§8.2.7)",
          "[sip][registrar]") {
  home h;
  REQUIRE(h.hear("<sip:a@h>", 1, 100) == verdict::changed);
  h.time.advance(4s);
  CHECK(h.hear("<sip:a@h>", 1, 100) == verdict::unchanged);
  CHECK(h.list() == strings{"sip:a@h 96"});
}

TEST_CASE("registrar: all of a request or nothing (§10.3 step 7)", "[sip][registrar]") {
  home h;
  REQUIRE(h.hear("<sip:a@h>, <sip:b@h>", 5, 100) == verdict::changed);
  const auto before = h.aor.bindings();
  for (const auto* contacts :
       {"<sip:c@h>, <sip:a@h>;expires=5", "<sip:a@h>;expires=0, <sip:c@h>;expires=1"}) {
    CHECK(h.hear(contacts, 6) == verdict::too_brief);
    CHECK(h.aor.bindings() == before);
  }
  REQUIRE(h.hear("<sip:b@h>", 9, 100) == verdict::changed);
  const auto then = h.aor.bindings();
  CHECK(h.hear("<sip:a@h>;expires=0, <sip:b@h>", 7) == verdict::out_of_order);
  CHECK(h.hear("*", 7, 0) == verdict::out_of_order);
  CHECK(h.aor.bindings() == then);
}

TEST_CASE("registrar: bindings are the same when their URIs are equivalent (§10.3, §19.1.4)",
          "[sip][registrar]") {
  home h;
  REQUIRE(h.hear("<sip:%61lice@Phone.Example;Transport=TCP>", 1) == verdict::changed);
  CHECK(h.hear("<sip:alice@phone.example;transport=tcp>", 2) == verdict::changed);
  CHECK(h.list() == strings{"sip:alice@phone.example;transport=tcp 3600"}); // as it was said last
  CHECK(h.hear("<sip:alice@phone.example>", 3) == verdict::changed);        // another one
  CHECK(h.hear("<sip:ALICE@phone.example>", 4) == verdict::changed);        // and another
  CHECK(h.aor.bindings().size() == 3);
}

TEST_CASE("registrar: limits at n and n + 1", "[sip][registrar]") {
  home h;
  SECTION("bindings") {
    h.rules.bindings = 3;
    CHECK(h.hear("<sip:a@h>, <sip:b@h>", 1) == verdict::changed);
    CHECK(h.hear("<sip:c@h>, <sip:d@h>", 2) == verdict::too_many);
    CHECK(h.hear("<sip:c@h>", 3) == verdict::changed);
    CHECK(h.hear("<sip:d@h>", 4) == verdict::too_many);
    CHECK(h.hear("<sip:a@h>", 5) == verdict::changed); // a refresh is not one more
    CHECK(h.hear("<sip:d@h>, <sip:a@h>;expires=0", 6) == verdict::changed);
    CHECK(h.aor.bindings().size() == 3);
    h.rules.bindings = 2; // the operator allows fewer from now on: those there are may stay
    CHECK(h.hear("<sip:b@h>", 7) == verdict::changed);
    CHECK(h.aor.bindings().size() == 3);
    CHECK(h.hear("<sip:e@h>", 8) == verdict::too_many);
  }
  SECTION("bindings of one request that removes the same one twice, or brings it back") {
    h.rules.bindings = 3;
    CHECK(h.hear("<sip:a@h>, <sip:b@h>, <sip:c@h>", 1) == verdict::changed);
    const auto before = h.list();
    CHECK(h.hear("<sip:a@h>;expires=0, <sip:a@h>;expires=0, <sip:d@h>, <sip:e@h>", 2)
          == verdict::too_many);
    CHECK(h.hear("<sip:a@h>;expires=0, <sip:a@h>, <sip:d@h>", 2) == verdict::too_many);
    CHECK(h.list() == before);
    CHECK(h.hear("<sip:a@h>;expires=0, <sip:d@h>, <sip:d@h>", 2) == verdict::changed);
    CHECK(h.aor.bindings().size() == 3);
  }
  SECTION("bindings at most") {
    h.rules.bindings = max_bindings;
    for (std::uint32_t i = 0; i < max_bindings; ++i)
      CHECK(h.hear("<sip:" + std::to_string(i) + "@h>", i + 1) == verdict::changed);
    CHECK(h.hear("<sip:more@h>", 99) == verdict::too_many);
  }
  SECTION("the URI") {
    const std::string fits = "sip:" + std::string(max_binding_uri_bytes - 6, 'u') + "@h";
    CHECK(h.hear("<" + fits + ">", 1) == verdict::changed);
    CHECK(h.hear("<" + fits + "h>", 2) == verdict::too_long);
  }
  SECTION("the Call-ID") {
    const std::string fits(max_binding_call_id_bytes, 'c');
    CHECK(h.hear("<sip:a@h>", 1, {}, fits) == verdict::changed);
    CHECK(h.hear("<sip:a@h>", 1, {}, fits + "c") == verdict::too_long);
  }
}

TEST_CASE("registrar: a Contact's further parameters are kept, up to their limit (RFC 3840 §5)",
          "[sip][registrar]") {
  const auto kept = [](const std::string& parameters) {
    home h;
    CHECK(h.hear("<sip:a@h>" + parameters, 1, 60) == verdict::changed);
    return h.aor.bindings().front().parameters;
  };
  CHECK(kept("") == "");
  CHECK(kept(";expires=60;Q=0.5") == "");
  CHECK(kept(R"(;+sip.instance="<urn:uuid:1;2>";expires=60;methods="INVITE,BYE";q=0.5;video)")
        == R"(;+sip.instance="<urn:uuid:1;2>";methods="INVITE,BYE";video)");
  CHECK(kept("; expires=60 ; a=1 ;b") == "; a=1;b"); // the spaces go with what stood before them
  const std::string longest = ";" + std::string(max_binding_parameter_bytes - 1, 'x');
  CHECK(kept(longest) == longest);
  CHECK(kept(longest + "x") == "");
}

TEST_CASE("registrar: a binding goes when its time is over, woken late or early",
          "[sip][registrar]") {
  home h;
  CHECK_FALSE(h.aor.next_deadline());
  REQUIRE(h.hear("<sip:a@h>;expires=100, <sip:b@h>;expires=200", 1) == verdict::changed);
  CHECK(h.aor.next_deadline() == h.time.now() + 100s);
  h.time.advance(99s);
  CHECK(h.aor.on_deadline(h.time.now()).empty());
  h.time.advance(1s);
  CHECK(h.aor.on_deadline(h.time.now()).front() == binding_expired{"sip:a@h"});
  CHECK(h.list() == strings{"sip:b@h 100"});
  h.time.advance(1000s);
  CHECK(h.hear("", 2) == verdict::unchanged); // nobody has woken it
  CHECK(h.aor.empty());
  CHECK_FALSE(h.aor.next_deadline());
}

TEST_CASE("registrar: every refusal has its status and says why", "[sip][registrar]") {
  for (const auto& [v, status] : std::map<verdict, int>{{verdict::unchanged, 200},
                                                        {verdict::changed, 200},
                                                        {verdict::bad_wildcard, 400},
                                                        {verdict::too_brief, 423},
                                                        {verdict::out_of_order, 400},
                                                        {verdict::too_many, 403},
                                                        {verdict::too_long, 400}}) {
    CHECK(answer_for(v).status == status);
    CHECK(answer_for(v).reason.empty() == (status == 200 || status == 423));
  }
}

TEST_CASE("registrar: restored on another clock it does the same", "[sip][registrar]") {
  home h;
  REQUIRE(h.hear("<sip:a@h>;expires=100;q=0.3, <sip:b@h>;expires=60", 4) == verdict::changed);
  h.time.advance(20s);
  const auto taken = h.aor.snapshot_at(h.time.now());
  home other;
  other.time = test::virtual_time{1000h};
  other.aor = {taken, other.time.now()};
  CHECK(other.aor.snapshot_at(other.time.now()) == taken);
  CHECK(other.list() == strings{"sip:a@h 80", "sip:b@h 40"});
  CHECK(other.hear("<sip:a@h>", 3) == verdict::out_of_order);
  CHECK(other.hear("<sip:a@h>;expires=100;q=0.3", 4) == verdict::unchanged);
  const auto ends = other.time.run(other.aor, 200s);
  REQUIRE(ends.size() == 2);
  CHECK(ends[0] == std::pair{40'000ms, binding_expired{"sip:b@h"}});
  CHECK(ends[1] == std::pair{80'000ms, binding_expired{"sip:a@h"}});
  auto late = taken; // 50 s passed on the disk
  for (auto& b : late.bindings)
    b.remaining -= 50s;
  other.aor = {late, other.time.now()};
  CHECK(other.list() == strings{"sip:a@h 30"});
}

TEST_CASE("registrar: any sequence of requests keeps what it promises", "[sip][registrar]") {
  // Beside it a list as simple as can be: contacts by number, the last accepted word on each.
  struct word {
    std::string call_id;
    std::uint32_t cseq;
    std::uint32_t seconds;
    time_point until;
  };
  for (unsigned seed = 0; seed < 300; ++seed) {
    INFO("seed " << seed);
    std::mt19937 dice{seed};
    const auto roll = [&dice](unsigned n) { return static_cast<unsigned>(dice() % n); };
    home h;
    h.rules.bindings = 4;
    std::map<unsigned, word> model;
    for (int step = 0; step < 80; ++step) {
      h.time.advance(std::chrono::seconds{roll(4) == 0 ? roll(120) : 0});
      const auto now = h.time.now();
      std::erase_if(model, [now](const auto& m) { return m.second.until <= now; });
      const auto call_id = "c" + std::to_string(roll(2));
      const std::uint32_t cseq = 1 + roll(12);
      const unsigned which = roll(6);
      const std::uint32_t seconds = roll(4) == 0 ? 0 : roll(8) == 0 ? 30 : 60 + 60 * roll(2);
      const bool wild = roll(12) == 0;
      const auto before = h.aor.snapshot_at(now);
      const auto got =
          wild ? h.hear("*", cseq, 0, call_id)
               : h.hear("<sip:" + std::to_string(which) + "@h>", cseq, seconds, call_id);
      const auto older = [&](const word& w) { return w.call_id != call_id || cseq > w.cseq; };
      auto expected = verdict::changed;
      if (wild) {
        const bool all = std::ranges::all_of(model, [&](auto& m) { return older(m.second); });
        expected = model.empty() ? verdict::unchanged : all ? expected : verdict::out_of_order;
        if (expected == verdict::changed)
          model.clear();
      } else if (const auto m = model.find(which); seconds == 30) {
        expected = verdict::too_brief;
      } else if (m == model.end()) {
        expected = seconds == 0        ? verdict::unchanged
                   : model.size() == 4 ? verdict::too_many
                                       : verdict::changed;
      } else if (!older(m->second)) {
        const bool same = cseq == m->second.cseq && seconds == m->second.seconds;
        expected = same ? verdict::unchanged : verdict::out_of_order;
      }
      if (!wild && expected == verdict::changed) {
        model.erase(which);
        if (seconds != 0)
          model[which] = {call_id, cseq, seconds, now + std::chrono::seconds{seconds}};
      }
      REQUIRE(got == expected);
      REQUIRE(h.aor.bindings().size() == model.size());
      for (const auto& b : h.aor.bindings())
        REQUIRE(model.at(static_cast<unsigned>(b.uri[4] - '0')).until == b.expires);
      if (got != verdict::changed) {
        auto after = h.aor.snapshot_at(now);
        REQUIRE(after.bindings.size() <= before.bindings.size()); // expired ones may have gone
      }
      h.aor = {h.aor.snapshot_at(now), now}; // and a restart at every step
    }
  }
}
