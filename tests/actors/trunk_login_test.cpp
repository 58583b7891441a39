// RFC 3261 §22.2, §22.3: a trunk that challenges our requests.
#include "protocols/sip/typed_headers.hpp"
#include "runtime/io/libcrypto_hash.hpp"
#include "tests/actors/world.hpp"
#include "tests/support/digest_phone.hpp"

#include <catch2/catch.hpp>

#include <algorithm>

using namespace std::chrono_literals;

using namespace tandem;
using namespace tandem::test;

namespace {

const libcrypto_hash hash{{}};

world_settings with_trunk(const std::string& login = "username = \"tandem\"\n"
                                                     "password = \"trunk-secret\"\n") {
  return {.settings = "[[trunks]]\nname = \"callee\"\naddress = \"127.0.0.1:5080\"\n" + login};
}

sip_extras challenge(const std::string& nonce, const std::string& more = {},
                     const std::string& header = "WWW-Authenticate") {
  return {.headers = header + ": Digest realm=\"carrier\", qop=\"auth\", nonce=\"" + nonce
                     + "\", algorithm=SHA-256" + more + "\r\n",
          .body = "",
          .contact = false};
}

/// Whether the request carries the right answer to this nonce.
bool answers(const sip::message& request, sip::header_id id, std::string_view nonce) {
  const auto value = request.header(id);
  const auto c =
      value ? sip::parse_credentials(*value) : tl::unexpected(sip::digest_error::missing);
  if (!c || c->nonce != nonce || c->username != "tandem" || c->uri != request.request_uri())
    return false;
  const auto ha1 = sip::make_ha1(hash, hash_algorithm::sha256, "tandem", "carrier", "trunk-secret");
  return sip::make_response(hash, *c, request.method_name(), ha1.view()).view() == c->response;
}

bool holds(const world& w, std::string_view secret) {
  return std::ranges::any_of(w.happenings(), [&](const happening& h) {
    return h.bytes.find(secret) != std::string::npos;
  });
}

} // namespace

TEST_CASE("trunk login: a challenged INVITE is sent again with credentials (§8.1.3.5)",
          "[actors]") {
  for (const bool proxy : {false, true}) {
    const std::uint16_t status = proxy ? 407 : 401;
    const auto id = proxy ? sip::header_id::proxy_authorization : sip::header_id::authorization;
    const auto* header = proxy ? "Proxy-Authenticate" : "WWW-Authenticate";
    world w{with_trunk()};
    w.caller.invite("7100");
    w.settle();
    const auto first = w.callee.last("INVITE");
    CHECK_FALSE(first->has(id));
    w.callee.respond(status, challenge("n1", "", header));
    w.settle();
    REQUIRE(w.callee.heard() == strings{"INVITE", "ACK", "INVITE"});
    const auto again = w.callee.last("INVITE");
    CHECK(answers(*again, id, "n1"));
    CHECK(*again->header("Call-ID") == *first->header("Call-ID"));
    CHECK(*again->header("From") == *first->header("From"));
    CHECK(*again->header("To") == *first->header("To"));
    CHECK(*again->header("CSeq") == "2 INVITE");
    CHECK(sip::read_top_via(*again)->branch != sip::read_top_via(*first)->branch);
    CHECK(again->body() == first->body());
    CHECK(w.caller.heard() == strings{});
    w.callee.respond(180);
    w.callee.respond(200);
    w.settle();
    CHECK(w.caller.heard() == strings{"180 INVITE", "200 INVITE"});
    // §13.2.2.4: the ACK has the credentials of its INVITE.
    CHECK(*w.callee.last("ACK")->header(id) == *again->header(id));
    w.caller.bye();
    w.settle();
    CHECK(w.callee.count("BYE") == 1);
    CHECK_FALSE(holds(w, "trunk-secret")); // neither on the wire nor in a record
    w.over({"200 caller bye"});
  }
}

TEST_CASE("trunk login: a proxy and the server behind it (§22.3)", "[actors]") {
  world w{with_trunk()};
  w.caller.invite("7100");
  w.settle();
  w.callee.respond(407, challenge("p", "", "Proxy-Authenticate"));
  w.settle();
  w.callee.respond(401, challenge("s"));
  w.settle();
  const auto third = w.callee.last("INVITE");
  CHECK(answers(*third, sip::header_id::proxy_authorization, "p"));
  CHECK(answers(*third, sip::header_id::authorization, "s"));
  CHECK(*third->header("CSeq") == "3 INVITE");
  w.callee.respond(486);
  w.settle();
  w.over({"486 callee rejected"});
}

