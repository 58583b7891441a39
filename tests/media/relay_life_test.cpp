// The life of a slot: commands, time-outs, failures, release and the next use.
#include "tests/media/relay_fixture.hpp"

#include <catch2/catch.hpp>
#include <fcntl.h>

#include <array>
#include <chrono>

using namespace tandem;
using namespace tandem::test;
using namespace std::chrono_literals;
using media::direction;
using media::drop;

namespace {

// The descriptor of this process that is bound to `local`.
int descriptor_of(const ip_endpoint& local) {
  for (int fd = 3; fd < 1024; ++fd) {
    media::socket_address address{};
    socklen_t length = sizeof address;
    if (getsockname(fd, &address.any, &length) == 0
        && (address.any.sa_family == AF_INET || address.any.sa_family == AF_INET6)
        && media::read_address(address) == local)
      return fd;
  }
  FAIL("no socket on " << to_string(local));
  return -1;
}

bool is_buffering(const ip_endpoint& local) {
  std::array<char, 1> byte;
  return recv(descriptor_of(local), byte.data(), 1, MSG_DONTWAIT | MSG_PEEK | MSG_TRUNC) >= 0;
}

} // namespace

TEST_CASE("slot: the first packet is told once, each latch every time", "[media]") {
  bridged r;
  r.alice.rtp.send(rtp_bytes({.sequence = 1}), r.a.rtp);
  r.alice.rtp.send(rtp_bytes({.sequence = 2}), r.a.rtp);
  r.pump(2);
  REQUIRE(r.events.size() == 2);
  CHECK(r.events[0]
        == media::event{r.a.id, {7, 0}, media::latched{r.alice.rtp.local(), 0x11223344}});
  CHECK(r.events[1] == media::event{r.a.id, {7, 0}, media::first_packet{}});
  r.remote(r.a, r.alice); // a re-INVITE
  r.alice.rtp.send(rtp_bytes({.sequence = 3}), r.a.rtp);
  r.pump(1);
  REQUIRE(r.events.size() == 3);
  CHECK(std::holds_alternative<media::latched>(r.events[2].what));
  CHECK(r.statistics(r.a).latches == 2);
}

TEST_CASE("slot: RTP time-out once per silence, none on hold", "[media]") {
  bridged r;
  const auto limit = r.settings.rtp_timeout;
  const auto timeouts = [&] { return r.said<media::rtp_timeout>(r.a); };
  r.now += limit - 1ns;
  r.core->on_housekeeping(r.now);
  CHECK(timeouts() == 0);
  r.now += 1ns;
  r.core->on_housekeeping(r.now);
  r.core->on_housekeeping(r.now + limit);
  CHECK(timeouts() == 1);
  CHECK(r.events.front() == media::event{r.a.id, {7, 0}, media::rtp_timeout{duration{limit}}});

  r.alice.rtp.send(rtp_bytes({}), r.a.rtp); // heard again: armed again
  r.pump(1);
  r.now += limit;
  r.core->on_housekeeping(r.now);
  CHECK(timeouts() == 2);

  for (const auto held :
       {direction::send_only, direction::receive_only, direction::inactive}) { // RFC 3264 §8.4
    r.command(media::set_direction{r.a.id, held});
    r.now += 10 * limit;
    r.core->on_housekeeping(r.now);
    CHECK(timeouts() == 2);
  }
  r.command(media::set_direction{r.a.id, direction::send_receive}); // resumed: counts from now
  r.now += limit - 1ns;
  r.core->on_housekeeping(r.now);
  CHECK(timeouts() == 2);
  r.now += 1ns;
  r.core->on_housekeeping(r.now);
  CHECK(timeouts() == 3);
}

TEST_CASE("slot: a silence that was said already is said again when it is counted anew",
          "[media]") {
  bridged r;
  const auto limit = r.settings.rtp_timeout;
  const auto timeouts = [&] { return r.said<media::rtp_timeout>(r.a); };
  r.now += limit;
  r.core->on_housekeeping(r.now); // while it rang: nobody minds
  CHECK(timeouts() == 1);
  r.command(media::set_direction{r.a.id, direction::send_receive}); // the answer
  r.now += limit - 1ns;
  r.core->on_housekeeping(r.now);
  CHECK(timeouts() == 1);
  r.now += 1ns;
  r.core->on_housekeeping(r.now);
  CHECK(timeouts() == 2);
}

