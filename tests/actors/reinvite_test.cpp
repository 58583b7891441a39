// RFC 3261 §14, RFC 3264 §8: a new description inside an established dialog, from either side.
#include "tests/actors/world.hpp"

#include <catch2/catch.hpp>

#include <algorithm>

using namespace std::chrono_literals;
using namespace tandem;
using namespace tandem::test;

namespace {

bool has(const sip::message_ptr& m, std::string_view line) {
  return m && m->body().find(line) != std::string_view::npos;
}

/// The endpoint that sends to this port of a phone.
const simulated_media::endpoint_state& endpoint_of(const world& w, std::uint16_t port) {
  const simulated_media::endpoint_state* found = nullptr;
  for (std::uint32_t i = 0; i < 200; ++i)
    for (std::uint32_t generation = 1; generation < 3; ++generation)
      if (const auto* e = w.media().find({0, i, generation});
          e != nullptr && e->remote && e->remote->rtp.port == port)
        found = e;
  INFO("port " << port);
  REQUIRE(found != nullptr);
  return *found;
}

void hang_up(world& w) {
  w.caller.bye();
  w.settle();
  w.over({"200 caller bye"});
}

} // namespace

TEST_CASE("re-INVITE: hold and resume from both sides (RFC 3264 §8.4)", "[actors]") {
  struct row {
    const char* name;
    bool caller_holds;
  };
  for (const auto& [name, caller_holds] : {row{"the caller", true}, row{"the callee", false}}) {
    INFO(name);
    world w;
    w.connect();
    auto& holder = caller_holds ? w.caller : w.callee;
    auto& held = caller_holds ? w.callee : w.caller;
    const auto holder_port = static_cast<std::uint16_t>(holder.local().port + 1000);
    const auto held_port = static_cast<std::uint16_t>(held.local().port + 1000);
    holder.forget();
    held.forget();

    holder.reinvite({.body = holder.described(2, "a=sendonly\r\n")});
    w.settle();
    REQUIRE(held.heard() == strings{"INVITE"});
    const auto offered = held.last("INVITE");
    CHECK(has(offered, "a=sendonly"));
    CHECK_FALSE(has(offered, "m=audio " + std::to_string(holder_port))); // anchored
    CHECK(offered->header("Contact").has_value());
    held.respond(200, {.body = held.described(2, "a=recvonly\r\n")});
    w.settle();
    CHECK(held.heard() == strings{"INVITE", "ACK"});
    REQUIRE(holder.heard() == strings{"200 INVITE"});
    CHECK(has(holder.last("200 INVITE"), "a=recvonly"));
    CHECK(endpoint_of(w, holder_port).allowed == media::direction::receive_only);
    CHECK(endpoint_of(w, held_port).allowed == media::direction::send_only);

    holder.reinvite({.body = holder.described(3, "a=inactive\r\n")});
    w.settle();
    held.respond(200, {.body = held.described(3, "a=inactive\r\n")});
    w.settle();
    CHECK(endpoint_of(w, holder_port).allowed == media::direction::inactive);
    CHECK(endpoint_of(w, held_port).allowed == media::direction::inactive);

    holder.reinvite({.body = holder.described(4)});
    w.settle();
    held.respond(200, {.body = held.described(4)});
    w.settle();
    CHECK(endpoint_of(w, holder_port).allowed == media::direction::send_receive);
    CHECK(endpoint_of(w, held_port).allowed == media::direction::send_receive);
    hang_up(w);
  }
}

TEST_CASE("re-INVITE: hold by 0.0.0.0 is passed on as a direction (RFC 3264 §8.4)", "[actors]") {
  world w;
  w.connect();
  auto body = w.caller.described(2);
  const auto at = body.find("c=IN IP4 127.0.0.1");
  body.replace(at, 18, "c=IN IP4 0.0.0.0");
  w.caller.reinvite({.body = body});
  w.settle();
  CHECK(has(w.callee.last("INVITE"), "a=sendonly"));
  w.callee.respond(200, {.body = w.callee.described(2, "a=recvonly\r\n")});
  w.settle();
  CHECK(w.caller.count("200 INVITE") == 2);
  hang_up(w);
}

TEST_CASE("re-INVITE: a new port and other formats (RFC 3264 §8.3)", "[actors]") {
  world w;
  w.connect();
  const auto versions = [](const sip::message_ptr& m) {
    const auto body = m->body();
    return std::string(body.substr(body.find("o="), body.find("s=") - body.find("o=")));
  };
  const auto before = versions(w.callee.last("INVITE"));
  w.caller.reinvite({.body = w.caller.described(2, "a=ptime:30\r\n", 3000)});
  w.settle();
  CHECK(versions(w.callee.last("INVITE")) != before); // ours has changed too
  CHECK(has(w.callee.last("INVITE"), "a=ptime:30"));
  w.callee.respond(200, {.body = w.callee.described(2, "a=ptime:30\r\n")});
  w.settle();
  CHECK(endpoint_of(w, static_cast<std::uint16_t>(w.caller.local().port + 3000)).allowed
        == media::direction::send_receive);
  hang_up(w);
}

