// Calls whose media go from phone to phone: what one phone describes is what the other one reads,
// under an o= line of ours (RFC 3264 §8), and no leg has a media endpoint or ports.
#include "protocols/sip/parser.hpp"
#include "tests/actors/world.hpp"

#include <catch2/catch.hpp>

using namespace std::chrono_literals;
using namespace tandem;
using namespace tandem::test;

namespace {

/// `called` leads to that application, with direct media.
std::string direct_route(const std::string& called, const std::string& app, const std::string& to) {
  return "[[routes]]\nmatch = \"^" + called + "\"\napp = \"" + app + "\"\nto = \"sip:" + to
         + "\"\nmedia = \"direct\"\n";
}

struct direct_world : world {
  explicit direct_world(const world_settings& s = {}) : world(s) {}

  /// No ports, and no actor for media.
  void check_no_media() {
    CHECK(media().in_use() == 0);
    for (const auto& row : rows())
      CHECK(row.kind != "media_endpoint");
  }

  void connect_directly() {
    caller.invite("3100");
    settle();
    callee.respond(200);
    settle();
    REQUIRE(caller.count("200 INVITE") == 1);
    check_no_media();
  }

  void hang_up() {
    check_no_media();
    caller.bye();
    settle();
    over({"200 caller bye"});
  }
};

/// What stands in a message, without its o= line.
std::string without_origin(std::string_view body) {
  const auto at = body.find("o=");
  REQUIRE(at != std::string_view::npos);
  const auto end = body.find("\r\n", at) + 2;
  return std::string(body.substr(0, at)) + std::string(body.substr(end));
}

std::string origin_of(const sip::message_ptr& m) {
  REQUIRE(m);
  const auto body = m->body();
  const auto at = body.find("o=");
  REQUIRE(at != std::string_view::npos);
  return std::string(body.substr(at, body.find("\r\n", at) - at));
}

/// "o=- 123 2 IN …" is 2.
std::uint64_t version_of(const sip::message_ptr& m) {
  const auto o = origin_of(m);
  return std::stoull(o.substr(o.find(' ', o.find(' ') + 1)));
}

std::string described_in(const sip::message_ptr& m) {
  REQUIRE(m);
  return without_origin(m->body());
}

/// Nothing of this could be relayed.
const std::string with_everything =
    "v=0\r\no=alice 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n"
    "a=group:BUNDLE 1 2\r\na=ice-ufrag:Zx9\r\n"
    "m=audio 4000 RTP/SAVP 0\r\nc=IN IP4 192.0.2.2\r\na=crypto:1 AES_CM_128_HMAC_SHA1_80 "
    "inline:x\r\na=candidate:1 1 UDP 1 192.0.2.3 4 typ host\r\n"
    "m=video 4002 RTP/SAVP 96\r\na=rtpmap:96 H264/90000\r\n"
    "m=image 4004 udptl t38\r\na=T38FaxVersion:0\r\n";

} // namespace

TEST_CASE("direct: each phone reads what the other one described, under an o= line of ours",
          "[actors]") {
  direct_world w;
  w.caller.invite("3100", {.body = with_everything});
  w.settle();
  CHECK(described_in(w.callee.last("INVITE")) == without_origin(with_everything));
  CHECK(origin_of(w.callee.last("INVITE")).ends_with(" 1 IN IP4 127.0.0.1"));
  auto answer = with_everything;
  answer.replace(answer.find("4000"), 4, "6000");
  w.callee.respond(183, {.body = answer});
  w.settle();
  CHECK(described_in(w.caller.last("183 INVITE")) == without_origin(answer));
  w.callee.respond(200, {.body = answer});
  w.settle();
  CHECK(w.caller.last("200 INVITE")->body() == w.caller.last("183 INVITE")->body());
  CHECK(origin_of(w.caller.last("200 INVITE")) != origin_of(w.callee.last("INVITE")));
  CHECK(w.callee.count("ACK") == 1);
  w.hang_up();
}

