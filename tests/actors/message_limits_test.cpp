// RFC 3428 §8, and what a stranger can make grow: each at its limit and one beyond.
#include "actors/messages/limits.hpp"
#include "tests/actors/notes.hpp"

#include <catch2/catch.hpp>

using namespace std::chrono_literals;

using namespace tandem;
using namespace tandem::test;

namespace limits = actors::limits;

TEST_CASE("message: over UDP none leaves that is longer than 1300 bytes (RFC 3428 §8)",
          "[actors]") {
  world w;
  say(w, w.caller, {.body = std::string(100, 'x')});
  const auto around = w.callee.last("MESSAGE")->raw().size() - 100;
  reply(w, w.callee, 200);
  for (const std::size_t extra : {0, 1}) {
    const auto fits = limits::message_bytes_over_udp - around;
    say(w, w.caller,
        {.body = std::string(fits + extra, 'x'),
         .cseq = 2,
         .call_id = extra == 0 ? "note" : "more"});
    if (extra == 0) {
      CHECK(w.callee.last("MESSAGE")->raw().size() == limits::message_bytes_over_udp);
      reply(w, w.callee, 200);
      CHECK(w.caller.heard() == times(2, "200 MESSAGE"));
    }
  }
  CHECK(w.callee.count("MESSAGE") == 2);
  CHECK(w.caller.heard().back() == "513 MESSAGE");
  CHECK(became(w, "too_large") == 1);
  w.over({}, w.outside());
}

TEST_CASE("message: over TCP a longer one goes, up to our limit (§21.5.7)", "[actors]") {
  world w{{.everywhere = true}};
  auto& b = w.add_tcp_phone(5081);
  auto& a = w.add_tcp_phone(5083);
  const auto around =
      text_of(a, {.to = "5100", .body = std::string(10'000, 'x')}, "TCP").size() - 10'000;
  for (const std::size_t extra : {0, 1}) {
    a.say(text_of(a,
                  {.to = "5100",
                   .body = std::string(limits::message_bytes - around + extra, 'x'),
                   .cseq = static_cast<unsigned>(1 + extra)},
                  "TCP"));
    w.settle();
    w.pass(100ms);
    if (extra == 0) {
      REQUIRE(b.heard() == strings{"MESSAGE"});
      CHECK(b.last("MESSAGE")->body().size() == limits::message_bytes - around);
      reply(w, b, 200);
    }
  }
  CHECK(a.heard() == strings{"200 MESSAGE", "513 MESSAGE"});
  CHECK(b.heard() == strings{"MESSAGE"});
  w.over({}, w.outside());
}

TEST_CASE("message: those of one sender that wait, at the limit and one more", "[actors]") {
  world w;
  const auto most = limits::message_senders.address.pending;
  for (unsigned i = 1; i <= most + 1; ++i)
    say(w, w.caller, {.cseq = i});
  CHECK(w.callee.count("MESSAGE") == most);
  CHECK(w.caller.heard() == strings{"503 MESSAGE"});
  CHECK(became(w, "over_limit") == 1);
  reply(w, w.callee, 200); // the last; its place is free again
  say(w, w.caller, {.cseq = 9999});
  CHECK(w.callee.count("MESSAGE") == most + 1);
  w.pass(28s);
  CHECK(w.level("tandem_messages_waiting") == 0);
  w.pass(5s);
  w.over({}, w.outside());
}

TEST_CASE("message: those of one sender in all, at the limit and one more", "[actors]") {
  world w{{.calls_per_shard = 50'000}};
  const auto most = limits::message_senders.address.calls;
  for (unsigned i = 1; i <= most + 1; ++i) {
    say(w, w.caller, {.cseq = i});
    if (i <= most)
      reply(w, w.callee, 200);
  }
  CHECK(w.caller.count("200 MESSAGE") == most);
  CHECK(w.caller.heard().back() == "503 MESSAGE");
  w.pass(33s); // those who absorbed retransmissions have gone
  say(w, w.caller, {.cseq = 9999});
  reply(w, w.callee, 200);
  CHECK(w.caller.heard().back() == "200 MESSAGE");
  w.over({}, w.outside());
}

TEST_CASE("message: those of a shard, at the limit and one more", "[actors]") {
  world w{{.calls_per_shard = 3}};
  for (unsigned i = 1; i <= 4; ++i)
    say(w, w.caller, {.cseq = i});
  CHECK(w.callee.count("MESSAGE") == 3);
  CHECK(w.caller.heard() == strings{"503 MESSAGE"});
  w.pass(33s);
  w.over({}, w.outside());
}