TEST_CASE("re-INVITE: what changes nothing is answered here (RFC 3264 §8)", "[actors]") {
  world w;
  w.connect();
  for (auto* phone : {&w.caller, &w.callee}) {
    auto& other = phone == &w.caller ? w.callee : w.caller;
    other.forget();
    const auto pointed = [&w] {
      return std::ranges::count_if(w.media().commands, [](const media::command& c) {
        return std::holds_alternative<media::set_remote>(c);
      });
    };
    const auto before = pointed();
    phone->reinvite();
    w.settle();
    REQUIRE(phone->last("200 INVITE"));
    CHECK(has(phone->last("200 INVITE"), "m=audio"));
    CHECK(other.heard() == strings{});
    CHECK(pointed() == before); // the latch stays
  }
  hang_up(w);
}

TEST_CASE("re-INVITE: a refusal leaves the session as it is (§14.1)", "[actors]") {
  struct row {
    std::uint16_t from_callee, to_caller;
  };
  for (const auto [theirs, ours] : {row{488, 488}, row{606, 606}, row{500, 488}, row{603, 603},
                                    row{415, 415}, row{401, 488}, row{503, 488}}) {
    INFO(theirs);
    world w;
    w.connect();
    w.caller.reinvite({.body = w.caller.described(2, "a=sendonly\r\n")});
    w.settle();
    w.callee.respond(theirs, {.body = ""});
    w.settle();
    CHECK(w.caller.count(std::to_string(ours) + " INVITE") == 1);
    CHECK(endpoint_of(w, 6070).allowed == media::direction::send_receive);
    w.caller.reinvite({.body = w.caller.described(3, "a=sendonly\r\n")}); // and is over
    w.settle();
    w.callee.respond(200, {.body = w.callee.described(2, "a=recvonly\r\n")});
    w.settle();
    CHECK(w.caller.count("200 INVITE") == 2);
    hang_up(w);
  }
}

TEST_CASE("re-INVITE: what cannot be used is refused here (§14.2)", "[actors]") {
  world w;
  w.connect();
  w.callee.forget();
  w.caller.reinvite({.body = "v=0\r\nnonsense\r\n"});
  w.settle();
  CHECK(w.caller.count("400 INVITE") == 1);
  w.caller.reinvite({.body = "hello", .content_type = "text/plain"});
  w.settle();
  REQUIRE(w.caller.last("415 INVITE"));
  CHECK(w.caller.last("415 INVITE")->header("Accept") == "application/sdp, multipart/mixed");
  w.caller.reinvite({.body = "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n"});
  w.settle();
  CHECK(w.caller.count("488 INVITE") == 1);
  w.caller.reinvite({.headers = "Require: timer, stars\r\n"});
  w.settle();
  REQUIRE(w.caller.last("420 INVITE"));
  CHECK(w.caller.last("420 INVITE")->header("Unsupported") == "stars");
  CHECK(w.callee.heard() == strings{});
  hang_up(w);
}

TEST_CASE("re-INVITE: of the other side, 481, 408 and silence end the call (§12.2.1.2)",
          "[actors]") {
  for (const auto status : std::initializer_list<std::uint16_t>{481, 408, 0}) {
    INFO(status);
    world w;
    w.connect();
    w.caller.reinvite({.body = w.caller.described(2, "a=sendonly\r\n")});
    w.settle();
    if (status != 0)
      w.callee.respond(status, {.body = ""});
    w.pass(status == 0 ? 33s : 0s);
    CHECK(w.callee.count("BYE") >= 1);
    CHECK(w.caller.count("488 INVITE") == 1);
    CHECK(w.caller.count("BYE") == 1);
    w.over({"200 node dialog gone"});
  }
}

TEST_CASE("re-INVITE: CANCEL takes it back on both sides (§9)", "[actors]") {
  world w;
  w.connect();
  w.callee.habits.obeys_cancel = true;
  w.caller.reinvite({.body = w.caller.described(2, "a=sendonly\r\n")});
  w.settle();
  w.callee.respond(180, {.body = ""});
  w.settle();
  w.caller.cancel();
  w.settle();
  CHECK(w.caller.count("200 CANCEL") == 1);
  CHECK(w.caller.count("487 INVITE") == 1);
  CHECK(w.callee.count("CANCEL") == 1);
  CHECK(endpoint_of(w, 6070).allowed == media::direction::send_receive);
  hang_up(w);
}

