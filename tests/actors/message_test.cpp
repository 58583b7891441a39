// RFC 3428: a MESSAGE outside any dialog, from user to user and over trunks.
#include "protocols/sip/typed_headers.hpp"
#include "runtime/io/libcrypto_hash.hpp"
#include "tests/actors/notes.hpp"
#include "tests/support/digest_phone.hpp"

#include <catch2/catch.hpp>

#include <algorithm>

using namespace std::chrono_literals;

using namespace tandem;
using namespace tandem::test;

namespace {

const libcrypto_hash hash{{}};

/// Passed on once, and answered with that status from there.
strings passed(const std::string& status) {
  return times(2, "MESSAGE") + times(2, status + " MESSAGE");
}

} // namespace

TEST_CASE("message: it is delivered with its content, and the answer comes back (RFC 3428 §6, §7)",
          "[actors]") {
  world w;
  say(w, w.caller,
      {.headers = "Max-Forwards: 12\r\nSubject: lunch\r\nContent-Language: en\r\nExpires: 60\r\n"
                  "Date: Mon, 23 Nov 2026 12:00:00 GMT\r\nIn-Reply-To: earlier@there\r\n"
                  "Content-Disposition: render\r\nContact: <sip:phone@127.0.0.1>\r\n"});
  REQUIRE(w.callee.heard() == strings{"MESSAGE"});
  const auto got = w.callee.last("MESSAGE");
  CHECK(got->body() == "hello");
  for (const auto& [name, value] :
       {std::pair{"Content-Type", "text/plain"}, std::pair{"Subject", "lunch"},
        std::pair{"Content-Language", "en"}, std::pair{"Expires", "60"},
        std::pair{"Date", "Mon, 23 Nov 2026 12:00:00 GMT"},
        std::pair{"In-Reply-To", "earlier@there"}, std::pair{"Content-Disposition", "render"},
        std::pair{"Max-Forwards", "11"}})
    CHECK(got->header(name) == std::string_view(value));
  CHECK_FALSE(got->has(sip::header_id::contact)); // §4
  CHECK(got->request_uri() == "sip:7100@127.0.0.1:5080");
  const auto from = sip::read_from(*got);
  CHECK(from->display_name == "Ada");
  CHECK(from->uri.text == "sip:phone@127.0.0.1:5070");
  CHECK(from->tag != "n"); // we are a user agent of our own
  CHECK(*sip::read_call_id(*got) != "note");
  REQUIRE(message_rows(w).size() == 1);
  CHECK(message_rows(w).front().state == "waiting");
  CHECK(w.level("tandem_messages_waiting") == 1);
  reply(w, w.callee, 200);
  CHECK(w.caller.heard() == strings{"200 MESSAGE"});
  CHECK_FALSE(sip::read_to(*w.caller.last("200 MESSAGE"))->tag.empty());
  CHECK(message_rows(w).front().state == "answered");
  CHECK(w.level("tandem_messages_waiting") == 0);
  CHECK(became(w, "delivered") == 1);
  CHECK(std::ranges::any_of(w.log(), [&](const std::string& line) {
    return line.find("sip:phone@127.0.0.1:5070 to sip:7100@127.0.0.1:5060: 200")
           != std::string::npos;
  }));
  CHECK(w.records() == 0);
  w.over({}, passed("200"));
}

TEST_CASE("message: what a phone answers, its sender hears", "[actors]") {
  struct row {
    std::uint16_t said;
    const char* told;
    const char* result;
  };
  for (const auto& [said, told, result] :
       {row{202, "202 MESSAGE", "delivered"}, row{404, "404 MESSAGE", "refused"},
        row{486, "486 MESSAGE", "refused"}, row{603, "603 MESSAGE", "refused"},
        row{405, "405 MESSAGE", "refused"}, row{503, "500 MESSAGE", "refused"},
        row{401, "500 MESSAGE", "refused"}, row{302, "480 MESSAGE", "refused"},
        row{408, "480 MESSAGE", "refused"}}) {
    INFO(said);
    world w;
    say(w, w.caller);
    reply(w, w.callee, said, "Retry-After: 7\r\n");
    CHECK(w.caller.heard() == strings{told});
    const bool as_said = std::to_string(said) == std::string(told).substr(0, 3);
    CHECK(w.caller.last(told)->header("Retry-After").has_value() == as_said);
    CHECK(became(w, result) == 1);
    w.over({}, {"MESSAGE", "MESSAGE", std::to_string(said) + " MESSAGE", told});
  }
}

