// RFC 3264 §5.1, §6: several m= lines. Audio and video are relayed, each through ports of its own;
// what is not understood is refused.
#include "protocols/sdp/limits.hpp"
#include "protocols/sdp/session.hpp"
#include "tests/actors/world.hpp"

#include <catch2/catch.hpp>

using namespace tandem;
using namespace tandem::test;

namespace {

const std::string head =
    "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n";
const std::string audio = "m=audio 6070 RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\n";
const std::string video = "m=video 6072 RTP/AVP 99\r\na=rtpmap:99 H264/90000\r\n";
const std::string no_video = "m=video 0 RTP/AVP 99\r\n";

/// "audio 20000, video 20002, application 0"
std::string lines_of(const sip::message_ptr& m) {
  REQUIRE(m);
  const auto s = sdp::parse_session(m->body());
  REQUIRE(s);
  std::string out;
  for (const auto& line : s->media)
    out += (out.empty() ? "" : ", ") + line.kind + " " + std::to_string(line.port);
  return out;
}

/// The head of a later version.
std::string again(unsigned version) {
  return "v=0\r\no=- 1 " + std::to_string(version)
         + " IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n";
}

media::slot_id slot(std::uint32_t index) {
  return {0, index, 1};
}

/// Of all slots, by whatever names the process has given them.
int connected_pairs(const world& w) {
  std::vector<media::slot_id> live;
  for (std::uint32_t index = 0; index < 20; ++index)
    for (std::uint32_t generation = 1; generation < 20; ++generation)
      if (w.media().find({0, index, generation}) != nullptr)
        live.push_back({0, index, generation});
  int pairs = 0;
  for (std::size_t a = 0; a < live.size(); ++a)
    for (std::size_t b = 0; b < a; ++b)
      pairs += w.media().are_connected(live[a], live[b]) ? 1 : 0;
  return pairs;
}

void hang_up(world& w) {
  w.caller.bye();
  w.settle();
  w.over({"200 caller bye"});
}

} // namespace

TEST_CASE("video: audio and video are relayed, each through its own ports", "[actors]") {
  world w;
  w.caller.invite("7100", {.body = head + audio + video});
  w.settle();
  CHECK(lines_of(w.callee.last("INVITE")) == "audio 20004, video 20006");
  w.callee.respond(200, {.body = head + audio + video});
  w.settle();
  CHECK(lines_of(w.caller.last("200 INVITE")) == "audio 20000, video 20002");
  CHECK(w.media().are_connected(slot(0), slot(2)));
  CHECK(w.media().are_connected(slot(1), slot(3)));
  const auto* there = w.media().find(slot(3));
  REQUIRE(there != nullptr);
  REQUIRE(there->remote);
  CHECK(there->remote->rtp.port == 6072);
  CHECK(there->remote->clock_rate_hz == 90000);
  w.rtp_timeout(0); // the audio's
  CHECK(w.caller.count("BYE") == 1);
  w.over({"200 node RTP timeout"});
}

TEST_CASE(
    "video: the order of the lines is that of the offer, the silence of a camera nobody's end",
    "[actors]") {
  world w;
  w.caller.invite("7100", {.body = head + video + audio});
  w.settle();
  CHECK(lines_of(w.callee.last("INVITE")) == "video 20006, audio 20004");
  w.callee.respond(200, {.body = head + video + audio});
  w.settle();
  CHECK(lines_of(w.caller.last("200 INVITE")) == "video 20002, audio 20000");
  w.media().say(slot(1), media::rtp_timeout{});
  w.settle();
  CHECK(w.caller.count("BYE") == 0);
  w.caller.bye();
  w.settle();
  w.over({"200 caller bye"});
}

