// When a stream may be carried without the worker (media/relay_flows.cpp), against a table that
// carries nothing by itself: what the kernel does with a flow is tested in tests/media/kernel.
#include "tests/media/relay_fixture.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <chrono>

using namespace tandem;
using namespace tandem::test;
using namespace std::chrono_literals;
using media::direction;
using media::drop;

namespace {

class kept_flows final : public media::flow_table {
public:
  struct entry {
    media::flow what;
    media::flow_counts counted;
  };
  bool install(const media::flow& f) noexcept override {
    if (entries.size() == room || find(f.name) != entries.end())
      return false;
    entries.push_back({f, {.position = f.position}});
    return true;
  }
  std::optional<media::flow_counts> read(const media::flow_name& n) const noexcept override {
    const auto at = std::ranges::find(entries, n, [](const entry& e) { return e.what.name; });
    return at == entries.end() ? std::nullopt : std::optional{at->counted};
  }
  std::optional<media::flow_counts> remove(const media::flow_name& n) noexcept override {
    const auto counted = read(n);
    std::erase_if(entries, [&](const entry& e) { return e.what.name == n; });
    return counted;
  }
  void live_until(time_point t) noexcept override { lease = t; }

  /// As if `packets` of 172 bytes had come, the last at `now`.
  void carry(const media::flow_name& n, std::uint16_t packets, time_point now) {
    const auto at = find(n);
    REQUIRE(at != entries.end());
    at->counted.packets += packets;
    at->counted.bytes += packets * 172U;
    at->counted.heard_at = now;
    at->counted.position.highest =
        static_cast<std::uint16_t>(at->counted.position.highest + packets);
  }
  [[nodiscard]] bool has(const media::flow_name& n) const { return read(n).has_value(); }
  [[nodiscard]] std::vector<entry>::iterator find(const media::flow_name& n) {
    return std::ranges::find(entries, n, [](const entry& e) { return e.what.name; });
  }

  std::vector<entry> entries;
  std::size_t room = 100;
  time_point lease;
};

struct with_table {
  kept_flows table;
};

/// Alice's stream and Bob's, both beyond the probation of RFC 3550 A.1.
struct settled : with_table, bridged {
  settled() : bridged(4, {&table, {}}) {}

  void send(const phone& from, const media::slot& to, std::uint16_t sequence,
            std::uint32_t ssrc = 0x11223344) {
    from.rtp.send(rtp_bytes({.ssrc = ssrc, .sequence = sequence}), to.rtp);
    pump(1);
  }
  void talk() {
    for (std::uint16_t n = 10; n < 12; ++n) {
      send(alice, a, n);
      send(bob, b, n, 5);
    }
  }
  [[nodiscard]] media::flow_name from_alice() const { return {a.rtp, alice.rtp.local()}; }
  [[nodiscard]] media::flow_name from_bob() const { return {b.rtp, bob.rtp.local()}; }
};

} // namespace

TEST_CASE("flows: a stream gets one after its probation, from port to port", "[media]") {
  settled r;
  r.send(r.alice, r.a, 10);
  CHECK(r.table.entries.empty());
  r.send(r.alice, r.a, 11);
  REQUIRE(r.table.entries.size() == 1);
  const auto& f = r.table.entries.front().what;
  CHECK(f.name == r.from_alice());
  CHECK(f.source == r.b.rtp);
  CHECK(f.destination == r.bob.rtp.local()); // as described: he has not been heard
  CHECK(f.position.ssrc == 0x11223344);
  CHECK(f.position.highest == 11);
  CHECK(f.packets_per_second == media::limits::packets_per_second);
}