TEST_CASE("direct: a description without m= lines, and names for addresses", "[actors]") {
  const std::string none = "v=0\r\no=- 1 1 IN IP4 phone.example\r\ns=-\r\nt=0 0\r\n";
  direct_world w;
  w.caller.invite("3100", {.body = none});
  w.settle();
  CHECK(described_in(w.callee.last("INVITE")) == without_origin(none));
  w.callee.respond(200, {.body = none});
  w.settle();
  CHECK(described_in(w.caller.last("200 INVITE")) == without_origin(none));
  w.hang_up();
}

TEST_CASE("direct: an answer that does not fit, a description that cannot be read", "[actors]") {
  direct_world w;
  w.caller.invite("3100", {.body = with_everything});
  w.settle();
  w.callee.respond(200, {.body = w.callee.described(1)}); // fewer m= lines (RFC 3264 §6)
  w.settle();
  CHECK(w.caller.count("488 INVITE") == 1);
  CHECK(w.callee.heard() == strings{"INVITE", "ACK", "BYE"});
  w.caller.invite("3100", {.body = "nonsense"});
  w.settle();
  CHECK(w.caller.count("400 INVITE") == 1);
  w.check_no_media();
  w.over({"488 node rejected", "400 node rejected"});
}

TEST_CASE("direct: hold and resume by re-INVITE and UPDATE, versions rise (RFC 3264 §8)",
          "[actors]") {
  for (const bool by_caller : {true, false}) {
    INFO((by_caller ? "the caller" : "the callee"));
    direct_world w;
    w.connect_directly();
    auto& holder = by_caller ? w.caller : w.callee;
    auto& held = by_caller ? w.callee : w.caller;
    const auto before = version_of(held.last(by_caller ? "INVITE" : "200 INVITE"));
    holder.forget();
    held.forget();
    auto hold = holder.described(2, "a=sendonly\r\n");
    hold.replace(hold.find("c=IN IP4 127.0.0.1"), 18, "c=IN IP4 0.0.0.0"); // §8.4: it stays
    holder.reinvite({.body = hold});
    w.settle();
    CHECK(described_in(held.last("INVITE")) == without_origin(hold));
    CHECK(version_of(held.last("INVITE")) == before + 1);
    const auto answer = held.described(2, "a=recvonly\r\n");
    held.respond(200, {.body = answer});
    w.settle();
    CHECK(described_in(holder.last("200 INVITE")) == without_origin(answer));
    holder.ack();
    w.settle();
    const auto resumed = holder.described(3);
    holder.update({.body = resumed});
    w.settle();
    held.respond_to(held.count("UPDATE") > 0 ? "UPDATE" : "INVITE", 200,
                    {.body = held.described(3)});
    w.settle();
    CHECK(described_in(held.last(held.count("UPDATE") > 0 ? "UPDATE" : "INVITE"))
          == without_origin(resumed));
    w.hang_up();
  }
}

TEST_CASE("direct: an offer that changes nothing is answered here (RFC 3264 §8)", "[actors]") {
  direct_world w;
  w.connect_directly();
  const auto agreed = std::string(w.caller.last("200 INVITE")->body());
  w.callee.forget();
  w.caller.reinvite();
  w.settle();
  CHECK(w.callee.heard().empty());
  CHECK(w.caller.count("200 INVITE") == 2);
  CHECK(w.caller.last("200 INVITE")->body() == agreed);
  w.hang_up();
}

TEST_CASE("direct: an INVITE without offer, at the start and later (RFC 3261 §13.2.1, §14.2)",
          "[actors]") {
  direct_world w;
  w.caller.habits.acknowledges = false;
  w.caller.invite("3100", {.body = ""});
  w.settle();
  REQUIRE(w.callee.last("INVITE"));
  CHECK(w.callee.last("INVITE")->body().empty());
  w.callee.respond(200, {.body = with_everything});
  w.settle();
  CHECK(described_in(w.caller.last("200 INVITE")) == without_origin(with_everything));
  CHECK(w.callee.count("ACK") == 0); // it waits for the answer
  auto answer = with_everything;
  answer.replace(answer.find("4000"), 4, "6000");
  w.caller.ack({.body = answer});
  w.settle();
  CHECK(described_in(w.callee.last("ACK")) == without_origin(answer));

  w.caller.reinvite({.body = ""});
  w.settle();
  CHECK(w.callee.last("INVITE")->body().empty());
  w.callee.respond(200, {.body = with_everything});
  w.settle();
  CHECK(described_in(w.caller.last("200 INVITE")) == without_origin(with_everything));
  w.caller.ack({.body = answer});
  w.settle();
  CHECK(w.callee.count("ACK") == 2);
  CHECK(described_in(w.callee.last("ACK")) == without_origin(answer));
  w.hang_up();
}