TEST_CASE("slot: late packets of a released call never reach the next one", "[media]") {
  bridged r;
  r.alice.rtp.send(rtp_bytes({.sequence = 1}), r.a.rtp);
  r.pump(1);
  const auto old_id = r.a.id;
  r.alice.rtp.send(rtp_bytes({.sequence = 2}), r.a.rtp); // in the socket's buffer at release
  CHECK(is_buffering(r.a.rtp));
  r.command(media::release{old_id});
  CHECK_FALSE(is_buffering(r.a.rtp));
  CHECK(r.board.quarantined_count == 1);
  r.alice.rtp.send(rtp_bytes({.sequence = 3}), r.a.rtp); // during the quarantine
  CHECK_FALSE(is_buffering(r.a.rtp));
  r.core->on_housekeeping(r.now + r.settings.quarantine - 1ns);
  CHECK(r.board.free_count == 0);
  CHECK(r.slot(0).id == old_id); // statistics can still be read
  CHECK(r.statistics(r.a).rtp_packets_received == 1);
  r.core->on_housekeeping(r.now + r.settings.quarantine);
  CHECK(r.board.free_count == 1);
  CHECK(r.board.quarantined_count == 0);
  CHECK(r.board.free[0].pop() == 0U);
  r.alice.rtp.send(rtp_bytes({.sequence = 4}), r.a.rtp); // while free

  const auto next = r.slot(0);
  CHECK(next.id.generation == old_id.generation + 1);
  CHECK(next.rtp == r.a.rtp);
  CHECK(r.statistics(next) == media::slot_statistics{});
  phone carol;
  r.remote(next, carol);
  r.command(media::echo{next.id});
  carol.rtp.send(rtp_bytes({.ssrc = 5, .sequence = 50}), next.rtp);
  r.pump(1);
  CHECK(carol.rtp.receive()->content == rtp_bytes({.ssrc = 5, .sequence = 50}));
  r.alice.rtp.send(rtp_bytes({.sequence = 5}), next.rtp); // her call is over, she does not know
  r.pump(1);
  CHECK(r.dropped(next, drop::wrong_source) == 1);
  CHECK(r.statistics(next).rtp_packets_received == 1);
  CHECK(r.bob.rtp.receive()->content == rtp_bytes({.sequence = 1}));
  CHECK(r.bob.rtp.has_nothing());
}

TEST_CASE("slot: commands of a former use are ignored", "[media]") {
  bridged r;
  const auto old_id = r.a.id;
  r.command(media::release{old_id});
  r.command(media::release{old_id}); // twice
  CHECK(r.board.quarantined_count == 1);
  r.remote(r.a, r.alice); // in quarantine
  r.core->on_housekeeping(r.now + r.settings.quarantine);
  const auto next = r.slot(0);
  r.remote(next, r.alice);
  r.command(media::echo{next.id});
  r.command(media::disconnect{old_id});
  r.command(media::set_direction{old_id, direction::inactive});
  r.command(media::connect{old_id, r.b.id});
  r.command(media::release{old_id});
  r.command(media::release{{1, 0, next.id.generation}}); // another worker's
  r.command(media::release{{0, 99, 1}});                 // no such slot
  r.alice.rtp.send(rtp_bytes({}), next.rtp);
  r.pump(1);
  CHECK(r.alice.rtp.receive());
  CHECK(r.board.quarantined_count == 0);
}

TEST_CASE("slot: a new connection ends the old one on both sides", "[media]") {
  bridged r;
  const auto c = r.slot(2);
  phone carol;
  r.remote(c, carol);
  r.command(media::connect{r.a.id, c.id}); // alice goes from bob to carol
  r.bob.rtp.send(rtp_bytes({.sequence = 1}), r.b.rtp);
  r.pump(1);
  CHECK(r.dropped(r.b, drop::no_peer) == 1);
  r.alice.rtp.send(rtp_bytes({.sequence = 2}), r.a.rtp);
  r.pump(1);
  CHECK(carol.rtp.receive());
  CHECK(r.bob.rtp.has_nothing());
  r.command(media::disconnect{c.id});
  r.alice.rtp.send(rtp_bytes({.sequence = 3}), r.a.rtp);
  r.pump(1);
  CHECK(r.dropped(r.a, drop::no_peer) == 1);
  r.command(media::connect{r.a.id, r.a.id}); // with itself: that is echo's business
  r.alice.rtp.send(rtp_bytes({.sequence = 4}), r.a.rtp);
  r.pump(1);
  CHECK(r.dropped(r.a, drop::no_peer) == 2);
}