TEST_CASE("flows: what a flow carried is counted as what a socket read", "[media]") {
  settled r;
  r.talk();
  r.now += 1s;
  r.table.carry(r.from_alice(), 50, r.now - 20ms);
  r.core->on_housekeeping(r.now);
  const auto in = r.statistics(r.a);
  CHECK(in.rtp_packets_received == 52);
  CHECK(in.rtp_packets_carried == 50);
  CHECK(in.rtp_bytes_received == 52 * 172);
  CHECK(in.rtp_packets_lost == 0);
  CHECK(in.last_rtp_at == r.now - 20ms);
  CHECK(r.statistics(r.b).rtp_packets_sent == 52);
  CHECK(r.board.totals.received == 54);
  CHECK(r.board.totals.carried == 50);

  // RFC 3550 A.3: three numbers are missing
  auto& held = r.table.find(r.from_alice())->counted;
  held.position.highest = static_cast<std::uint16_t>(held.position.highest + 3);
  r.table.carry(r.from_alice(), 7, r.now);
  held.flooded = 2;
  r.command(media::release{r.a.id});
  CHECK_FALSE(r.table.has(r.from_alice()));
  CHECK(r.statistics(r.a).rtp_packets_received == 59);
  CHECK(r.statistics(r.a).rtp_packets_lost == 3);
  CHECK(r.dropped(r.a, drop::flood) == 2);
}

TEST_CASE("flows: none survives a change of its stream", "[media]") {
  const auto ends = [](auto change) {
    settled r;
    r.talk();
    REQUIRE(r.table.entries.size() == 2);
    change(r);
    CHECK(r.table.entries.empty());
  };
  ends([](settled& r) { r.command(media::set_direction{r.a.id, direction::inactive}); });
  ends([](settled& r) { r.command(media::set_direction{r.b.id, direction::receive_only}); });
  ends([](settled& r) { r.remote(r.a, r.alice); });
  ends([](settled& r) { r.remote(r.b, r.bob, direction::send_only); });
  ends([](settled& r) { r.command(media::echo{r.a.id}); });
  ends([](settled& r) { r.command(media::disconnect{r.b.id}); });
  ends([](settled& r) { r.command(media::release{r.b.id}); });
  ends([](settled& r) { r.command(media::connect{r.a.id, r.slot(2).id}); });
  ends([](settled& r) {
    auto elsewhere = r.slot(2).id;
    elsewhere.worker = 1;
    r.command(media::connect{r.a.id, elsewhere});
  });
}

TEST_CASE("flows: a held stream has none in the direction that is off (RFC 3264 §6.1)", "[media]") {
  settled r;
  r.command(media::set_direction{r.a.id, direction::send_only}); // Alice may only listen
  r.talk();
  CHECK_FALSE(r.table.has(r.from_alice()));
  CHECK(r.table.has(r.from_bob()));
}

TEST_CASE("flows: a packet that surfaces ends the flow for a pause", "[media]") {
  settled r;
  r.talk();
  r.table.carry(r.from_alice(), 3, r.now);
  r.send(r.alice, r.a, 15); // had waited in the socket when the flow began
  CHECK(r.table.has(r.from_alice()));
  r.now += media::limits::flow_grace;
  r.send(r.alice, r.a, 1, 99); // another SSRC
  CHECK_FALSE(r.table.has(r.from_alice()));
  CHECK(r.statistics(r.a).rtp_packets_received == 7);
  CHECK(r.statistics(r.a).ssrc == 99);
  r.now += media::limits::flow_pause - 1ms;
  r.send(r.alice, r.a, 2, 99);
  CHECK_FALSE(r.table.has(r.from_alice()));
  r.now += 1ms;
  r.send(r.alice, r.a, 3, 99);
  REQUIRE(r.table.has(r.from_alice()));
  CHECK(r.table.find(r.from_alice())->what.position.ssrc == 99);
}

TEST_CASE("flows: a third party neither ends a flow nor takes a stream that a flow hears",
          "[media]") {
  settled r;
  r.talk();
  const phone stranger;
  for (int i = 0; i < 4; ++i) { // for longer than limits::latch_silence, unseen by the worker
    r.now += 1s;
    r.table.carry(r.from_alice(), 50, r.now - 10ms);
  }
  stranger.rtp.send(rtp_bytes({.sequence = 213}), r.a.rtp); // her SSRC, a plausible number
  r.pump(1);
  CHECK(r.dropped(r.a, drop::wrong_source) == 1);
  CHECK(r.table.has(r.from_alice()));
  CHECK(r.statistics(r.a).source == r.alice.rtp.local());
}

