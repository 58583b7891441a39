#include "protocols/rtp/stream_statistics.hpp"

#include "protocols/rtp/sequence.hpp"

#include <catch2/catch.hpp>

#include <chrono>
#include <cmath>
#include <string>
#include <vector>

using namespace tandem;
using namespace std::chrono_literals;
using rtp::stream_statistics;

namespace {

using numbers = std::vector<std::uint16_t>;
constexpr std::uint32_t source = 7;

// Packets of 20 ms at 8 kHz that arrive on time.
struct sender {
  stream_statistics& receiver;
  time_point now{5s};
  std::uint32_t timestamp = 0;

  stream_statistics::verdict operator()(std::uint16_t sequence, std::uint32_t ssrc = source) {
    now += 20ms;
    timestamp += 160;
    return receiver.on_packet(ssrc, sequence, timestamp, now);
  }
};

} // namespace

TEST_CASE("RFC 3550 A.1, A.3: expected, received and lost", "[rtp]") {
  struct row {
    std::string what;
    numbers sequence;
    std::uint64_t expected, received;
    std::uint32_t extended_highest;
  };
  // The packet that ends probation is the first that counts.
  const std::vector<row> rows{
      {"nothing", {}, 0, 0, 0},
      {"one packet is on probation", {10}, 0, 0, 10},
      {"never two in sequence", {10, 12, 14, 16}, 0, 0, 16},
      {"two in sequence", {10, 11}, 1, 1, 11},
      {"none lost", {10, 11, 12, 13}, 3, 3, 13},
      {"two lost", {10, 11, 14}, 4, 2, 14},
      {"late, not lost", {10, 11, 13, 12}, 3, 3, 13},
      {"a duplicate makes up for a loss", {10, 11, 13, 13}, 3, 3, 13},
      {"wrap", {65534, 65535, 0, 1}, 3, 3, 65537},
      {"late across the wrap", {65534, 65535, 1, 0}, 3, 3, 65537},
      {"probation across the wrap", {65535, 0, 1}, 2, 2, 1},
      {"a jump of max_dropout - 1 is loss", {10, 11, 3010}, 3000, 2, 3010},
      {"a jump of max_dropout alone is ignored", {10, 11, 3011, 12}, 2, 2, 12},
      {"late by max_misorder - 1", {200, 201, 102}, 1, 2, 201},
      {"late by more is ignored", {200, 201, 100}, 1, 1, 201},
      {"a jump confirmed: numbering restarts", {10, 11, 12, 9000, 9001, 9002}, 4, 4, 9002},
      {"a jump not confirmed", {10, 11, 9000, 9002, 12}, 2, 2, 12},
  };
  for (const auto& r : rows) {
    INFO(r.what);
    stream_statistics s{8000};
    sender send{s};
    for (const auto sequence : r.sequence)
      send(sequence);
    CHECK(s.expected() == r.expected);
    CHECK(s.received() == r.received);
    CHECK(s.lost()
          == static_cast<std::int64_t>(r.expected) - static_cast<std::int64_t>(r.received));
    CHECK(s.extended_highest() == r.extended_highest);
  }
}

TEST_CASE("RFC 3550 A.1: the verdict on each packet", "[rtp]") {
  using v = stream_statistics::verdict;
  stream_statistics s{8000};
  sender send{s};
  CHECK(send(10) == v::probation);
  CHECK(send(11) == v::counted);
  CHECK(send(9000) == v::suspect);
  CHECK(send(9001) == v::counted);
}

TEST_CASE("RFC 3550 §8.2: a new SSRC goes through probation, the sums remain", "[rtp]") {
  stream_statistics s{8000};
  sender send{s};
  for (const auto n : numbers{1, 2, 3, 5})
    send(n);
  CHECK(s.expected() == 4);
  CHECK(s.received() == 3);
  CHECK(send(500, 99) == stream_statistics::verdict::probation);
  CHECK(s.ssrc() == 99U);
  CHECK(s.expected() == 4);
  send(501, 99);
  send(502, 99);
  CHECK(s.expected() == 6);
  CHECK(s.received() == 5);
  CHECK(s.lost() == 1);
}

TEST_CASE("RFC 3550 A.3: the fraction lost covers the time since the last report", "[rtp]") {
  stream_statistics s{8000};
  sender send{s};
  CHECK(s.take_fraction_lost() == 0); // nothing expected yet: no division
  for (const auto n : numbers{1, 2, 3, 4, 5})
    send(n);
  CHECK(s.take_fraction_lost() == 0);
  for (const auto n : numbers{6, 8}) // one of three
    send(n);
  CHECK(s.take_fraction_lost() == 85);
  CHECK(s.take_fraction_lost() == 0);
  for (const auto n : numbers{8, 8, 8}) // duplicates: more received than expected
    send(n);
  CHECK(s.take_fraction_lost() == 0);
  send(3007); // 2998 of 2999 lost
  CHECK(s.take_fraction_lost() == 255);
}

