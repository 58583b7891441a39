#include "media/relay.hpp"

#include "tests/media/relay_fixture.hpp"

#include <catch2/catch.hpp>

#include <chrono>
#include <cstring>

using namespace tandem;
using namespace tandem::test;
using namespace std::chrono_literals;
using media::direction;
using media::drop;

TEST_CASE("relay: RTP and RTCP cross untouched, from and to the ports of the SDP", "[media]") {
  bridged r;
  const auto to_bob = rtp_bytes({.sequence = 10});
  const auto to_alice = rtp_bytes({.ssrc = 5, .sequence = 900});
  r.alice.rtp.send(to_bob, r.a.rtp);
  r.bob.rtp.send(to_alice, r.b.rtp);
  r.pump(2);
  const auto at_bob = r.bob.rtp.receive();
  const auto at_alice = r.alice.rtp.receive();
  REQUIRE((at_bob && at_alice));
  CHECK(at_bob->content == to_bob);
  CHECK(at_bob->from == r.b.rtp);
  CHECK(at_alice->content == to_alice);
  CHECK(at_alice->from == r.a.rtp);

  r.alice.rtcp.send(rtcp_bytes(1), r.a.rtcp);
  r.pump(1);
  const auto report = r.bob.rtcp.receive();
  REQUIRE(report);
  CHECK(report->content == rtcp_bytes(1));
  CHECK(report->from == r.b.rtcp);

  const auto in = r.statistics(r.a);
  CHECK(in.rtp_packets_received == 1);
  CHECK(in.rtp_bytes_received == to_bob.size());
  CHECK(in.rtcp_packets_received == 1);
  CHECK(in.source == r.alice.rtp.local());
  CHECK(in.last_rtp_at == r.now);
  const auto out = r.statistics(r.b);
  CHECK(out.rtp_packets_sent == 1);
  CHECK(out.rtp_bytes_sent == to_bob.size());
  CHECK(out.rtcp_packets_sent == 1);
}

TEST_CASE("relay: a burst longer than a batch keeps its order and loses nothing", "[media]") {
  bridged r;
  constexpr std::uint16_t count = 3 * media::limits::datagrams_per_turn + 1;
  for (std::uint16_t n = 0; n < count; ++n)
    r.alice.rtp.send(rtp_bytes({.sequence = n}), r.a.rtp);
  r.pump(count);
  for (std::uint16_t n = 0; n < count; ++n) {
    const auto got = r.bob.rtp.receive();
    REQUIRE(got);
    CHECK(got->content == rtp_bytes({.sequence = n}));
  }
  CHECK(r.bob.rtp.has_nothing());
  CHECK(r.statistics(r.a).rtp_packets_lost == 0);
  CHECK(r.statistics(r.a).rtp_packets_expected == count - 1U); // the first ends no probation
}

TEST_CASE("relay: a third source is neither heard nor able to steal", "[media]") {
  bridged r;
  phone mallory;
  r.alice.rtp.send(rtp_bytes({.sequence = 1}), r.a.rtp);
  r.pump(1);
  mallory.rtp.send(rtp_bytes({.sequence = 2}), r.a.rtp);
  mallory.rtcp.send(rtcp_bytes(9), r.a.rtcp);
  r.bob.rtp.send(rtp_bytes({.sequence = 70}), r.b.rtp);
  r.pump(3);
  CHECK(r.dropped(r.a, drop::wrong_source) == 2);
  CHECK(r.bob.rtp.receive()->content == rtp_bytes({.sequence = 1}));
  CHECK(r.bob.rtp.has_nothing());
  CHECK(r.bob.rtcp.has_nothing());
  CHECK(r.alice.rtp.receive()->content == rtp_bytes({.sequence = 70}));
  CHECK(mallory.rtp.has_nothing());
  CHECK(r.said<media::latched>(r.a) == 1);
}

TEST_CASE("relay: after 2 s of silence the same stream is taken up from another port", "[media]") {
  bridged r;
  phone moved;
  r.alice.rtp.send(rtp_bytes({.sequence = 1}), r.a.rtp);
  r.pump(1);
  r.now += 2s;
  moved.rtp.send(rtp_bytes({.ssrc = 99, .sequence = 100}), r.a.rtp); // another stream: no
  r.pump(1);
  CHECK(r.dropped(r.a, drop::wrong_source) == 1);
  moved.rtp.send(rtp_bytes({.sequence = 100}), r.a.rtp);
  r.pump(1);
  r.bob.rtp.send(rtp_bytes({}), r.b.rtp);
  r.pump(1);
  CHECK(moved.rtp.receive());
  CHECK(r.alice.rtp.has_nothing());
  CHECK(r.said<media::latched>(r.a) == 2);
  CHECK(r.events.size() == 5); // latched and first_packet on both, latched again
}