TEST_CASE("trunk login: once per nonce, once more if it was stale (RFC 7616 §3.3)", "[actors]") {
  world w{with_trunk()};
  w.caller.invite("7100");
  w.settle();
  w.callee.respond(401, challenge("n1"));
  w.settle();
  w.callee.respond(401, challenge("n2", ", stale=true"));
  w.settle();
  CHECK(answers(*w.callee.last("INVITE"), sip::header_id::authorization, "n2"));
  w.callee.respond(401, challenge("n3", ", stale=true"));
  w.settle();
  CHECK(w.callee.count("INVITE") == 3);
  CHECK(w.caller.heard() == strings{"500 INVITE"}); // our login is not the caller's business
  CHECK(std::ranges::any_of(w.log(), [](const std::string& line) {
    return line.find("trunk callee refuses our login") != std::string::npos;
  }));
  w.over({"500 callee rejected"});
}

TEST_CASE("trunk login: without a login, or to a challenge that we cannot answer, it is a refusal",
          "[actors]") {
  for (const auto& [settings, asked] :
       {std::pair{with_trunk(""), challenge("n1")},
        std::pair{with_trunk(), challenge("n1", ", algorithm=MD5")}, // twice: malformed
        std::pair{with_trunk(), sip_extras{.body = "", .contact = false}},
        std::pair{world_settings{}, challenge("n1")}}) {
    world w{settings};
    w.caller.invite("7100");
    w.settle();
    w.callee.respond(401, asked);
    w.settle();
    CHECK(w.callee.heard() == strings{"INVITE", "ACK"});
    CHECK(w.caller.heard() == strings{"500 INVITE"});
    w.over({"500 callee rejected"});
  }
}

TEST_CASE("trunk login: early dialogs of the challenged INVITE are over (§12.3)", "[actors]") {
  world w{with_trunk()};
  w.caller.invite("7100");
  w.settle();
  w.callee.respond(180, {.tag = "one"});
  w.callee.respond(180, {.tag = "two"});
  w.settle();
  CHECK(w.has_row("dialog 1"));
  w.callee.respond(401, challenge("n1"));
  w.settle();
  CHECK_FALSE(w.has_row("dialog 1"));
  w.callee.respond(200);
  w.settle();
  CHECK(w.caller.count("200 INVITE") == 1);
  w.callee.bye();
  w.settle();
  w.over({"200 callee bye"});
}

TEST_CASE("trunk login: a caller who has hung up gets no further INVITE (§9.1)", "[actors]") {
  world w{with_trunk()};
  w.caller.invite("7100");
  w.settle();
  w.caller.cancel(); // before any response: our CANCEL waits
  w.settle();
  w.callee.respond(401, challenge("n1"));
  w.settle();
  CHECK(w.callee.heard() == strings{"INVITE", "ACK"});
  CHECK(w.caller.heard() == strings{"200 CANCEL", "487 INVITE"});
  w.over({"487 caller cancelled"});
}

TEST_CASE("trunk login: a CANCEL after the second INVITE is of that one (§9.1)", "[actors]") {
  world w{with_trunk()};
  w.caller.invite("7100");
  w.settle();
  w.callee.respond(180);
  w.callee.respond(401, challenge("n1"));
  w.settle();
  w.caller.cancel();
  w.settle();
  CHECK(w.callee.count("CANCEL") == 0); // no 1xx to this INVITE yet
  w.callee.respond(180);
  w.settle();
  REQUIRE(w.callee.count("CANCEL") == 1);
  CHECK(*w.callee.last("CANCEL")->header("CSeq") == "2 CANCEL");
  w.over({"487 caller cancelled"});
}

TEST_CASE("trunk login: a challenged BYE is sent again, once", "[actors]") {
  world w{with_trunk()};
  w.callee.habits.answers_bye = false;
  w.connect();
  w.caller.bye();
  w.settle();
  w.callee.respond_to("BYE", 407, challenge("b1", "", "Proxy-Authenticate"));
  w.settle();
  REQUIRE(w.callee.count("BYE") == 2);
  const auto again = w.callee.last("BYE");
  CHECK(answers(*again, sip::header_id::proxy_authorization, "b1"));
  CHECK(*again->header("CSeq") == "3 BYE");
  w.callee.respond_to("BYE", 407, challenge("b2", "", "Proxy-Authenticate"));
  w.settle();
  CHECK(w.callee.count("BYE") == 2);
  w.over({"200 caller bye"});
}