TEST_CASE("video: who refuses it has a call without (§6)", "[actors]") {
  world w;
  w.caller.invite("7100", {.body = head + audio + video});
  w.settle();
  w.callee.respond(183, {.body = head + audio + no_video});
  w.settle();
  w.callee.respond(200, {.body = head + audio + no_video});
  w.settle();
  CHECK(lines_of(w.caller.last("183 INVITE")) == "audio 20000, video 0");
  CHECK(lines_of(w.caller.last("200 INVITE")) == "audio 20000, video 0");
  CHECK(w.media().in_use() == 2); // the ports of the video are given back
  w.caller.bye();
  w.settle();
  w.over({"200 caller bye"});
}

TEST_CASE("video: as many lines as are relayed, and one more", "[actors]") {
  for (const auto videos : {sdp::max_relayed_sections - 1, sdp::max_relayed_sections}) {
    INFO(videos);
    world w;
    auto offer = head + audio;
    for (std::size_t i = 0; i < videos; ++i)
      offer += video;
    w.caller.invite("7100", {.body = offer});
    w.settle();
    CHECK(w.media().in_use() == 2 * sdp::max_relayed_sections);
    const auto lines = lines_of(w.callee.last("INVITE"));
    CHECK((lines.find("video 0") != std::string::npos) == (videos == sdp::max_relayed_sections));
    w.callee.respond(486);
    w.settle();
    w.over({"486 callee rejected"});
  }
}

TEST_CASE("video: without ports for it the call is one without", "[actors]") {
  struct row {
    std::size_t pairs;
    const char* to_callee;
  };
  for (const auto& [pairs, to_callee] :
       {row{3, "audio 20004, video 0"}, row{4, "audio 20004, video 20006"}}) {
    INFO(pairs);
    world w{{.media_pairs = pairs}};
    w.caller.invite("7100", {.body = head + audio + video});
    w.settle();
    CHECK(lines_of(w.callee.last("INVITE")) == to_callee);
    w.callee.respond(486);
    w.settle();
    w.over({"486 callee rejected"});
  }
}

TEST_CASE("video: what is not understood is refused in its place (§6)", "[actors]") {
  world w;
  const std::string other = "m=application 6074 UDP/BFCP *\r\n"
                            "m=video 6076 RTP/SAVP 99\r\n";
  w.caller.invite("7100", {.body = head + other + audio + "m=image 6078 udptl t38\r\n" + video});
  w.settle();
  CHECK(lines_of(w.callee.last("INVITE"))
        == "application 0, video 0, audio 20004, image 0, video 20006");
  w.callee.respond(486);
  w.settle();
  w.over({"486 callee rejected"});
}

TEST_CASE("video: of several phones that of the one who answers is connected", "[actors]") {
  world w;
  auto& second = w.add_phone(5081);
  w.caller.invite("phones_2", {.body = head + audio + video});
  w.settle();
  CHECK(w.media().in_use() == 6);
  w.callee.respond(180);
  second.respond(200, {.body = head + audio + video});
  w.settle();
  CHECK(w.media().are_connected(slot(0), slot(3)));
  CHECK(w.media().are_connected(slot(1), slot(5)));
  CHECK(w.media().in_use() == 4);
  second.bye();
  w.settle();
  w.over({"200 callee bye"});
}

TEST_CASE("video: added by re-INVITE, removed by another one, and added again (§8.1, §8.2)",
          "[actors]") {
  world w;
  w.caller.invite("7100", {.body = head + audio});
  w.settle();
  w.callee.respond(200, {.body = head + audio});
  w.settle();
  CHECK(w.media().in_use() == 2);
  w.callee.reinvite({.body = again(2) + audio + video});
  w.settle();
  CHECK(lines_of(w.caller.last("INVITE")) == "audio 20000, video 20006");
  w.caller.respond(200, {.body = again(2) + audio + video});
  w.settle();
  CHECK(lines_of(w.callee.last("200 INVITE")) == "audio 20002, video 20004");
  CHECK(w.media().are_connected(slot(0), slot(1)));
  CHECK(w.media().are_connected(slot(2), slot(3)));
  CHECK(w.media().find(slot(2))->remote->rtp.port == 6072);

  w.caller.update({.body = again(3) + audio + no_video});
  w.settle();
  CHECK(lines_of(w.callee.last("INVITE")) == "audio 20002, video 0");
  w.callee.respond(200, {.body = again(3) + audio + no_video});
  w.settle();
  CHECK(lines_of(w.caller.last("200 UPDATE")) == "audio 20000, video 0");
  CHECK(w.media().in_use() == 2);

  w.caller.reinvite({.body = again(4) + audio + video});
  w.settle();
  CHECK(lines_of(w.callee.last("INVITE")) == "audio 20002, video 20010");
  w.callee.respond(200, {.body = again(4) + audio + video});
  w.settle();
  CHECK(lines_of(w.caller.last("200 INVITE")) == "audio 20000, video 20008");
  CHECK(w.media().are_connected(slot(4), slot(5)));
  w.caller.bye();
  w.settle();
  w.over({"200 caller bye"});
}

