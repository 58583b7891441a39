// RFC 3428 §8, and what a stranger can make grow: each at its limit and one beyond.
#include "actors/messages/limits.hpp"
#include "runtime/io/libcrypto_hash.hpp"
#include "tests/actors/notes.hpp"
#include "tests/support/digest_phone.hpp"

#include <catch2/catch.hpp>

using namespace std::chrono_literals;

using namespace tandem;
using namespace tandem::test;

namespace limits = actors::limits;

namespace {

/// Who has an allowance: a stranger's address, a user wherever he is, a trunk.
struct sender {
  std::string settings;
  bool logs_in;
  actors::limits::caller_allowance may;
};

const std::vector<sender> senders{
    {"", false, limits::message_senders.address},
    {"[[users]]\nname = \"phone\"\npassword = \"secret\"\n", true, limits::message_senders.user},
    {"[[trunks]]\nname = \"t\"\naddress = \"127.0.0.1:5070\"\ntrusted = true\n", false,
     limits::message_senders.trunk}};

/// A world in which the caller is that sender.
class sending {
public:
  explicit sending(const sender& who)
    : w{{.calls_per_shard = 50'000, .settings = who.settings}}, logs_in_(who.logs_in) {
    if (!logs_in_)
      return;
    say(w, w.caller);
    asked_ = w.caller.last("401 MESSAGE");
    w.caller.forget();
  }
  void one_more() {
    ++sent_;
    std::string headers = "Max-Forwards: 70\r\n";
    if (logs_in_)
      headers += answer_to(hash_, *asked_,
                           {.method = "MESSAGE", .uri = "sip:7100@127.0.0.1:5060", .nc = sent_});
    say(w, w.caller, {.headers = headers, .cseq = 1 + sent_});
  }
  world w;

private:
  bool logs_in_;
  unsigned sent_ = 0;
  libcrypto_hash hash_{{}};
  decltype(w.caller.last("")) asked_{};
};

} // namespace

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
  for (const auto& who : senders) {
    sending s{who};
    auto& w = s.w;
    for (std::size_t i = 0; i <= who.may.pending; ++i)
      s.one_more();
    CHECK(w.callee.count("MESSAGE") == who.may.pending);
    CHECK(w.caller.heard() == strings{"503 MESSAGE"});
    CHECK(became(w, "over_limit") == 1);
    reply(w, w.callee, 200); // the last; its place is free again
    s.one_more();
    CHECK(w.callee.count("MESSAGE") == who.may.pending + 1);
    w.pass(28s);
    CHECK(w.level("tandem_messages_waiting") == 0);
    w.pass(5s);
    w.over({}, w.outside());
  }
}

TEST_CASE("message: those of one sender in all, at the limit and one more", "[actors]") {
  for (const auto& who : senders) {
    if (who.may.calls == limits::messages_per_shard)
      continue; // a trunk has none but the shard's
    sending s{who};
    auto& w = s.w;
    for (std::size_t i = 0; i <= who.may.calls; ++i) {
      s.one_more();
      if (i < who.may.calls)
        reply(w, w.callee, 200);
    }
    CHECK(w.caller.count("200 MESSAGE") == who.may.calls);
    CHECK(w.caller.heard().back() == "503 MESSAGE");
    w.pass(33s); // those who absorbed retransmissions have gone
    s.one_more();
    reply(w, w.callee, 200);
    CHECK(w.caller.heard().back() == "200 MESSAGE");
    w.over({}, w.outside());
  }
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