TEST_CASE("trunk login: challenged re-INVITE, UPDATE, INFO and MESSAGE are sent again (§22.2)",
          "[actors]") {
  constexpr auto takes_update = "Allow: INVITE, ACK, BYE, CANCEL, UPDATE\r\n";
  world w{with_trunk()};
  w.caller.invite("7100");
  w.settle();
  w.callee.respond(200, {.headers = takes_update});
  w.settle();
  unsigned version = 1;
  for (const std::string method : {"INVITE", "UPDATE", "INFO", "MESSAGE"}) {
    INFO(method);
    const bool offers = method == "INVITE" || method == "UPDATE";
    w.callee.forget();
    w.caller.forget();
    if (method == "INVITE")
      w.caller.reinvite({.body = w.caller.described(++version)});
    else
      w.caller.change(method, {.body = offers ? w.caller.described(++version) : "a word"});
    w.settle();
    REQUIRE(w.callee.count(method) == 1);
    const auto first = w.callee.last(method);
    CHECK_FALSE(first->has(sip::header_id::authorization));
    w.callee.respond_to(method, 401, challenge("n-" + method));
    w.settle();
    REQUIRE(w.callee.count(method) == 2);
    const auto again = w.callee.last(method);
    CHECK(answers(*again, sip::header_id::authorization, "n-" + method));
    CHECK(again->body() == first->body());
    CHECK(sip::read_cseq(*again)->number == sip::read_cseq(*first)->number + 1);
    w.callee.respond_to(method, 200,
                        {.body = offers ? w.callee.described(version) : "", .contact = offers});
    w.settle();
    CHECK(w.caller.count("200 " + method) == 1);
    if (method == "INVITE") // §13.2.2.4: the ACK has the credentials of its INVITE
      CHECK(*w.callee.last("ACK")->header(sip::header_id::authorization)
            == *again->header(sip::header_id::authorization));
  }
  w.caller.bye();
  w.settle();
  w.over({"200 caller bye"});
}

TEST_CASE("trunk login: a second challenge to a re-INVITE or INFO is a refusal", "[actors]") {
  world w{with_trunk()};
  w.connect();
  for (const std::string method : {"INVITE", "INFO"}) {
    INFO(method);
    w.callee.forget();
    w.caller.forget();
    if (method == "INVITE")
      w.caller.reinvite({.body = w.caller.described(2)});
    else
      w.caller.change(method, {.body = "a word"});
    w.settle();
    for (const auto* nonce : {"n1", "n2"}) {
      w.callee.respond_to(method, 401, challenge(nonce));
      w.settle();
    }
    CHECK(w.callee.count(method) == 2);
    CHECK(w.caller.count((method == "INVITE" ? "488 " : "500 ") + method) == 1);
  }
  w.caller.bye();
  w.settle();
  w.over({"200 caller bye"});
}

TEST_CASE("trunk login: a restart between the challenge and the answer to it", "[actors]") {
  for (const std::string method : {"INVITE", "INFO"}) {
    INFO(method);
    world w{with_trunk()};
    w.connect();
    w.callee.forget();
    w.caller.forget();
    if (method == "INVITE")
      w.caller.reinvite({.body = w.caller.described(2)});
    else
      w.caller.change(method, {.body = "a word"});
    w.settle();
    w.callee.respond_to(method, 401, challenge("n1"));
    w.settle();
    REQUIRE(answers(*w.callee.last(method), sip::header_id::authorization, "n1"));
    w.restart();
    w.callee.respond_to(method, 401, challenge("n2", ", stale=true"));
    w.settle();
    REQUIRE(answers(*w.callee.last(method), sip::header_id::authorization, "n2"));
    w.callee.respond_to(method, 200, {.body = method == "INVITE" ? w.callee.described(2) : ""});
    w.settle();
    CHECK(w.caller.count("200 " + method) == 1);
    w.caller.bye();
    w.settle();
    w.over({"200 caller bye"});
  }
}