TEST_CASE("message: to all phones of a user at once, over UDP and TCP, the first 2xx counts",
          "[actors]") {
  world w{{.settings = "[[trunks]]\nname = \"six\"\naddress = \"::1\"\ntrusted = true\n",
           .users = {"1001"},
           .everywhere = true}};
  auto& b = w.add_tcp_phone(5081);
  auto& c = w.add_phone(5082, ip_family::v6);
  enrol(w, w.callee, "1001");
  enrol(w, b, "1001", "TCP");
  enrol(w, c, "1001");
  say(w, w.caller, {.to = "1001"});
  for (auto* phone : {&w.callee, &b, &c}) {
    REQUIRE(phone->heard() == strings{"MESSAGE"});
    CHECK(phone->last("MESSAGE")->body() == "hello");
  }
  reply(w, w.callee, 486);
  CHECK(w.caller.heard().empty());
  reply(w, b, 200);
  CHECK(w.caller.heard() == strings{"200 MESSAGE"});
  reply(w, c, 200);
  CHECK(w.caller.heard() == strings{"200 MESSAGE"});
  w.over({}, times(3, "REGISTER") + times(3, "200 REGISTER") + times(4, "MESSAGE")
                 + strings{"486 MESSAGE", "200 MESSAGE", "200 MESSAGE", "200 MESSAGE"});
}

TEST_CASE("message: all phones refuse: the best refusal (RFC 3261 §16.7)", "[actors]") {
  world w{{.users = {"1001"}}};
  auto& b = w.add_phone(5081);
  enrol(w, w.callee, "1001");
  enrol(w, b, "1001");
  say(w, w.caller, {.to = "1001", .host = "example.test"});
  reply(w, w.callee, 603);
  CHECK(w.caller.heard().empty()); // what cannot be taken back is waited for
  reply(w, b, 404);
  CHECK(w.caller.heard() == strings{"603 MESSAGE"});
  w.over({}, times(2, "REGISTER") + times(2, "200 REGISTER") + times(3, "MESSAGE")
                 + strings{"603 MESSAGE", "404 MESSAGE", "603 MESSAGE"});
}

TEST_CASE("message: nobody answers: 480 while its sender still listens (RFC 4320 §4.2)",
          "[actors]") {
  world w;
  say(w, w.caller);
  w.pass(40s);
  CHECK(w.callee.times_ms("MESSAGE")
        == std::vector<std::int64_t>{0, 500, 1500, 3500, 7500, 11500, 15500, 19500, 23500, 27500,
                                     31500});
  CHECK(w.caller.heard() == strings{"100 MESSAGE", "480 MESSAGE"});
  CHECK(w.caller.times_ms("100 MESSAGE") == std::vector<std::int64_t>{3500}); // RFC 4320 §4.1
  CHECK(w.caller.times_ms("480 MESSAGE") == std::vector<std::int64_t>{28000});
  CHECK(became(w, "silent") == 1);
  w.over({}, times(12, "MESSAGE") + strings{"100 MESSAGE", "480 MESSAGE"});
}

TEST_CASE("message: a phone that hangs delays nobody's delivery", "[actors]") {
  world w{{.users = {"1001", "1002"}}};
  auto& b = w.add_phone(5081);
  enrol(w, w.callee, "1001");
  enrol(w, b, "1002");
  for (unsigned i = 1; i <= 50; ++i)
    say(w, w.caller, {.to = "1001", .cseq = i, .call_id = "hangs"});
  say(w, w.caller, {.to = "1002"});
  reply(w, b, 200);
  CHECK(w.elapsed() == 0ms);
  CHECK(w.caller.heard() == strings{"200 MESSAGE"});
  w.pass(33s);
  CHECK(w.caller.count("480 MESSAGE") == 50);
  w.over({}, w.outside());
}

TEST_CASE("message: a phone that cannot be reached (RFC 3261 §16.9)", "[actors]") {
  world w{{.users = {"1001"}, .everywhere = true}};
  auto& b = w.add_tcp_phone(5081);
  say(w, w.caller, {.to = "4100"}); // nobody listens there
  w.pass(1s);
  CHECK(w.caller.heard() == strings{"500 MESSAGE"});
  enrol(w, b, "1001", "TCP");
  w.switch_off(b);
  w.pass(1s);
  say(w, w.caller, {.to = "1001", .cseq = 2});
  w.pass(1s);
  CHECK(w.caller.count("500 MESSAGE") == 2);
  w.over({}, w.outside());
}

