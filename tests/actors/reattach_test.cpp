// A call's media in the process after the one that had it.
#include "actors/media_endpoint/reattach.hpp"

#include "actors/call/limits.hpp"
#include "actors/call/record/record_codec.hpp"
#include "protocols/sdp/attributes.hpp"
#include "tests/actors/world.hpp"

#include <catch2/catch.hpp>

using namespace tandem;
using namespace tandem::test;

namespace {

/// The record that the only call committed last.
actors::call_record last_record(const world& w) {
  std::string bytes;
  for (const auto& h : w.happenings())
    if (h.what == happening::kind::committed)
      bytes = h.bytes;
  auto record = actors::decode_record(bytes);
  REQUIRE(record);
  return *record;
}

const actors::media_endpoint_record& endpoint_of(const actors::call_record& r, int leg) {
  for (const auto& c : r.children)
    if (const auto* e = std::get_if<actors::media_endpoint_record>(&c.record))
      if (leg-- == 0)
        return *e;
  throw std::logic_error{"no such endpoint"};
}

const actors::leg_media& caller_media(const actors::call_record& r) {
  for (const auto& c : r.children)
    if (const auto* in = std::get_if<actors::incoming_leg_record>(&c.record))
      return in->media;
  throw std::logic_error{"no caller"};
}

struct talking {
  talking() {
    w.connect();
    key = w.key();
    const auto first = endpoint_of(last_record(w), 0).slot->id;
    media::slot_statistics s;
    s.rtp_packets_received = 50;
    s.ssrc = 7;
    w.media().set_statistics(first, s);
    w.media().say(first, media::latched{phone, 7});
    w.pass(actors::limits::commit_patience); // nobody sees a latch
    record = last_record(w);
  }
  ~talking() {
    w.caller.bye();
    w.settle();
    w.over({"200 caller bye"});
  }

  world w;
  key128 key;
  const ip_endpoint phone = parse_ip_endpoint("192.0.2.1:4000").value();
  actors::call_record record;
};

} // namespace

TEST_CASE("reattach: the same ports, the same relay, the stream locked as it was", "[actors]") {
  talking t;
  const auto before = endpoint_of(t.record, 0);
  CHECK(before.source == t.phone);
  CHECK(before.counted.received == 50);

  simulated_media next{100};
  next.forget_all(); // other generations, as in another process
  const auto back = actors::reattach(t.record, next, t.key);
  REQUIRE(back);
  CHECK(back->moved.empty());
  for (const auto& c : back->commands)
    REQUIRE(next.submit(c));
  CHECK(next.faults.empty());
  CHECK(next.in_use() == 2);
  const auto& a = endpoint_of(t.record, 0);
  const auto& b = endpoint_of(t.record, 1);
  CHECK(a.slot->rtp == before.slot->rtp);
  CHECK(a.slot->id != before.slot->id);
  CHECK(next.are_connected(a.slot->id, b.slot->id));
  CHECK(next.find(a.slot->id)->remote->rtp == before.remote->rtp);
  CHECK(next.find(a.slot->id)->statistics.source == t.phone);
  CHECK(next.find(a.slot->id)->statistics.packets().received == 50);
  CHECK(caller_media(t.record).slot == a.slot);
}

TEST_CASE("reattach: where another call has the port, the leg moves and describes it", "[actors]") {
  talking t;
  const auto before = *endpoint_of(t.record, 0).slot;
  simulated_media next{100};
  REQUIRE(next.adopt(before.rtp, {9, 9}));
  const auto back = actors::reattach(t.record, next, t.key);
  REQUIRE(back);
  REQUIRE(back->moved.size() == 1);
  const auto& slot = *endpoint_of(t.record, 0).slot;
  CHECK(slot.rtp != before.rtp);
  const auto& ours = caller_media(t.record).negotiation->local;
  REQUIRE(ours);
  CHECK(ours->media.front().port == slot.rtp.port);
  for (const auto& c : back->commands)
    REQUIRE(next.submit(c));
  CHECK(next.are_connected(slot.id, endpoint_of(t.record, 1).slot->id));
}

TEST_CASE("reattach: too few ports: nothing is taken and nothing changes", "[actors]") {
  talking t;
  const auto before = actors::encode_record(t.record);
  simulated_media next{2};
  REQUIRE(next.allocate(ip_family::v4, {9, 9}));
  const auto back = actors::reattach(t.record, next, t.key);
  REQUIRE(!back);
  CHECK(back.error() == media::error::exhausted);
  CHECK(next.in_use() == 1);
  CHECK(actors::encode_record(t.record) == before);
}

TEST_CASE("reattach: video is at its own ports again, or at others and described there",
          "[actors]") {
  world w;
  const std::string offer = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\n"
                            "t=0 0\r\nm=video 6072 RTP/AVP 99\r\nm=audio 6070 RTP/AVP 0\r\n";
  w.caller.invite("7100", {.body = offer});
  w.settle();
  w.callee.respond(200, {.body = offer});
  w.settle();
  for (const bool taken : {false, true}) {
    INFO(taken);
    auto record = last_record(w);
    const auto before = caller_media(record).video.at(0).rtp;
    simulated_media next{100};
    next.forget_all();
    if (taken)
      REQUIRE(next.adopt(before, {9, 9}));
    const auto back = actors::reattach(record, next, w.key());
    REQUIRE(back);
    CHECK(back->moved.size() == (taken ? 1 : 0));
    const auto& here = caller_media(record);
    CHECK((here.video.at(0).rtp == before) == !taken);
    REQUIRE(here.negotiation->local);
    CHECK(here.negotiation->local->media.at(0).port == here.video.at(0).rtp.port);
    CHECK(here.negotiation->local->media.at(1).port == here.slot->rtp.port);
    for (const auto& c : back->commands)
      REQUIRE(next.submit(c));
    int pairs = 0;
    for (const auto& c : record.children)
      if (const auto* e = std::get_if<actors::media_endpoint_record>(&c.record);
          e != nullptr && e->connected)
        pairs += next.are_connected(e->slot->id, *e->connected) ? 1 : 0;
    CHECK(pairs == 2);
  }
  w.caller.bye();
  w.settle();
  w.over({"200 caller bye"});
}