TEST_CASE("video: added to an established call, and refused there", "[actors]") {
  for (const auto status : {std::uint16_t{200}, std::uint16_t{488}}) {
    INFO(status);
    world w;
    w.connect();
    w.caller.reinvite({.body = again(2) + audio + video});
    w.settle();
    CHECK(w.media().in_use() == 4);
    w.callee.respond(status, {.body = status == 200 ? again(2) + audio + no_video : ""});
    w.settle();
    CHECK(w.media().in_use() == 2);
    if (status == 200)
      CHECK(lines_of(w.caller.last("200 INVITE")) == "audio 20000, video 0");
    else
      CHECK(w.caller.count("488 INVITE") == 1);
    w.caller.bye();
    w.settle();
    w.over({"200 caller bye"});
  }
}

TEST_CASE("video: hold of both lines by re-INVITE, resume by UPDATE (§8.4)", "[actors]") {
  world w;
  w.caller.invite("7100", {.body = head + audio + video});
  w.settle();
  w.callee.respond(200, {.body = head + audio + video});
  w.settle();
  const std::string held = "a=sendonly\r\n", holding = "a=recvonly\r\n";
  w.caller.reinvite({.body = again(2) + audio + held + video + held});
  w.settle();
  w.callee.respond(200, {.body = again(2) + audio + holding + video + holding});
  w.settle();
  for (const auto i : {0U, 1U})
    CHECK(w.media().find(slot(i))->allowed == media::direction::receive_only);
  w.caller.reinvite({.body = again(3) + audio + held + video});
  w.settle();
  w.callee.respond(200, {.body = again(3) + audio + holding + video});
  w.settle();
  CHECK(w.media().find(slot(0))->allowed == media::direction::receive_only);
  CHECK(w.media().find(slot(1))->allowed == media::direction::send_receive);
  CHECK(w.media().are_connected(slot(1), slot(3)));
  w.caller.bye();
  w.settle();
  w.over({"200 caller bye"});
}

TEST_CASE("video: offered late, in the 2xx, and refused in the ACK (RFC 3261 §13.2.1)",
          "[actors]") {
  world w;
  w.caller.habits.acknowledges = false;
  w.caller.invite("7100", {.body = ""});
  w.settle();
  w.callee.respond(200, {.body = head + audio + video});
  w.settle();
  CHECK(lines_of(w.caller.last("200 INVITE")) == "audio 20000, video 20006");
  CHECK(w.media().are_connected(slot(2), slot(3)));
  SECTION("taken") {
    w.caller.ack({.body = head + audio + video});
    w.settle();
    CHECK(lines_of(w.callee.last("ACK")) == "audio 20002, video 20004");
    CHECK(w.media().find(slot(2))->remote);
    CHECK(w.media().find(slot(3))->remote);
  }
  SECTION("refused") {
    w.caller.ack({.body = head + audio + no_video});
    w.settle();
    CHECK(lines_of(w.callee.last("ACK")) == "audio 20002, video 0");
    CHECK(w.media().in_use() == 2);
  }
  w.callee.bye();
  w.settle();
  w.over({"200 callee bye"});
}