TEST_CASE("message: nobody to give it to", "[actors]") {
  struct row {
    const char* rule;
    note what;
    const char* told;
    const char* result;
  };
  const std::string requires_more = "Max-Forwards: 70\r\nRequire: levitation\r\n";
  for (const auto& [rule, what, told, result] :
       {row{"§21.4.18", {.to = "1001"}, "480 MESSAGE", "absent"},
        row{"§21.4.5", {.to = "1009"}, "404 MESSAGE", "nobody"},
        row{"§21.4.5", {.to = "1001", .host = "elsewhere.test"}, "404 MESSAGE", "nobody"},
        row{"§21.4.6", {.to = "9196"}, "405 MESSAGE", "no_reader"},
        row{"§16.3", {.headers = "Max-Forwards: 0\r\n"}, "483 MESSAGE", nullptr},
        row{"§8.2.2.3", {.headers = requires_more}, "420 MESSAGE", nullptr}}) {
    INFO(rule << " " << told);
    world w{{.users = {"1001"}}};
    say(w, w.caller, what);
    REQUIRE(w.caller.heard() == strings{told});
    const auto said = w.caller.last(told);
    if (said->status().value() == 405) // §20.5: of this number, not of the node
      CHECK(said->header("Allow") == "INVITE, ACK, CANCEL, BYE, OPTIONS, UPDATE, INFO");
    if (said->status().value() == 420)
      CHECK(said->header("Unsupported") == "levitation");
    if (result != nullptr)
      CHECK(became(w, result) == 1);
    CHECK(message_rows(w).empty());
    w.over({}, {"MESSAGE", told});
  }
}

TEST_CASE("message: a stranger is asked for a login, and leaves nothing (§22.2)", "[actors]") {
  const std::string users = "[[users]]\nname = \"phone\"\npassword = \"secret\"\n";
  world w{{.settings = users}};
  for (unsigned i = 1; i <= 20; ++i)
    say(w, w.caller, {.cseq = i});
  CHECK(w.caller.heard() == times(20, "401 MESSAGE"));
  CHECK(w.callee.heard().empty());
  CHECK(message_rows(w).empty());
  const auto asked = w.caller.last("401 MESSAGE");
  const auto login =
      answer_to(hash, *asked, {.method = "MESSAGE", .uri = "sip:7100@127.0.0.1:5060"});
  say(w, w.caller, {.headers = "Max-Forwards: 70\r\n" + login, .cseq = 21});
  REQUIRE(w.callee.heard() == strings{"MESSAGE"});
  CHECK_FALSE(w.callee.last("MESSAGE")->has(sip::header_id::authorization));
  reply(w, w.callee, 200);
  CHECK(w.caller.count("200 MESSAGE") == 1);
  w.over({}, w.outside());
}

TEST_CASE("message: a trunk that challenges us gets our login (§22.2)", "[actors]") {
  for (const bool accepted : {true, false}) {
    world w{{.settings = "[[trunks]]\nname = \"callee\"\naddress = \"127.0.0.1:5080\"\n"
                         "username = \"tandem\"\npassword = \"trunk-secret\"\n"}};
    say(w, w.caller);
    const std::string challenge =
        "WWW-Authenticate: Digest realm=\"carrier\", qop=\"auth\", algorithm=SHA-256, nonce=";
    reply(w, w.callee, 401, challenge + "\"n1\"\r\n");
    REQUIRE(w.callee.heard() == times(2, "MESSAGE"));
    const auto again = w.callee.last("MESSAGE");
    CHECK(again->has(sip::header_id::authorization));
    CHECK(again->header("CSeq") == "2 MESSAGE");
    CHECK(again->body() == "hello");
    CHECK(w.caller.heard().empty());
    if (accepted)
      reply(w, w.callee, 200);
    else
      reply(w, w.callee, 401, challenge + "\"n2\"\r\n"); // our login is not the sender's business
    const std::string told = accepted ? "200 MESSAGE" : "500 MESSAGE";
    CHECK(w.caller.heard() == strings{told});
    w.over({}, times(3, "MESSAGE")
                   + strings{"401 MESSAGE", accepted ? "200 MESSAGE" : "401 MESSAGE", told});
  }
}