TEST_CASE("direct: of several phones the caller gets the description of the one that answers",
          "[actors]") {
  direct_world w{{.settings = direct_route("both", "phones_2", "x@127.0.0.1")}};
  auto& other = w.add_phone(5081);
  w.caller.invite("both");
  w.settle();
  CHECK(described_in(w.callee.last("INVITE")) == without_origin(w.caller.described(1)));
  CHECK(described_in(other.last("INVITE")) == without_origin(w.caller.described(1)));
  CHECK(origin_of(w.callee.last("INVITE")) != origin_of(other.last("INVITE")));
  w.callee.respond(183);
  w.settle();
  CHECK(described_in(w.caller.last("183 INVITE")) == without_origin(w.callee.described(1)));
  other.respond(200);
  w.settle();
  CHECK(described_in(w.caller.last("200 INVITE")) == without_origin(other.described(1)));
  CHECK(version_of(w.caller.last("200 INVITE")) == version_of(w.caller.last("183 INVITE")) + 1);
  CHECK(w.callee.count("CANCEL") == 1);
  w.hang_up();
}

TEST_CASE("direct: a session is refreshed with what was agreed, and ends when nobody answers",
          "[actors]") {
  direct_world w;
  w.connect_directly();
  const auto agreed = std::string(w.caller.last("200 INVITE")->body());
  w.callee.forget();
  w.pass(900s); // half of 1800: we refresh, since the caller knows no timers
  REQUIRE(w.caller.count("INVITE") == 1);
  CHECK(w.caller.last("INVITE")->body() == agreed);
  w.caller.respond_to("INVITE", 200, {.headers = "Session-Expires: 1800;refresher=uac\r\n"});
  w.pass(900s);
  REQUIRE(w.caller.count("INVITE") == 2);
  CHECK(w.callee.heard().empty());
  w.caller.respond_to("INVITE", 481);
  w.settle();
  CHECK(w.callee.heard() == strings{"BYE"});
  w.check_no_media();
  w.over({"200 node dialog gone"});
}

TEST_CASE("direct: ports are no limit, and the CDR counts no packets", "[actors]") {
  direct_world w{{.media_pairs = 0}};
  w.connect_directly();
  w.pass(2min); // no RTP for so long ends an anchored call
  CHECK(w.caller.count("BYE") == 0);
  w.hang_up();
  const auto line = w.detail_lines().at(0);
  CHECK(line.find("\"direction\":\"out\"") != std::string::npos);
  CHECK(line.find("packets_in") == std::string::npos);
  CHECK(line.find("lost") == std::string::npos);
}

TEST_CASE("direct: echo has nothing to echo", "[actors]") {
  for (const auto* body :
       {"default", ""}) { // with an application that the configuration cannot judge
    direct_world w{{.settings = direct_route("mirror", "slow_echo", "x@127.0.0.1")}};
    w.caller.invite("mirror", {.body = body});
    w.pass(6s);
    CHECK(w.caller.count("488 INVITE") == 1);
    w.check_no_media();
    w.over({"488 node rejected"});
  }
}

TEST_CASE("direct: after a restart the call goes on, still without ports", "[actors]") {
  direct_world w;
  w.connect_directly();
  w.crash();
  w.restart(1s);
  w.check_no_media();
  const auto before = version_of(w.callee.last("INVITE"));
  const auto hold = w.caller.described(2, "a=sendonly\r\n");
  w.caller.reinvite({.body = hold});
  w.settle();
  CHECK(described_in(w.callee.last("INVITE")) == without_origin(hold));
  CHECK(version_of(w.callee.last("INVITE")) > before);
  w.callee.respond(200, {.body = w.callee.described(2, "a=recvonly\r\n")});
  w.settle();
  CHECK(w.caller.count("200 INVITE") == 2);
  w.hang_up();
}