TEST_CASE("relay: before anything is heard, packets go where the SDP says", "[media]") {
  bridged r;
  r.alice.rtp.send(rtp_bytes({}), r.a.rtp);
  r.pump(1);
  CHECK(r.bob.rtp.receive());
}

TEST_CASE("relay: echo returns RTP and RTCP to their source", "[media]") {
  relay_fixture r;
  const auto s = r.slot(0);
  phone caller;
  // The SDP names an address that is not the phone's own (NAT): the source counts.
  r.command(media::set_remote{
      s.id, {own_loopback(), 9}, caller.rtcp.local(), direction::send_receive, 8000});
  r.command(media::echo{s.id});
  caller.rtp.send(rtp_bytes({.sequence = 3}), s.rtp);
  r.pump(1);
  caller.rtcp.send(rtcp_bytes(3), s.rtcp);
  r.pump(1);
  CHECK(caller.rtp.receive()->content == rtp_bytes({.sequence = 3}));
  CHECK(caller.rtcp.receive()->content == rtcp_bytes(3));
}

TEST_CASE("RFC 3264 §5.1: hold and mute rule RTP by direction, RTCP flows on", "[media]") {
  struct row {
    direction at_alice, at_bob; // ours, towards each
    bool reaches_bob, reaches_alice;
  };
  const std::vector<row> rows{
      {direction::send_receive, direction::send_receive, true, true},
      {direction::receive_only, direction::send_receive, true, false},
      {direction::send_only, direction::send_receive, false, true},
      {direction::inactive, direction::send_receive, false, false},
      {direction::send_receive, direction::send_only, true, false},
      {direction::send_receive, direction::receive_only, false, true},
      {direction::send_receive, direction::inactive, false, false},
  };
  for (const auto& row : rows) {
    bridged r;
    r.command(media::set_direction{r.a.id, row.at_alice});
    r.command(media::set_direction{r.b.id, row.at_bob});
    r.alice.rtp.send(rtp_bytes({.sequence = 1}), r.a.rtp);
    r.bob.rtp.send(rtp_bytes({.sequence = 2}), r.b.rtp);
    r.pump(2);
    r.alice.rtcp.send(rtcp_bytes(1), r.a.rtcp);
    r.pump(1);
    CHECK(r.bob.rtcp.receive());
    CHECK(r.bob.rtp.has_nothing() != row.reaches_bob);
    CHECK(r.alice.rtp.has_nothing() != row.reaches_alice);
    CHECK(r.dropped(r.a, drop::not_allowed) == (row.reaches_bob ? 0U : 1U));
    CHECK(r.statistics(r.a).rtp_packets_received == 1); // heard in any case
  }
}