TEST_CASE("flows: a stream that moves after a silence leaves the old flows behind", "[media]") {
  settled r;
  r.talk();
  const phone elsewhere;
  r.now += media::limits::latch_silence;
  elsewhere.rtp.send(rtp_bytes({.sequence = 12}), r.a.rtp);
  r.pump(1);
  CHECK(r.statistics(r.a).source == elsewhere.rtp.local());
  CHECK_FALSE(r.table.has(r.from_alice()));
  CHECK_FALSE(r.table.has(r.from_bob())); // it led to where she was
}

TEST_CASE("flows: the RTP time-out hears what flows hear", "[media]") {
  settled r;
  r.settings.rtp_timeout = 10s;
  r.talk();
  r.now += 9s;
  r.table.carry(r.from_alice(), 1, r.now);
  r.now += 9s;
  r.core->on_housekeeping(r.now);
  CHECK(r.said<media::rtp_timeout>(r.a) == 0);
  CHECK(r.said<media::rtp_timeout>(r.b) == 1);
  r.now += 1s;
  r.core->on_housekeeping(r.now);
  CHECK(r.said<media::rtp_timeout>(r.a) == 1);
}

TEST_CASE("flows: none leads to a port of ours", "[media]") {
  settled r;
  r.command(media::set_remote{r.b.id, r.slot(2).rtp, r.slot(2).rtcp, direction::send_receive,
                              8000}); // an SDP may name what it likes
  r.send(r.alice, r.a, 10);
  r.send(r.alice, r.a, 11);
  CHECK(r.table.entries.empty());
}

TEST_CASE("flows: a stream with padding, extension or CSRCs has none", "[media]") {
  settled r;
  for (std::uint16_t n = 10; n < 14; ++n) {
    auto bytes = rtp_bytes({.sequence = n});
    bytes[0] = 0x81; // the first word of the payload is a CSRC
    r.alice.rtp.send(bytes, r.a.rtp);
    r.pump(1);
  }
  CHECK(r.statistics(r.b).rtp_packets_sent == 4);
  CHECK(r.table.entries.empty());
}

TEST_CASE("flows: a full table is tried again after a pause, and counted", "[media]") {
  settled r;
  r.table.room = 1;
  r.talk();
  CHECK(r.table.entries.size() == 1);
  CHECK(r.board.totals.flows_refused == 1);
  r.send(r.bob, r.b, 12, 5);
  CHECK(r.board.totals.flows_refused == 1);
  r.now += media::limits::flow_pause;
  r.table.room = 2;
  r.send(r.bob, r.b, 13, 5);
  CHECK(r.table.has(r.from_bob()));
}

TEST_CASE("flows: the first worker says that the node lives", "[media]") {
  settled r;
  r.core->on_housekeeping(r.now);
  CHECK(r.table.lease == r.now + media::limits::kernel_lease);
}

namespace {

/// A process before this one has left the two flows of a call.
struct inherited : with_table {
  inherited() {
    phone_a = {own_loopback(), 40000};
    phone_b = {own_loopback(), 40002};
    const ip_endpoint a{own_loopback(), 20000}, b{own_loopback(), 20002};
    const auto described = [](const ip_endpoint& e) { return std::hash<ip_endpoint>{}(e); };
    (void) table.install(
        {{a, phone_a}, b, phone_b, 8000, 1000, described(phone_a), {.ssrc = 1, .highest = 100}});
    (void) table.install(
        {{b, phone_b}, a, phone_a, 8000, 1000, described(phone_b), {.ssrc = 2, .highest = 200}});
    std::vector<media::flow> left;
    for (const auto& e : table.entries)
      left.push_back(e.what);
    r.emplace(4, std::nullopt, media::flow_share{&table, left});
    r->core->on_housekeeping(r->now);
  }
  /// As a restored endpoint says it (actors/media_endpoint/reattach.cpp).
  void bring_back(std::uint32_t i, const ip_endpoint& phone, std::uint32_t ssrc,
                  direction allowed = direction::send_receive) {
    const auto s = r->slot(i);
    const ip_endpoint rtcp{phone.address, static_cast<std::uint16_t>(phone.port + 1)};
    r->command(media::set_remote{s.id, phone, rtcp, allowed, 8000});
    r->command(media::resume{s.id, phone, ssrc, {1000, 1000, 0}});
    r->command(media::connect{s.id, r->slot(1 - i).id});
  }