TEST_CASE("message: a retransmission is absorbed, and answered as before (§17.2.2)", "[actors]") {
  world w;
  say(w, w.caller);
  say(w, w.caller);
  CHECK(w.callee.heard() == strings{"MESSAGE"});
  CHECK(w.caller.heard().empty());
  reply(w, w.callee, 200);
  say(w, w.caller);
  CHECK(w.callee.heard() == strings{"MESSAGE"});
  CHECK(w.caller.heard() == times(2, "200 MESSAGE"));
  w.over({}, times(4, "MESSAGE") + times(3, "200 MESSAGE"));
}

TEST_CASE("message: the same one by another way: 482 (§8.2.2.2), the next in its Call-ID is new",
          "[actors]") {
  world w;
  say(w, w.caller);
  say(w, w.caller, {.branch = "other"});
  CHECK(w.caller.heard() == strings{"482 MESSAGE"});
  say(w, w.caller, {.body = "and more", .cseq = 2});
  REQUIRE(w.callee.heard() == times(2, "MESSAGE"));
  CHECK(w.callee.last("MESSAGE")->body() == "and more");
  reply(w, w.callee, 200);
  CHECK(w.caller.heard() == strings{"482 MESSAGE", "200 MESSAGE"});
  w.pass(40s);
  w.over({}, w.outside());
}

TEST_CASE("message: it makes no dialog: what comes with the tag of its answer is 481 (§12.2.2)",
          "[actors]") {
  world w;
  say(w, w.caller);
  reply(w, w.callee, 200);
  const auto tag = std::string(sip::read_to(*w.caller.last("200 MESSAGE"))->tag);
  for (const std::string method : {"MESSAGE", "BYE"}) {
    auto text = text_of(w.caller, {.cseq = 2, .branch = method});
    for (auto at = text.find("MESSAGE"); at != std::string::npos;
         at = text.find("MESSAGE", at + method.size()))
      text.replace(at, 7, method);
    const auto to = text.find(">\r\nCall-ID");
    w.caller.say(text.insert(to + 1, ";tag=" + tag));
    w.settle();
    CHECK(w.caller.heard().back() == "481 " + method);
  }
  w.over({}, passed("200") + strings{"MESSAGE", "481 MESSAGE", "BYE", "481 BYE"});
}

TEST_CASE("message: its actor dies: 500, and nobody else notices", "[actors]") {
  world w;
  say(w, w.caller, {.call_id = "dies"});
  const auto path = "signalling/messages/" + message_rows(w).front().name;
  say(w, w.caller, {.call_id = "lives"});
  w.kill(path);
  CHECK(w.caller.heard() == strings{"500 MESSAGE"});
  CHECK(sip::read_call_id(*w.caller.last("500 MESSAGE")) == "dies");
  CHECK(became(w, "failed") == 1);
  reply(w, w.callee, 200);
  CHECK(sip::read_call_id(*w.caller.last("200 MESSAGE")) == "lives");
  CHECK(w.level("tandem_messages_waiting") == 0);
  w.kill("signalling/messages/" + message_rows(w).front().name); // answered: nothing to say
  CHECK(w.caller.heard() == strings{"500 MESSAGE", "200 MESSAGE"});
  w.over({}, w.outside());
}

TEST_CASE("message: their supervisor dies: 500 to who waits, and the next is delivered",
          "[actors]") {
  world w;
  w.connect();
  say(w, w.caller);
  w.kill("signalling/messages");
  CHECK(w.caller.count("500 MESSAGE") == 1);
  CHECK(message_rows(w).empty());
  CHECK(w.level("tandem_messages_waiting") == 0);
  CHECK(w.row("messages").restarts == 1);
  say(w, w.caller, {.cseq = 2});
  reply(w, w.callee, 200);
  CHECK(w.caller.count("200 MESSAGE") == 1);
  w.caller.bye();
  w.settle();
  w.over({"200 caller bye"},
         times(4, "MESSAGE") + strings{"500 MESSAGE", "200 MESSAGE", "200 MESSAGE"});
}

TEST_CASE("message: read by one shard, for a user of another", "[actors]") {
  world w{{.shards = 2, .users = {"1001", "1002", "1003", "1004"}}};
  for (const std::string user : {"1001", "1002", "1003", "1004"}) {
    enrol(w, w.callee, user);
    for (const std::string id : {"a", "b", "c", "d"}) {
      say(w, w.caller, {.to = user, .call_id = user + id});
      REQUIRE(w.callee.heard() == strings{"MESSAGE"});
      reply(w, w.callee, 200);
      CHECK(w.caller.heard() == strings{"200 MESSAGE"});
      w.callee.forget();
      w.caller.forget();
    }
  }
  w.over({}, w.outside());
}