TEST_CASE("relay: each way to be dropped is counted by its name", "[media]") {
  bridged r;
  const auto lone = r.slot(2);
  SECTION("not RTP") {
    r.alice.rtp.send(bytes{1, 2, 3}, r.a.rtp);
    r.alice.rtp.send(bytes{}, r.a.rtp); // an empty datagram is one, too
    r.pump(2);
    CHECK(r.dropped(r.a, drop::not_rtp) == 2);
  }
  SECTION("not RTCP, RFC 3550 A.2") {
    r.alice.rtcp.send(rtp_bytes({}), r.a.rtcp);
    r.pump(1);
    CHECK(r.dropped(r.a, drop::not_rtcp) == 1);
  }
  SECTION("no SDP yet") {
    r.command(media::echo{lone.id});
    r.alice.rtp.send(rtp_bytes({}), lone.rtp);
    r.pump(1);
    CHECK(r.dropped(lone, drop::no_remote) == 1);
  }
  SECTION("nobody connected") {
    r.remote(lone, r.alice);
    r.alice.rtp.send(rtp_bytes({}), lone.rtp);
    r.pump(1);
    CHECK(r.dropped(lone, drop::no_peer) == 1);
  }
  SECTION("the other side is not known yet") {
    r.remote(lone, r.alice);
    const auto mute = r.slot(3);
    r.command(media::set_remote{mute.id, {}, {}, direction::send_receive, 8000});
    r.command(media::connect{lone.id, mute.id});
    r.alice.rtp.send(rtp_bytes({}), lone.rtp);
    r.pump(1);
    CHECK(r.dropped(lone, drop::no_destination) == 1);
  }
  SECTION("limits::datagram_bytes and one more") {
    const auto header = rtp_bytes({.payload_bytes = 0}).size();
    r.alice.rtp.send(rtp_bytes({.payload_bytes = media::limits::datagram_bytes - header}), r.a.rtp);
    r.alice.rtp.send(rtp_bytes({.payload_bytes = media::limits::datagram_bytes + 1 - header}),
                     r.a.rtp);
    r.pump(2);
    CHECK(r.dropped(r.a, drop::oversize) == 1);
    CHECK(r.bob.rtp.receive()->content.size() == media::limits::datagram_bytes);
    CHECK(r.bob.rtp.has_nothing());
  }
  SECTION("the kernel refuses the destination: the socket goes on") {
    // Broadcast without SO_BROADCAST is refused before anything is sent.
    const ip_endpoint everybody{parse_ip_address("255.255.255.255").value(), 9};
    r.command(media::set_remote{lone.id, everybody, everybody, direction::send_receive, 8000});
    r.command(media::connect{r.a.id, lone.id});
    r.alice.rtp.send(rtp_bytes({}), r.a.rtp);
    r.pump(1);
    CHECK(r.dropped(r.a, drop::send_failed) == 1);
    CHECK(r.said<media::endpoint_failed>(lone) == 0);
  }
}

TEST_CASE("limits: packets of one slot in one second, and one more", "[media]") {
  bridged r;
  r.settings.packets_per_second = 50;
  const auto s = r.slot(2); // opened with the new setting
  r.remote(s, r.alice);
  r.command(media::echo{s.id});
  for (std::uint16_t n = 0; n < 51; ++n)
    r.alice.rtp.send(rtp_bytes({.sequence = n}), s.rtp);
  r.pump(51);
  CHECK(r.statistics(s).rtp_packets_sent == 50);
  CHECK(r.dropped(s, drop::flood) == 1);
  r.now += 1s;
  r.alice.rtp.send(rtp_bytes({.sequence = 51}), s.rtp);
  r.pump(1);
  CHECK(r.statistics(s).rtp_packets_sent == 51);
}

TEST_CASE("relay: IPv4 and IPv6 meet", "[media]") {
  relay_fixture r{2, parse_ip_address("::1")};
  const auto four = r.slot(0), six = r.slot(2);
  REQUIRE(six.rtp.address.family == ip_family::v6);
  phone alice, bob{parse_ip_address("::1").value()};
  r.remote(four, alice);
  r.remote(six, bob);
  r.command(media::connect{four.id, six.id});
  alice.rtp.send(rtp_bytes({.sequence = 1}), four.rtp);
  bob.rtp.send(rtp_bytes({.sequence = 2}), six.rtp);
  r.pump(2);
  CHECK(bob.rtp.receive()->content == rtp_bytes({.sequence = 1}));
  const auto at_alice = alice.rtp.receive();
  CHECK(at_alice->content == rtp_bytes({.sequence = 2}));
  CHECK(at_alice->from == four.rtp);
}

TEST_CASE("relay: loss and jitter of a stream are the receiver's of RFC 3550 A.3, A.8", "[media]") {
  bridged r;
  std::uint32_t timestamp = 0;
  for (const int n : {1, 2, 3, 5, 6}) {
    r.now += n == 6 ? 60ms : 20ms; // one missing, one 40 ms late
    timestamp += 160;
    r.alice.rtp.send(rtp_bytes({.sequence = static_cast<std::uint16_t>(n), .timestamp = timestamp}),
                     r.a.rtp);
    r.pump(1);
  }
  const auto s = r.statistics(r.a);
  CHECK(s.rtp_packets_expected == 5);
  CHECK(s.rtp_packets_lost == 1);
  CHECK(s.jitter == 2500us); // 320 / 16 timestamp units
  CHECK(s.ssrc == rtp_fields{}.ssrc);
}
