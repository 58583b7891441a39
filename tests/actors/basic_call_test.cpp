// RFC 3261 §13, §15: calls that succeed.
#include "tests/actors/world.hpp"

#include <catch2/catch.hpp>

#include <algorithm>

using namespace std::chrono_literals;

using namespace tandem;
using namespace tandem::test;

namespace {

std::string media_line(const sip::message_ptr& m) {
  const std::string body{m->body()};
  const auto at = body.find("m=audio ");
  return at == std::string::npos ? "" : body.substr(at, body.find('\r', at) - at);
}

} // namespace

TEST_CASE("calls: INVITE, 180, 200, ACK, BYE of the caller (§13, §15.1)", "[actors]") {
  world w;
  w.caller.invite("7100");
  w.settle();
  CHECK(w.callee.heard() == strings{"INVITE"});
  w.callee.respond(180);
  w.settle();
  w.callee.respond(200);
  w.settle();
  CHECK(w.caller.heard() == strings{"180 INVITE", "200 INVITE"});
  CHECK(w.callee.heard() == strings{"INVITE", "ACK"});
  w.pass(10s);
  w.caller.bye();
  w.settle();
  CHECK(w.caller.heard() == strings{"180 INVITE", "200 INVITE", "200 BYE"});
  CHECK(w.callee.heard() == strings{"INVITE", "ACK", "BYE"});
  w.over({"200 caller bye"});
}

TEST_CASE("calls: BYE of the callee (§15.1)", "[actors]") {
  world w;
  w.connect();
  w.callee.bye();
  w.settle();
  CHECK(w.caller.heard() == strings{"200 INVITE", "BYE"});
  CHECK(w.callee.heard() == strings{"INVITE", "ACK", "200 BYE"});
  w.over({"200 callee bye"});
}

TEST_CASE("calls: both sides hang up at once (§15.1.2)", "[actors]") {
  world w;
  w.connect();
  w.caller.bye();
  w.callee.bye();
  w.settle();
  CHECK(w.caller.count("200 BYE") == 1);
  CHECK(w.callee.count("200 BYE") == 1);
  w.over({"200 caller bye"});
}

TEST_CASE("calls: 100 Trying when nothing else was said within 200 ms (§17.2.1)", "[actors]") {
  world w;
  w.caller.invite("7100");
  w.pass(199ms);
  CHECK(w.caller.heard() == strings{});
  w.pass(2ms);
  CHECK(w.caller.heard() == strings{"100 INVITE"});
  CHECK(w.caller.last("100 INVITE")->body().empty());
  w.callee.respond(180);
  w.pass(1s);
  CHECK(w.caller.heard() == strings{"100 INVITE", "180 INVITE"});
  w.callee.respond(486);
  w.settle();
  w.over({"486 callee rejected"});
}

TEST_CASE("calls: media is relayed between the legs as the descriptions say (RFC 3264 §6)",
          "[actors]") {
  world w;
  w.connect();
  REQUIRE(w.media().in_use() == 2);
  const auto a = media::slot_id{0, 0, 1};
  const auto b = media::slot_id{0, 1, 1};
  CHECK(w.media().are_connected(a, b));
  CHECK(media_line(w.callee.last("INVITE")) == "m=audio 20002 RTP/AVP 0 8");
  CHECK(media_line(w.caller.last("200 INVITE")) == "m=audio 20000 RTP/AVP 0 8");
  REQUIRE(w.media().find(a) != nullptr);
  CHECK(w.media().find(a)->remote->rtp.port == 6070);
  CHECK(w.media().find(b)->remote->rtp.port == 6080);
  CHECK(w.media().find(a)->allowed == media::direction::send_receive);
  w.caller.bye();
  w.settle();
  w.over({"200 caller bye"});
}

TEST_CASE("calls: early media with 183, and the 200 that repeats it keeps the latch (§13.3.1.1)",
          "[actors]") {
  world w;
  w.caller.invite("7100");
  w.settle();
  w.callee.respond(183);
  w.settle();
  REQUIRE(w.caller.heard() == strings{"183 INVITE"});
  CHECK(media_line(w.caller.last("183 INVITE")) == "m=audio 20000 RTP/AVP 0 8");
  CHECK(w.media().are_connected({0, 0, 1}, {0, 1, 1}));
  const auto before = w.media().commands.size();
  w.callee.respond(200);
  w.settle();
  REQUIRE(w.media().commands.size() == before + 2);
  for (auto i = before; i < before + 2; ++i) // no set_remote: silence is counted from the answer
    CHECK(std::holds_alternative<media::set_direction>(w.media().commands[i]));
  CHECK(media_line(w.caller.last("200 INVITE")) == "m=audio 20000 RTP/AVP 0 8");
  w.caller.bye();
  w.settle();
  w.over({"200 caller bye"});
}

TEST_CASE("calls: provisional responses go on to the caller, 100 does not (§16.7)", "[actors]") {
  world w;
  w.caller.invite("7100");
  w.settle();
  for (const int status : {100, 180, 181, 182, 199})
    w.callee.respond(static_cast<std::uint16_t>(status));
  w.settle();
  CHECK(w.caller.heard() == strings{"180 INVITE", "181 INVITE", "182 INVITE", "199 INVITE"});
  w.callee.respond(480);
  w.settle();
  w.over({"480 callee rejected"});
}