TEST_CASE("video: taken back too late, the lines of the two sides differ and still fit (§8)",
          "[actors]") {
  world w;
  w.connect();
  w.caller.reinvite({.body = again(2) + audio + video});
  w.settle();
  w.caller.cancel(); // the callee has not said a word: no CANCEL may be sent to it
  w.settle();
  w.callee.respond(200, {.body = again(2) + audio + video});
  w.settle();
  CHECK(lines_of(w.callee.last("INVITE")) == "audio 20002, video 0");
  w.callee.respond(200, {.body = again(3) + audio + no_video});
  w.settle();
  CHECK(w.callee.count("INVITE") == 3);
  CHECK(w.media().in_use() == 2);
  w.caller.reinvite({.body = again(3) + audio + "a=sendonly\r\n"});
  w.settle();
  CHECK(lines_of(w.callee.last("INVITE")) == "audio 20002, video 0");
  w.callee.respond(200, {.body = again(4) + audio + "a=recvonly\r\n" + no_video});
  w.settle();
  CHECK(lines_of(w.caller.last("200 INVITE")) == "audio 20000");
  w.caller.bye();
  w.settle();
  w.over({"200 caller bye"});
}

TEST_CASE("video: a call that failed has its streams again", "[actors]") {
  world w;
  w.caller.invite("throw_progress", {.body = head + audio + video});
  w.settle();
  w.callee.respond(183, {.body = head + audio + video});
  w.settle();
  CHECK(w.call_rows().at(0).restarts == 1);
  w.callee.respond(200, {.body = head + audio + video});
  w.settle();
  CHECK(lines_of(w.caller.last("200 INVITE")) == "audio 20000, video 20002");
  CHECK(w.media().are_connected(slot(1), slot(3)));
  w.caller.reinvite({.body = again(2) + audio + no_video});
  w.settle();
  CHECK(lines_of(w.callee.last("INVITE")) == "audio 20004, video 0");
  w.callee.respond(200, {.body = again(2) + audio + no_video});
  w.settle();
  CHECK(w.media().in_use() == 2);
  w.caller.bye();
  w.settle();
  w.over({"200 caller bye"});
}

TEST_CASE("video: a restart while it is offered, in a call and for a new one", "[actors]") {
  SECTION("by re-INVITE") {
    world w;
    w.connect();
    w.caller.reinvite({.body = again(2) + audio + video});
    w.settle();
    const auto offered = lines_of(w.callee.last("INVITE"));
    w.restart();
    CHECK(w.media().in_use() == 4);
    w.callee.respond(200, {.body = again(2) + audio + video});
    w.settle();
    CHECK(offered == "audio 20002, video 20006");
    CHECK(lines_of(w.caller.last("200 INVITE")) == "audio 20000, video 20004");
    CHECK(connected_pairs(w) == 2);
    hang_up(w);
  }
  SECTION("by the first INVITE") {
    world w;
    w.caller.invite("7100", {.body = head + audio + video});
    w.settle();
    w.restart();
    w.callee.respond(200, {.body = head + audio + video});
    w.settle();
    CHECK(lines_of(w.caller.last("200 INVITE")) == "audio 20000, video 20002");
    CHECK(connected_pairs(w) == 2);
    hang_up(w);
  }
  SECTION("and then it is removed") {
    world w;
    w.caller.invite("7100", {.body = head + audio + video});
    w.settle();
    w.callee.respond(200, {.body = head + audio + video});
    w.settle();
    w.restart();
    w.callee.reinvite({.body = again(2) + audio + no_video});
    w.settle();
    CHECK(lines_of(w.caller.last("INVITE")) == "audio 20000, video 0");
    w.caller.respond(200, {.body = again(2) + audio + no_video});
    w.settle();
    CHECK(lines_of(w.callee.last("200 INVITE")) == "audio 20004, video 0");
    CHECK(w.media().in_use() == 2);
    hang_up(w);
  }
}