TEST_CASE("re-INVITE: taken back too late for the other side, that one gets the old back",
          "[actors]") {
  world w;
  w.connect();
  w.caller.reinvite({.body = w.caller.described(2, "a=sendonly\r\n")});
  w.settle();
  w.caller.cancel(); // the callee has not said a word: no CANCEL may be sent (§9.1)
  w.settle();
  CHECK(w.callee.count("CANCEL") == 0);
  w.callee.respond(200, {.body = w.callee.described(2, "a=recvonly\r\n")});
  w.settle();
  CHECK(w.callee.count("INVITE") == 3);
  CHECK_FALSE(has(w.callee.last("INVITE"), "sendonly"));
  w.callee.respond(200, {.body = w.callee.described(3)});
  w.settle();
  CHECK(w.callee.count("INVITE") == 3); // once is enough
  CHECK(endpoint_of(w, 6080).allowed == media::direction::send_receive);
  hang_up(w);
}

TEST_CASE("re-INVITE: hanging up in the middle of it (§15.1.2)", "[actors]") {
  SECTION("the one who offered") {
    world w;
    w.connect();
    w.caller.reinvite({.body = w.caller.described(2, "a=sendonly\r\n")});
    w.settle();
    w.caller.bye();
    w.settle();
    CHECK(w.caller.count("487 INVITE") == 1);
    CHECK(w.caller.count("200 BYE") == 1);
    CHECK(w.callee.count("BYE") == 1);
    w.callee.respond(487, {.body = ""});
    w.over({"200 caller bye"});
  }
  SECTION("the one who was asked") {
    world w;
    w.connect();
    w.caller.reinvite({.body = w.caller.described(2, "a=sendonly\r\n")});
    w.settle();
    w.callee.respond(487, {.body = ""});
    w.callee.bye();
    w.settle();
    CHECK(w.caller.count("BYE") == 1);
    w.over({"200 callee bye"});
  }
}

TEST_CASE("re-INVITE: our 2xx again until the ACK, and without one the end (§14.2, §13.3.1.4)",
          "[actors]") {
  for (const bool caller_offers : {true, false}) {
    INFO(caller_offers);
    world w;
    w.connect();
    auto& phone = caller_offers ? w.caller : w.callee;
    phone.habits.acknowledges = false;
    phone.forget();
    phone.reinvite();
    w.pass(2s);
    CHECK(phone.count("200 INVITE") == 3); // 0, 0.5, 1.5 s
    w.pass(31s);
    CHECK(phone.count("BYE") == 1);
    w.over({"200 node no ACK"});
  }
}

TEST_CASE("re-INVITE: the other side's 2xx again is acknowledged again (§13.2.2.4)", "[actors]") {
  world w;
  w.connect();
  w.caller.reinvite({.body = w.caller.described(2, "a=sendonly\r\n")});
  w.settle();
  w.callee.respond(200, {.body = w.callee.described(2, "a=recvonly\r\n")});
  w.settle();
  const auto acks = w.callee.count("ACK");
  w.callee.again("200 INVITE");
  w.settle();
  CHECK(w.callee.count("ACK") == acks + 1);
  CHECK(w.caller.count("200 INVITE") == 2);
  hang_up(w);
}

TEST_CASE("re-INVITE: it moves the target (§12.2.2)", "[actors]") {
  world w;
  auto& elsewhere = w.add_phone(5099);
  w.connect();
  w.callee.reinvite({.headers = "Contact: <sip:callee@127.0.0.1:5099>\r\n", .contact = false});
  w.settle();
  CHECK(w.callee.count("200 INVITE") == 1);
  w.caller.bye();
  w.settle();
  CHECK(elsewhere.count("BYE") == 1);
  w.over({"200 caller bye"});
}

TEST_CASE("re-INVITE: echo answers for itself, on hold too", "[actors]") {
  world w;
  w.caller.invite("9196");
  w.settle();
  w.caller.reinvite({.body = w.caller.described(2, "a=sendonly\r\n")});
  w.settle();
  CHECK(has(w.caller.last("200 INVITE"), "a=recvonly"));
  CHECK(endpoint_of(w, 6070).allowed == media::direction::receive_only);
  w.caller.reinvite({.body = w.caller.described(3, "a=inactive\r\n")});
  w.settle();
  CHECK(has(w.caller.last("200 INVITE"), "a=inactive"));
  w.caller.reinvite({.body = w.caller.described(4)});
  w.settle();
  CHECK(endpoint_of(w, 6070).allowed == media::direction::send_receive);
  hang_up(w);
}

TEST_CASE("re-INVITE: one more m= line goes as far as we relay it (RFC 3264 §8.1)", "[actors]") {
  world w;
  w.connect();
  w.caller.reinvite({.body = w.caller.described(2, "m=video 7072 RTP/AVP 96\r\n"
                                                   "a=rtpmap:96 H264/90000\r\n")});
  w.settle();
  CHECK(has(w.callee.last("INVITE"), "m=video"));
  w.callee.respond(200, {.body = w.callee.described(2, "m=video 0 RTP/AVP 96\r\n")});
  w.settle();
  CHECK(has(w.caller.last("200 INVITE"), "m=video 0"));
  w.caller.reinvite({.body = w.caller.described(3)}); // §8: an m= line may not go
  w.settle();
  CHECK(w.caller.count("488 INVITE") == 1);
  hang_up(w);
}
