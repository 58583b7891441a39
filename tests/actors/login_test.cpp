// RFC 3261 §22, RFC 7616: phones that log in, those that fail to, and what strangers may try.
#include "actors/calls/limits.hpp"
#include "runtime/io/libcrypto_hash.hpp"
#include "tests/actors/world.hpp"
#include "tests/support/digest_phone.hpp"

#include <catch2/catch.hpp>

using namespace std::chrono_literals;

using namespace tandem;
using namespace tandem::test;

namespace {

const libcrypto_hash hash{{}};

const std::string users = "[[users]]\nname = \"phone\"\npassword = \"secret\"\n"
                          "[[users]]\nname = \"1002\"\npassword = \"other\"\n";

world_settings with_users(const std::string& auth = {}, const std::string& more = {}) {
  return {.auth = auth, .settings = users + more};
}

constexpr auto invited_uri = "sip:7100@127.0.0.1:5060";

/// The INVITE again, with an answer to the last 401.
void log_in(sip_phone& p, phone_login as = {}) {
  as.uri = invited_uri;
  const auto asked = p.last("401 INVITE");
  REQUIRE(asked);
  p.invite_again({.headers = answer_to(hash, *asked, as)});
}

/// A request of its own, by hand: "phone" asks for `method` on its own address.
void ask(sip_phone& p, std::string_view method, const std::string& lines, std::uint32_t cseq,
         std::string_view to = "phone") {
  const auto self = to_string(p.local());
  std::string text{method};
  text += " sip:127.0.0.1:5060 SIP/2.0\r\nVia: SIP/2.0/UDP " + self + ";branch=z9hG4bK-ask-"
          + std::to_string(cseq)
          + ";rport\r\nFrom: <sip:phone@127.0.0.1>;tag=ask\r\nTo: <sip:" + std::string(to)
          + "@127.0.0.1>\r\nCall-ID: ask@" + self + "\r\nCSeq: " + std::to_string(cseq) + " "
          + std::string(method) + "\r\n" + lines + "Content-Length: 0\r\n\r\n";
  p.say(std::move(text));
}

std::string answer(sip_phone& p, std::string_view method, phone_login as = {}) {
  as.method = method;
  as.uri = "sip:127.0.0.1:5060";
  const auto asked = p.last("401 " + std::string(method));
  REQUIRE(asked);
  return answer_to(hash, *asked, as);
}

std::uint64_t outcome(const world& w, const char* what) {
  return w.figure("tandem_auth_requests_total", {{"outcome", what}});
}

} // namespace

TEST_CASE("login: an INVITE is challenged, answered, and becomes a call (§22.2)", "[actors]") {
  world w{with_users()};
  w.caller.invite("7100");
  w.settle();
  REQUIRE(w.caller.heard() == strings{"401 INVITE"});
  CHECK(w.callee.heard() == strings{});
  CHECK(w.call_rows().empty()); // nothing is kept for it
  const auto asked = w.caller.last("401 INVITE");
  CHECK(asked->count(sip::header_id::www_authenticate) == 3); // RFC 8760 §2.4
  log_in(w.caller);
  w.settle();
  w.callee.respond(200);
  w.settle();
  REQUIRE(w.caller.heard() == strings{"401 INVITE", "200 INVITE"});
  // B2BUA: what the caller proved to us is nobody else's business.
  CHECK_FALSE(w.callee.last("INVITE")->has(sip::header_id::authorization));
  CHECK(outcome(w, "challenged") == 1);
  CHECK(outcome(w, "passed") == 1);
  CHECK(w.dropped("stray") == 0); // the ACK of the 401 was expected
  w.caller.bye();                 // inside the dialog nobody is asked again
  w.settle();
  CHECK(w.caller.count("200 BYE") == 1);
  w.over({"200 caller bye"}, {"INVITE", "401 INVITE", "ACK"});
}

TEST_CASE("login: a late ACK of the 401 does the call no harm (§17.1.1.3)", "[actors]") {
  world w{with_users()};
  w.caller.habits.acknowledges_failures = false;
  w.caller.invite("7100");
  w.settle();
  const auto refused = w.caller.last("401 INVITE");
  const auto invite = w.caller.sent("INVITE");
  log_in(w.caller);
  w.settle();
  w.callee.respond(200);
  w.settle();
  auto ack = "ACK" + invite.substr(6, invite.find("\r\nTo: ") - 6)
             + "\r\nTo: " + std::string(*refused->header("To"))
             + "\r\nCall-ID: " + std::string(*refused->header("Call-ID")) + "\r\nCSeq: 1 ACK\r\n"
             + "Content-Length: 0\r\n\r\n";
  w.caller.say(ack);
  w.settle();
  CHECK(w.dropped("stray") == 0);
  w.caller.bye();
  w.settle();
  w.over({"200 caller bye"}, {"INVITE", "401 INVITE"});
}

