#include "media/latch.hpp"

#include "media/limits.hpp"

#include <catch2/catch.hpp>

#include <chrono>
#include <string>
#include <variant>
#include <vector>

using namespace tandem;
using namespace std::chrono_literals;
using media::latch;
using verdict = media::latch::verdict;

namespace {

ip_endpoint at(const char* text) {
  return parse_ip_endpoint(text).value();
}

const auto signalled = at("10.0.0.5:4000"); // what the phone's SDP says
const auto signalled_rtcp = at("10.0.0.5:4001");
const auto phone = at("192.0.2.7:31000"); // where its packets come from, through its NAT
const auto roamed = at("192.0.2.7:44444");
const auto stranger = at("203.0.113.9:4000");

constexpr std::uint32_t ssrc = 0xabcd;

// One step of a story: an SDP or a packet, a time after the last step, and what must come of it.
struct sdp {
  ip_endpoint rtp;
};
struct rtp_from {
  ip_endpoint source;
  std::uint16_t sequence;
  verdict expected;
  std::uint32_t ssrc = ::ssrc;
};
struct rtcp_from {
  ip_endpoint source;
  verdict expected;
};
struct step {
  duration after;
  std::variant<sdp, rtp_from, rtcp_from> what;
  std::optional<ip_endpoint> sends_to; // RTP destination after the step
};
struct story {
  std::string name;
  std::vector<step> steps;
};

void play(const story& s, duration uptime) {
  INFO(s.name);
  latch machine;
  time_point now{uptime};
  std::size_t number = 0;
  for (const auto& [after, what, sends_to] : s.steps) {
    INFO("step " << ++number);
    now += after;
    // Restored on another clock at every step, so that each state is one from which it goes on.
    const auto saved = machine.snapshot_at(now);
    now += 77777s;
    machine = latch{saved, now};
    CHECK(machine.snapshot_at(now) == saved);
    if (const auto* offer = std::get_if<sdp>(&what))
      machine.on_remote(offer->rtp, {offer->rtp.address, std::uint16_t(offer->rtp.port + 1)}, now);
    else if (const auto* p = std::get_if<rtp_from>(&what))
      CHECK(machine.on_rtp(p->source, p->ssrc, p->sequence, now) == p->expected);
    else if (const auto* c = std::get_if<rtcp_from>(&what))
      CHECK(machine.on_rtcp(c->source) == c->expected);
    CHECK(machine.rtp_destination() == sends_to);
  }
}

constexpr auto heard = verdict::heard;
constexpr auto locked = verdict::locked_now;
constexpr auto wrong = verdict::wrong_source;

} // namespace

TEST_CASE("latch: who is heard and who is answered (RFC 4961)", "[media]") {
  const auto moved = at("10.9.9.9:6000"); // the address of a second SDP
  const std::vector<story> stories{
      {"nothing is heard before the SDP",
       {{0s, rtp_from{phone, 1, verdict::no_remote}, {}},
        {0s, rtcp_from{phone, verdict::no_remote}, {}}}},
      {"before the lock the SDP's address is answered, after it the source",
       {{0s, sdp{signalled}, signalled},
        {20ms, rtp_from{phone, 1, locked}, phone},
        {20ms, rtp_from{phone, 2, heard}, phone}}},
      {"a third source is not heard and steals nothing",
       {{0s, sdp{signalled}, signalled},
        {0s, rtp_from{phone, 1, locked}, phone},
        {20ms, rtp_from{stranger, 2, wrong}, phone},
        {20ms, rtp_from{stranger, 900, wrong, 77}, phone},
        {20ms, rtp_from{phone, 3, heard}, phone}}},
      {"same host, other port is a third source too",
       {{0s, sdp{signalled}, signalled},
        {0s, rtp_from{phone, 1, locked}, phone},
        {1s, rtp_from{roamed, 2, wrong}, phone}}},
      {"after silence the same stream goes on from elsewhere",
       {{0s, sdp{signalled}, signalled},
        {0s, rtp_from{phone, 1, locked}, phone},
        {media::limits::latch_silence - 1ns, rtp_from{roamed, 99, wrong}, phone},
        {1ns, rtp_from{roamed, 100, locked}, roamed},
        {20ms, rtp_from{phone, 101, wrong}, roamed}}},
      {"after silence another SSRC is still a stranger",
       {{0s, sdp{signalled}, signalled},
        {0s, rtp_from{phone, 1, locked}, phone},
        {1h, rtp_from{stranger, 2, wrong, 77}, phone}}},
      {"after silence a sequence number that cannot follow is a stranger's",
       {{0s, sdp{signalled}, signalled},
        {0s, rtp_from{phone, 5000, locked}, phone},
        {3s, rtp_from{stranger, 5000, wrong}, phone}, // repeated: overheard
        {0s, rtp_from{stranger, 4999, wrong}, phone},
        {0s, rtp_from{stranger, 8000, wrong}, phone}, // RFC 3550 A.1 MAX_DROPOUT
        {0s, rtp_from{stranger, 7999, locked}, stranger}}},
      {"the stranger's refused packets do not count as the source's",
       {{0s, sdp{signalled}, signalled},
        {0s, rtp_from{phone, 1, locked}, phone},
        {1900ms, rtp_from{stranger, 9, wrong, 77}, phone},
        {100ms, rtp_from{roamed, 80, locked}, roamed}}},
      {"a late packet does not pull the sequence back",
       {{0s, sdp{signalled}, signalled},
        {0s, rtp_from{phone, 500, locked}, phone},
        {0s, rtp_from{phone, 450, heard}, phone},
        {2s, rtp_from{stranger, 460, wrong}, phone}}},
      {"a new SDP opens the latch",
       {{0s, sdp{signalled}, signalled},
        {0s, rtp_from{phone, 1, locked}, phone},
        {10s, sdp{signalled}, phone}, // the same address: go on sending where it was reached
        {0s, rtp_from{roamed, 7, locked, 99}, roamed},
        {0s, rtp_from{phone, 8, wrong}, roamed}}},
      {"an SDP that moves the stream: old packets under way are heard and lock nothing",
       {{0s, sdp{signalled}, signalled},
        {0s, rtp_from{phone, 1, locked}, phone},
        {10s, sdp{moved}, moved},
        {40ms, rtp_from{phone, 500, heard}, moved},
        {media::limits::latch_settle - 41ms, rtp_from{phone, 501, heard}, moved},
        {0s, rtp_from{roamed, 1, locked, 99}, roamed},
        {0s, rtp_from{phone, 502, wrong}, roamed}}},
      {"an SDP that names a new address but the phone stays where it was",
       {{0s, sdp{signalled}, signalled},
        {0s, rtp_from{phone, 1, locked}, phone},
        {10s, sdp{moved}, moved},
        {media::limits::latch_settle, rtp_from{phone, 600, locked}, phone}}},
      {"a second SDP on top of one that moved the stream",
       {{0s, sdp{signalled}, signalled},
        {0s, rtp_from{phone, 1, locked}, phone},
        {10s, sdp{moved}, moved},
        {20ms, sdp{moved}, moved},
        {20ms, rtp_from{phone, 9, heard}, moved},
        {20ms, sdp{phone}, phone}, // it says what we had found out
        {0s, rtp_from{phone, 10, locked}, phone}}},
      {"an SDP without an address (hold of RFC 2543) sends nothing until somebody is heard",
       {{0s, sdp{at("0.0.0.0:4000")}, {}}, {0s, rtp_from{phone, 1, locked}, phone}}},
      {"port 0", {{0s, sdp{at("10.0.0.5:0")}, {}}}},
  };
  for (const auto& s : stories)
    play(s, 5s);
}