TEST_CASE("RFC 3550 A.8: jitter", "[rtp]") {
  stream_statistics s{8000};
  time_point now{1h};
  std::uint32_t timestamp = 0;
  std::uint16_t sequence = 0;
  const auto packet_after = [&](duration gap) {
    now += gap;
    timestamp += 160;
    s.on_packet(source, ++sequence, timestamp, now);
  };
  SECTION("none when packets come as they were stamped") {
    for (int i = 0; i < 100; ++i)
      packet_after(20ms);
    CHECK(s.jitter() == 0);
  }
  SECTION("one sixteenth of one late packet") {
    for (int i = 0; i < 3; ++i)
      packet_after(20ms);
    packet_after(60ms); // 40 ms late: D = 320, J = 320/16
    CHECK(s.jitter() == 20);
    CHECK(s.jitter_time() == 2500us);
  }
  SECTION("settles at the mean deviation") {
    for (int i = 0; i < 1000; ++i)
      packet_after(i % 2 == 0 ? 10ms : 30ms); // |D| = 80 each time
    CHECK(std::abs(static_cast<int>(s.jitter()) - 80) <= 1);
  }
  SECTION("a timestamp that jumps far does not overflow") {
    for (int i = 0; i < 1000; ++i) {
      timestamp += 0x7fffff00U * static_cast<std::uint32_t>(i % 2);
      packet_after(20ms);
    }
    CHECK(s.jitter() < 0x80000000U);
  }
  SECTION("30 days of uptime at 48 kHz: the arrival scale does not overflow") {
    stream_statistics wide{48000};
    now = time_point{720h};
    for (std::uint16_t i = 1; i < 100; ++i) {
      now += 20ms;
      wide.on_packet(source, i, i * 960U, now);
    }
    CHECK(wide.jitter() == 0);
  }
}

TEST_CASE("snapshot: restored on another clock, the machine goes on as if never moved", "[rtp]") {
  // Every state: untouched, probation, valid, a jump not yet confirmed, after a change of SSRC.
  const std::vector<numbers> states{
      {}, {10}, {10, 11}, {10, 11, 12, 14}, {10, 11, 9000}, {65534, 65535, 3}};
  for (const auto& sequence : states) {
    INFO(sequence.size() << " packets");
    stream_statistics original{8000};
    sender here{original};
    for (const auto n : sequence)
      here(n);
    const auto saved = original.snapshot_at(here.now);
    constexpr auto other_uptime = 90000s;
    const auto there_now = here.now + other_uptime;
    stream_statistics restored{saved, there_now};
    CHECK(restored.snapshot_at(there_now) == saved);

    sender there{restored, there_now, here.timestamp};
    for (const auto n : numbers{15, 16, 9001, 9002, 17}) {
      CHECK(here(n) == there(n));
      CHECK(original.jitter() == restored.jitter());
    }
    CHECK(original.snapshot_at(here.now) == restored.snapshot_at(there.now));
  }
}

TEST_CASE("RFC 3550 A.1, A.8: a stream that somebody else counts for a while is counted once",
          "[rtp]") {
  stream_statistics alone{8000}, shared{8000}, other{8000};
  sender one{alone}, two{shared};
  for (const auto n : {65530, 65531, 65532}) {
    one(static_cast<std::uint16_t>(n));
    two(static_cast<std::uint16_t>(n));
  }
  auto place = shared.hand_over();
  REQUIRE(place);
  CHECK(place->extended() == 65532);
  for (const auto n : {65533, 65535, 1, 2}) // two are lost, the numbers wrap
    one(static_cast<std::uint16_t>(n));
  place->highest = 2;
  place->cycles += 65536;
  place->transit = alone.hand_over()->transit;
  place->jitter_x16 = alone.hand_over()->jitter_x16;
  shared.take_back(*place, 4);
  CHECK(shared.expected() == alone.expected());
  CHECK(shared.lost() == alone.lost());
  CHECK(shared.jitter() == alone.jitter());
  CHECK(shared.hand_over() == alone.hand_over());

  // What was here before the other began, and is read after it: nothing is pulled back.
  const auto behind = *place;
  two(3);
  two(4);
  shared.take_back(behind, 0);
  CHECK(shared.extended_highest() == 65536 + 4);

  // A source that is not known here, as after a restart: nothing is due before it is heard.
  other.take_back(*place, 0);
  CHECK(other.expected() == 0);
  other.take_back({place->ssrc, 5, place->cycles, 0, 0}, 3);
  CHECK(other.expected() == 3);
  CHECK(other.lost() == 0);
}

TEST_CASE("RFC 3550 A.1: no place is handed over on probation or in doubt", "[rtp]") {
  stream_statistics receiver{8000};
  sender s{receiver};
  CHECK_FALSE(receiver.hand_over());
  s(10);
  CHECK_FALSE(receiver.hand_over());
  s(11);
  CHECK(receiver.hand_over());
  s(9000);
  CHECK_FALSE(receiver.hand_over());
  s(12);
  CHECK_FALSE(receiver.hand_over()); // the jump is neither confirmed nor refuted
}

TEST_CASE("sequence: continuation reaches to max_dropout and no further", "[rtp]") {
  CHECK_FALSE(rtp::continues(10, 10));
  CHECK(rtp::continues(10, 11));
  CHECK(rtp::continues(65535, 0));
  CHECK(rtp::continues(0, rtp::max_dropout - 1));
  CHECK_FALSE(rtp::continues(0, rtp::max_dropout));
  CHECK_FALSE(rtp::continues(10, 9));
}