  ip_endpoint phone_a, phone_b;
  std::optional<relay_fixture> r;
};

} // namespace

TEST_CASE("flows: a restored call takes over what a killed process has left", "[media]") {
  inherited i;
  const auto before = i.table.entries;
  i.bring_back(0, i.phone_a, 1);
  i.bring_back(1, i.phone_b, 2);
  i.r->core->on_housekeeping(i.r->now);
  REQUIRE(i.table.entries.size() == 2);
  i.r->now += media::limits::kernel_lease;
  i.table.carry(before[0].what.name, 10, i.r->now);
  i.r->core->on_housekeeping(i.r->now);
  CHECK(i.table.entries.size() == 2); // they are ours now
  const auto in = i.r->statistics(i.r->slot(0));
  CHECK(in.rtp_packets_received == 1010);
  CHECK(in.rtp_packets_lost == 0);
  CHECK(i.r->statistics(i.r->slot(1)).rtp_packets_sent == 1010);
}

TEST_CASE("flows: a restored call whose record had not heard of its latch learns it from the flow",
          "[media]") {
  inherited i;
  const auto describe = [&i](std::uint32_t n, const ip_endpoint& phone) {
    i.r->command(media::set_remote{i.r->slot(n).id, phone, phone, direction::send_receive, 8000});
  };
  SECTION("described as before") {
    describe(0, i.phone_a);
    i.r->command(media::connect{i.r->slot(0).id, i.r->slot(1).id});
    describe(1, i.phone_b);
    i.r->core->on_housekeeping(i.r->now);
    i.r->now += media::limits::kernel_lease;
    i.r->core->on_housekeeping(i.r->now);
    CHECK(i.table.entries.size() == 2);
    CHECK(i.r->statistics(i.r->slot(0)).source == i.phone_a);
    CHECK(i.r->said<media::latched>(i.r->slot(0)) == 1); // for the record
  }
  SECTION("described as somebody else") { // the process died between the commit and the command
    describe(0, i.phone_b);
    i.r->core->on_housekeeping(i.r->now);
    REQUIRE(i.table.entries.size() == 1);
    CHECK(i.table.entries.front().what.position.ssrc == 2);
    CHECK(i.r->statistics(i.r->slot(0)).source.port == 0);
  }
}

TEST_CASE("flows: what is inherited and not claimed ends with the lease", "[media]") {
  inherited i;
  i.r->now += media::limits::kernel_lease - 1ms;
  i.r->core->on_housekeeping(i.r->now);
  CHECK(i.table.entries.size() == 2);
  i.r->now += 1ms;
  i.r->core->on_housekeeping(i.r->now);
  CHECK(i.table.entries.empty());
}

TEST_CASE("flows: what is inherited ends when the restored call is another", "[media]") {
  SECTION("on hold") {
    inherited i;
    i.bring_back(0, i.phone_a, 1, direction::inactive);
    CHECK(i.table.entries.empty());
  }
  SECTION("another SSRC") {
    inherited i;
    i.bring_back(0, i.phone_a, 7);
    i.bring_back(1, i.phone_b, 2);
    i.r->core->on_housekeeping(i.r->now);
    REQUIRE(i.table.entries.size() == 1);
    CHECK(i.table.entries.front().what.position.ssrc == 2);
  }
  SECTION("released") {
    inherited i;
    i.bring_back(0, i.phone_a, 1);
    i.r->command(media::release{i.r->slot(0).id});
    CHECK(i.table.entries.empty());
  }
}