TEST_CASE("login: a wrong password and a name that nobody has look alike (§26.3.2.4)", "[actors]") {
  std::vector<strings> seen;
  for (const auto& who : {phone_login{.password = "guess"}, phone_login{.user = "nobody"}}) {
    world w{with_users()};
    w.caller.invite("7100");
    w.settle();
    log_in(w.caller, who);
    w.settle();
    REQUIRE(w.caller.heard() == strings{"401 INVITE", "401 INVITE"});
    strings lines;
    for (const auto& field : w.caller.last("401 INVITE")->headers()) {
      std::string value(field.value);
      if (const auto nonce = value.find("nonce="); nonce != std::string::npos)
        value.erase(nonce, 62);
      lines.push_back(std::string(field.name) + ": " + value);
    }
    CHECK(w.caller.last("401 INVITE")->raw().find("stale") == std::string_view::npos);
    seen.push_back(lines);
    CHECK(outcome(w, "failed") == 1);
    CHECK(w.callee.heard() == strings{});
    w.over({}, {"INVITE", "401 INVITE", "ACK", "INVITE", "401 INVITE", "ACK"});
  }
  CHECK(seen[0] == seen[1]);
}

TEST_CASE("login: nobody calls or registers in another's name (§10.3 step 4)", "[actors]") {
  world w{with_users()};
  w.caller.invite("7100");
  w.settle();
  log_in(w.caller, {.user = "1002", .password = "other"});
  w.settle();
  CHECK(w.caller.heard() == strings{"401 INVITE", "403 INVITE"});
  w.caller.forget();
  ask(w.caller, "REGISTER", "", 1, "1002");
  w.settle();
  ask(w.caller, "REGISTER", answer(w.caller, "REGISTER"), 2, "1002");
  w.settle();
  CHECK(w.caller.heard() == strings{"401 REGISTER", "403 REGISTER"});
  CHECK(outcome(w, "not_his_name") == 2);
  w.over({}, {"INVITE", "401 INVITE", "ACK", "INVITE", "403 INVITE", "ACK", "REGISTER",
              "401 REGISTER", "REGISTER", "403 REGISTER"});
}

TEST_CASE("login: a caller may hide his name (RFC 3323 §4.1.1.3)", "[actors]") {
  world w{with_users()};
  w.caller.invite("7100");
  w.settle();
  phone_login as;
  as.uri = invited_uri;
  const auto lines = answer_to(hash, *w.caller.last("401 INVITE"), as);
  auto anonymous = w.caller.sent("INVITE");
  const auto put = [&](const std::string& from, const std::string& to) {
    const auto at = anonymous.find(from);
    REQUIRE(at != std::string::npos);
    anonymous.replace(at, from.size(), to);
  };
  put("From: <sip:phone@127.0.0.1:5070>", "From: <sip:anonymous@anonymous.invalid>");
  put("CSeq: 1", "CSeq: 2");
  put("z9hG4bK-5070-1", "z9hG4bK-5070-anonymous");
  put("Contact:", lines + "Contact:");
  w.caller.say(anonymous);
  w.settle();
  CHECK(w.callee.heard() == strings{"INVITE"});
  w.callee.respond(486);
  w.settle();
  w.over({"486 callee rejected"}, {"INVITE", "401 INVITE", "ACK"});
}

TEST_CASE("login: a nonce serves many requests with rising nc, each once (RFC 7616 §3.4, §5.12)",
          "[actors]") {
  world w{with_users()};
  ask(w.caller, "REGISTER", "", 1);
  w.settle();
  const auto first = answer(w.caller, "REGISTER");
  const auto second = answer(w.caller, "REGISTER", {.nc = 2});
  const auto passed = [&] { return outcome(w, "passed"); };
  ask(w.caller, "REGISTER", first, 2);
  w.settle();
  CHECK(passed() == 1);
  ask(w.caller, "REGISTER", first, 2); // a retransmission: the answer was lost
  w.settle();
  CHECK(passed() == 2);
  ask(w.caller, "REGISTER", second, 3);
  w.settle();
  CHECK(passed() == 3);
  ask(w.caller, "REGISTER", first, 4); // a replay
  w.settle();
  CHECK(passed() == 3);
  REQUIRE(w.caller.count("401 REGISTER") == 2);
  CHECK(w.caller.last("401 REGISTER")->raw().find("stale=true") != std::string_view::npos);
  w.over({}, w.outside());
}