TEST_CASE("calls: echo answers at once and the caller's BYE ends it (§13.3.1.4)", "[actors]") {
  world w;
  w.caller.invite("9196");
  w.settle();
  CHECK(w.caller.heard() == strings{"200 INVITE"});
  CHECK(w.media().find({0, 0, 1})->onward == simulated_media::route::echo);
  CHECK(w.row("app echo").state == "echoing");
  w.caller.bye();
  w.settle();
  w.over({"200 caller bye"});
}

TEST_CASE("calls: an application's timers come when they are due, stopped ones never", "[actors]") {
  world w;
  w.caller.invite("slow_echo");
  w.pass(36s);
  CHECK(w.caller.heard() == strings{"180 INVITE", "200 INVITE", "BYE"});
  CHECK(w.caller.times_ms("200 INVITE") == std::vector<std::int64_t>{5000});
  CHECK(w.caller.times_ms("BYE") == std::vector<std::int64_t>{35000});
  w.over({"200 node hung up"});
}

TEST_CASE("calls: several at a time do not touch each other", "[actors]") {
  world w;
  auto& third = w.add_phone(5071);
  w.connect();
  third.invite("9196");
  w.settle();
  CHECK(w.call_rows().size() == 2);
  CHECK(w.media().in_use() == 3);
  w.caller.bye();
  w.settle();
  CHECK(third.heard() == strings{"200 INVITE"});
  third.bye();
  w.settle();
  w.over({"200 caller bye", "200 caller bye"});
}

TEST_CASE("calls: the tree shows each actor, and its messages add up", "[actors]") {
  world w;
  w.connect();
  const auto key = to_string(w.key());
  strings shown;
  const auto rows = w.rows("signalling/calls/" + key);
  for (const auto& r : rows)
    shown.push_back(std::string(r.kind) + " | " + r.name + " | " + std::string(r.state));
  CHECK(shown
        == strings{"call | " + key + " | bridged", "app | app bridge | bridged",
                   "leg | leg 0 | established", "transaction | INVITE (server) | accepted",
                   "dialog | dialog | established", "media_endpoint | media | connected",
                   "leg | leg 1 | established", "media_endpoint | media | connected",
                   "transaction | INVITE (client) | accepted", "dialog | dialog 0 | established"});
  for (const auto& r : rows) {
    INFO(r.name);
    CHECK(r.messages > 0);
    CHECK(r.mailbox == 0);
    CHECK(r.restarts == 0);
    CHECK(r.last_error.empty());
  }
  // INVITE, 200 and ACK came in; each was one input of this call, and each commit told it so.
  std::size_t read = 0;
  std::size_t written = 0;
  std::size_t commits = 0;
  for (const auto& h : w.happenings()) {
    read += h.what == happening::kind::received;
    written += h.what == happening::kind::sent;
    commits += h.what == happening::kind::committed;
  }
  CHECK(read == 3);
  CHECK(written == 3);
  CHECK(rows.front().messages == read + commits);
  CHECK(w.row("udp:127.0.0.1:5060").messages == read + written);
  CHECK(w.figure("tandem_call_commits_total") == commits);
  CHECK(w.figure("tandem_sip_received_total") == read);
  w.caller.bye();
  w.settle();
  w.over({"200 caller bye"});
}

TEST_CASE("calls: retransmissions of INVITE and BYE are absorbed and answered again (§17.2)",
          "[actors]") {
  world w;
  w.caller.invite("7100");
  w.settle();
  w.callee.respond(180);
  w.settle();
  w.caller.again("INVITE");
  w.settle();
  CHECK(w.caller.count("180 INVITE") == 2);
  CHECK(w.callee.count("INVITE") == 1);
  w.callee.respond(200);
  w.settle();
  w.caller.again("INVITE"); // RFC 6026 §7.1: absorbed, the 2xx is repeated by its own timer
  w.settle();
  CHECK(w.caller.count("200 INVITE") == 1);
  w.caller.bye();
  w.settle();
  w.caller.again("BYE");
  w.settle();
  CHECK(w.caller.count("200 BYE") == 2);
  CHECK(w.callee.count("BYE") == 1);
  w.over({"200 caller bye"});
}

TEST_CASE("calls: a 200 sent again gets the same ACK again (§13.2.2.4)", "[actors]") {
  world w;
  w.connect();
  const std::string first{w.callee.last("ACK")->raw()};
  w.callee.again("200 INVITE");
  w.callee.again("200 INVITE");
  w.settle();
  CHECK(w.callee.count("ACK") == 3);
  CHECK(w.callee.last("ACK")->raw() == first);
  CHECK(w.caller.count("200 INVITE") == 1);
  w.caller.ack(); // one for each 200 that crossed it
  w.settle();
  w.caller.bye();
  w.settle();
  w.over({"200 caller bye"});
}

TEST_CASE("calls: the route set of the callee's proxies is kept to (§12.1.2, §12.2.1.1)",
          "[actors]") {
  world w;
  auto& proxy = w.add_phone(5090);
  proxy.habits.answers_bye = false;
  w.caller.invite("7100");
  w.settle();
  w.callee.respond(200, {.headers = "Record-Route: <sip:127.0.0.1:5090;lr>\r\n"});
  w.settle();
  CHECK(w.callee.heard() == strings{"INVITE"});
  REQUIRE(proxy.heard() == strings{"ACK"});
  CHECK(proxy.last("ACK")->request_uri() == "sip:phone@127.0.0.1:5080");
  CHECK(proxy.last("ACK")->header("Route") == "<sip:127.0.0.1:5090;lr>");
  w.caller.bye();
  w.settle();
  REQUIRE(proxy.count("BYE") == 1);
  proxy.respond_to("BYE", 200);
  w.settle();
  w.over({"200 caller bye"});
}