TEST_CASE("slot: one lost socket ends one endpoint, and its port is not used again", "[media]") {
  bridged r;
  const auto c = r.slot(2);
  phone carol;
  r.remote(c, carol);
  r.command(media::echo{c.id});
  // A bug elsewhere in the process puts something else under the descriptor of slot a.
  const media::owned_fd null{open("/dev/null", O_RDWR | O_CLOEXEC)};
  REQUIRE(dup2(null.get(), descriptor_of(r.a.rtp)) >= 0);
  r.bob.rtp.send(rtp_bytes({.sequence = 1}), r.b.rtp);
  r.pump(1);
  REQUIRE(r.said<media::endpoint_failed>(r.a) == 1);
  CHECK(r.events.back()
        == media::event{r.a.id, {7, 0}, media::endpoint_failed{media::failure::socket_error}});
  CHECK(r.dropped(r.b, drop::send_failed) == 1);

  r.bob.rtp.send(rtp_bytes({.sequence = 2}), r.b.rtp); // the others live
  carol.rtp.send(rtp_bytes({.sequence = 3}), c.rtp);
  r.pump(2);
  CHECK(r.dropped(r.b, drop::no_peer) == 1);
  CHECK(carol.rtp.receive());
  r.remote(r.a, r.alice); // ignored
  r.command(media::release{r.a.id});
  r.core->on_housekeeping(r.now + 1h);
  CHECK(r.board.free_count == 0);
  CHECK(r.slot(0).id == r.a.id);
}

TEST_CASE("slot: a socket that cannot be read fails its endpoint", "[media]") {
  bridged r;
  const media::owned_fd null{open("/dev/null", O_RDWR | O_CLOEXEC)};
  REQUIRE(dup2(null.get(), descriptor_of(r.a.rtcp)) >= 0);
  r.core->on_readable(media::relay::token(0, media::lane::rtcp), r.now);
  CHECK(r.said<media::endpoint_failed>(r.a) == 1);
  r.core->on_readable(media::relay::token(0, media::lane::rtp), r.now); // reported before: ignored
  r.core->on_readable(media::relay::token(99, media::lane::rtp), r.now);
  CHECK(r.events.size() == 1);
}

TEST_CASE("slot: before and after its call a socket reports nothing, however much is sent to it",
          "[media]") {
  bridged r;
  const auto idle = r.slot(2).rtp;
  r.bob.rtp.send(rtp_bytes({.sequence = 1}), idle);
  CHECK(r.is_quiet());
  r.bob.rtp.send(rtp_bytes({.sequence = 1}), r.a.rtp); // waits when the call ends
  r.command(media::release{r.a.id});
  r.bob.rtp.send(rtp_bytes({.sequence = 2}), r.a.rtp);
  CHECK(r.is_quiet());
  CHECK(r.events.empty());
}

TEST_CASE("slot: connecting slots of two workers fails the endpoint that asked", "[media]") {
  bridged r;
  r.command(media::connect{r.a.id, {1, 0, 1}});
  CHECK(r.events.back()
        == media::event{r.a.id, {7, 0}, media::endpoint_failed{media::failure::different_worker}});
  r.command(media::release{r.a.id});
  r.core->on_housekeeping(r.now + r.settings.quarantine);
  CHECK(r.board.free_count == 1); // its sockets are sound
}

TEST_CASE("slot: a release that found the queue full is found by housekeeping", "[media]") {
  bridged r;
  r.command(media::release{r.b.id});
  r.core->on_housekeeping(r.now + r.settings.quarantine);
  CHECK_FALSE(r.core->is_idle());
  r.board.states[0].release_missed = r.a.id.generation;
  r.board.is_release_missed = true;
  r.core->on_housekeeping(r.now);
  CHECK(r.board.quarantined_count == 1);
  r.core->on_housekeeping(r.now + r.settings.quarantine);
  CHECK(r.core->is_idle());
  CHECK(r.board.free_count == 2);
}

TEST_CASE("slot: a stream of an earlier process goes on: locked, counted, not told again",
          "[media]") {
  relay_fixture r;
  phone alice, bob, stranger;
  const auto a = r.slot(0), b = r.slot(1);
  r.remote(a, alice);
  r.command(media::resume{a.id, alice.rtp.local(), 0x11223344, {100, 90, 7}});
  r.remote(b, bob);
  r.command(media::connect{a.id, b.id});
  CHECK(r.statistics(a).rtp_packets_received == 100);

  stranger.rtp.send(rtp_bytes({.sequence = 9}), a.rtp); // quicker than the phone
  r.pump(1);
  CHECK(r.statistics(a).dropped_for(drop::wrong_source) == 1);
  alice.rtp.send(rtp_bytes({.sequence = 30}), a.rtp);
  r.pump(1);
  REQUIRE(bob.rtp.receive());
  CHECK(r.events.empty());
  CHECK(r.statistics(a).packets() == media::packet_counters{101, 90, 7});

  r.command(media::resume{a.id, stranger.rtp.local(), 1, {}}); // too late: it has heard something
  CHECK(r.statistics(a).source == alice.rtp.local());
  CHECK(r.statistics(a).rtp_packets_received == 101);
}