TEST_CASE("login: an old nonce is stale, and the phone goes on without a question to its user "
          "(RFC 7616 §3.3)",
          "[actors]") {
  world w{with_users("nonce_lifetime_s = 10\n")};
  w.caller.invite("7100");
  w.pass(10s + 1ms);
  log_in(w.caller);
  w.settle();
  REQUIRE(w.caller.heard() == strings{"401 INVITE", "401 INVITE"});
  CHECK(w.caller.last("401 INVITE")->raw().find("stale=true") != std::string_view::npos);
  CHECK(outcome(w, "failed") == 0);
  log_in(w.caller);
  w.settle();
  CHECK(w.callee.heard() == strings{"INVITE"});
  w.callee.respond(486);
  w.settle();
  w.over({"486 callee rejected"}, {"INVITE", "401 INVITE", "ACK", "INVITE", "401 INVITE", "ACK"});
}

TEST_CASE("login: credentials that cannot be read are answered 400 (RFC 7616 §3.4)", "[actors]") {
  world w{with_users()};
  ask(w.caller, "REGISTER", "Authorization: Digest realm=\"example.test\", nc=x\r\n", 1);
  w.settle();
  REQUIRE(w.caller.heard() == strings{"400 REGISTER"});
  CHECK(w.caller.last("400 REGISTER")->reason() == "Bad Authorization");
  w.over({}, w.outside());
}

TEST_CASE("login: who is asked: all that begins something, not OPTIONS, CANCEL, ACK (§22.1)",
          "[actors]") {
  for (const auto* method :
       {"REGISTER", "MESSAGE", "SUBSCRIBE", "PUBLISH", "REFER", "NOTIFY", "UNHEARD"}) {
    INFO(method);
    world w{with_users()};
    w.caller.request_outside(method, "7100");
    w.settle();
    CHECK(w.caller.heard() == strings{std::string("401 ") + method});
    w.over({}, w.outside());
  }
  world w{with_users()};
  w.caller.request_outside("OPTIONS", "7100");
  w.caller.request_outside("CANCEL", "7100");
  w.caller.request_outside("BYE", "7100");
  w.caller.request_outside("ACK", "7100");
  w.settle();
  CHECK(w.caller.heard() == strings{"481 CANCEL", "200 OPTIONS", "481 BYE"});
  w.over({}, w.outside());
}

TEST_CASE("login: a trusted trunk is not asked, another one is", "[actors]") {
  const auto trunk = [](const char* more) {
    return std::string("[[trunks]]\nname = \"t\"\naddress = \"127.0.0.1:5070\"\n") + more;
  };
  world trusting{with_users({}, trunk("trusted = true\n"))};
  trusting.caller.invite("7100");
  trusting.settle();
  CHECK(trusting.callee.heard() == strings{"INVITE"});
  CHECK(outcome(trusting, "trusted") == 1);
  trusting.callee.respond(486);
  trusting.settle();
  trusting.over({"486 callee rejected"});

  world asking{with_users({}, trunk(""))};
  asking.caller.invite("7100");
  asking.settle();
  CHECK(asking.caller.heard() == strings{"401 INVITE"});
  asking.over({}, asking.outside());
}

TEST_CASE("login: a phone that fails at strong algorithms is offered what it bears", "[actors]") {
  struct row {
    const char* agent;
    std::size_t challenges;
    hash_algorithm strongest;
  };
  const auto r = GENERATE(row{"baresip v1.0.0 (x86_64/linux)", 1, hash_algorithm::md5},
                          row{"Linphonec/5.1.65 (belle-sip/5.1.65)", 2, hash_algorithm::sha256},
                          row{"another", 3, hash_algorithm::sha512_256});
  world w{with_users()};
  w.caller.invite("7100", {.headers = "User-Agent: " + std::string(r.agent) + "\r\n"});
  w.settle();
  const auto asked = w.caller.last("401 INVITE");
  REQUIRE(asked);
  CHECK(asked->count(sip::header_id::www_authenticate) == r.challenges);
  CHECK(sip::choose_challenge(*asked, sip::header_id::www_authenticate)->algorithm == r.strongest);
  w.over({}, w.outside());
}

