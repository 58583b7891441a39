// Two shards share the address; a call lives on one, and the kernel reads on either.
#include "tests/actors/world.hpp"

#include <catch2/catch.hpp>

using namespace std::chrono_literals;

using namespace tandem;
using namespace tandem::test;

TEST_CASE("shards: a message read by the wrong shard crosses once, and the call works",
          "[actors]") {
  std::uint64_t crossed = 0;
  std::uint64_t stayed = 0;
  for (std::uint16_t port = 6000; port < 6008; ++port) {
    world w{{.shards = 2}};
    auto& caller = w.add_phone(port);
    caller.invite("7100");
    w.settle();
    w.callee.respond(180);
    w.settle();
    w.callee.respond(200);
    w.settle();
    CHECK(w.call_rows().size() == 1);
    CHECK(w.records() == 1);
    w.pass(1s);
    w.rtp_timeout(0); // from a media worker, to whichever shard owns the call
    CHECK(caller.heard() == strings{"180 INVITE", "200 INVITE", "BYE"});
    CHECK(w.callee.heard() == strings{"INVITE", "ACK", "BYE"});
    const auto all = w.figure("tandem_sip_received_total");
    CHECK(all == 6);
    crossed += w.figure("tandem_sip_crossed_total");
    stayed += all - w.figure("tandem_sip_crossed_total");
    w.over({"200 node RTP timeout"});
  }
  CHECK(crossed > 0);
  CHECK(stayed > 0);
}

TEST_CASE("shards: each has its rows in the tree", "[actors]") {
  world w{{.shards = 2}};
  CHECK(w.has_row("signalling 0"));
  CHECK(w.has_row("signalling 1"));
  CHECK(w.rows("signalling 1/calls").size() == 1);
  w.connect();
  w.end_call();
  w.over({"200 operator operator"});
}