TEST_CASE("latch: RTCP comes from the host of the RTP only (RFC 3550 §11)", "[media]") {
  const auto above = at("192.0.2.7:31001");
  const auto at_signalled_port = at("192.0.2.7:4001");
  const std::vector<story> stories{
      {"before the lock only from exactly where the SDP says",
       {{0s, sdp{signalled}, signalled},
        {0s, rtcp_from{at("10.0.0.5:4002"), wrong}, signalled},
        {0s, rtcp_from{signalled_rtcp, heard}, signalled},
        {0s, rtcp_from{above, wrong}, signalled}}},
      {"after it from the port above, or from the signalled port of the same host",
       {{0s, sdp{signalled}, signalled},
        {0s, rtp_from{phone, 1, locked}, phone},
        {0s, rtcp_from{above, heard}, phone},
        {0s, rtcp_from{at_signalled_port, heard}, phone},
        {0s, rtcp_from{at("192.0.2.7:31002"), wrong}, phone},
        {0s, rtcp_from{phone, wrong}, phone}, // rtcp-mux is not offered
        {0s, rtcp_from{at("203.0.113.9:31001"), wrong}, phone},
        {0s, rtcp_from{signalled_rtcp, wrong}, phone}}},
  };
  for (const auto& s : stories)
    play(s, 5s);
}

TEST_CASE("latch: where RTCP goes", "[media]") {
  latch l;
  CHECK_FALSE(l.rtcp_destination());
  const time_point now{1s};
  l.on_remote(signalled, signalled_rtcp, now);
  CHECK(l.rtcp_destination() == signalled_rtcp);
  SECTION("a source behind NAT: the port above it") {
    l.on_rtp(phone, ssrc, 1, now);
    CHECK(l.rtcp_destination() == at("192.0.2.7:31001"));
    SECTION("once heard: where it came from") {
      REQUIRE(l.on_rtcp(at("192.0.2.7:4001")) == heard);
      CHECK(l.rtcp_destination() == at("192.0.2.7:4001"));
      SECTION("and a new source forgets it") {
        l.on_rtp(at("198.51.100.1:2000"), ssrc, 2, now + 2s);
        CHECK(l.rtcp_destination() == at("198.51.100.1:2001"));
      }
    }
  }
  SECTION("a source on the signalled host: the signalled port (RFC 3605)") {
    l.on_remote(signalled, at("10.0.0.5:9999"), now);
    l.on_rtp(at("10.0.0.5:4002"), ssrc, 1, now);
    CHECK(l.rtcp_destination() == at("10.0.0.5:9999"));
  }
  SECTION("port 65535 has none above it") {
    l.on_rtp(at("192.0.2.7:65535"), ssrc, 1, now);
    CHECK_FALSE(l.rtcp_destination());
  }
}