TEST_CASE("login: failures of one source lead to a ban, which ends", "[actors]") {
  world w{with_users("failures_per_minute = 3\nban_s = 60\n")};
  auto& other = w.add_phone(5071);
  std::uint32_t cseq = 0;
  const auto fail = [&] {
    ask(w.caller, "REGISTER", "", ++cseq);
    w.settle();
    ask(w.caller, "REGISTER", answer(w.caller, "REGISTER", {.password = "guess"}), ++cseq);
    w.settle();
  };
  for (int i = 0; i < 4; ++i)
    fail();
  CHECK(outcome(w, "failed") == 4);
  w.caller.forget();
  ask(w.caller, "REGISTER", "", ++cseq);
  w.caller.invite("7100");
  ask(other, "REGISTER", "", 1); // the same address, whatever the port
  w.settle();
  CHECK(w.caller.heard() == strings{"403 REGISTER", "403 INVITE"});
  CHECK(other.heard() == strings{"403 REGISTER"});
  CHECK(outcome(w, "banned") == 3);
  w.pass(60s);
  ask(w.caller, "REGISTER", "", ++cseq);
  w.settle();
  CHECK(w.caller.count("401 REGISTER") == 1);
  w.over({}, w.outside());
}

TEST_CASE("login: a flood of one source is dropped beyond its rate, and a trunk is exempt",
          "[actors]") {
  for (const bool trunk : {false, true}) {
    world w{with_users("requests_per_second = 2\n",
                       trunk ? "[[trunks]]\nname = \"t\"\naddress = \"127.0.0.1\"\n" : "")};
    for (std::uint32_t i = 1; i <= 100; ++i)
      ask(w.caller, i % 2 == 0 ? "REGISTER" : "MESSAGE", "", i);
    w.settle();
    CHECK(w.caller.heard().size() == (trunk ? 100 : 10)); // 2 per second for 5 seconds
    CHECK(outcome(w, "dropped") == (trunk ? 0 : 90));
    w.over({}, w.outside());
  }
}

TEST_CASE("login: users of a reload are in force at once", "[actors]") {
  world w;
  w.caller.invite("9196");
  w.settle();
  CHECK(w.caller.heard() == strings{"200 INVITE"});
  w.apply(with_users());
  w.caller.bye();
  w.settle();
  CHECK(w.caller.count("200 BYE") == 1);
  w.caller.invite("7100");
  w.settle();
  CHECK(w.caller.count("401 INVITE") == 1);
  w.over({"200 caller bye"}, {"INVITE", "401 INVITE", "ACK"});
}

TEST_CASE("login: a user has so many calls that are not answered, from wherever he calls",
          "[actors][limits]") {
  constexpr auto most = tandem::actors::limits::caller_allowances{}.user.pending;
  auto settings = with_users({}, "[[trunks]]\nname = \"desk\"\naddress = \"127.0.0.1:5999\"\n"
                                 "trusted = true\n");
  settings.media_pairs = 300;
  world w{settings};
  std::vector<sip_phone*> phones;
  const auto ring = [&](std::uint16_t port) -> sip_phone& {
    auto& p = w.add_phone(port);
    p.habits.acknowledges_failures = true;
    p.invite("7100");
    w.settle();
    if (port != 5999)
      log_in(p);
    w.settle();
    return p;
  };
  for (std::size_t i = 0; i < most; ++i)
    phones.push_back(&ring(static_cast<std::uint16_t>(6000 + i)));
  CHECK(w.callee.count("INVITE") == most);
  auto& one_more = ring(5998);
  CHECK(one_more.heard().back() == "503 INVITE");
  CHECK(ring(5999).count("503 INVITE") == 0); // a trunk has its own
  CHECK(w.callee.count("INVITE") == most + 1);
  phones.front()->cancel();
  w.settle();
  CHECK(ring(5997).count("503 INVITE") == 0); // what is over counts no more, though it lingers
  CHECK(w.callee.count("INVITE") == most + 2);
  w.pass(60s); // the callee never says a word
  strings outside{"INVITE", "503 INVITE", "ACK"};
  for (std::size_t i = 0; i < most + 2; ++i)
    outside.insert(outside.end(), {"INVITE", "401 INVITE", "ACK"});
  w.over(w.details(), outside);
}
