// The packet path allocates nothing: counted in the worker's own thread while 10,000 packets pass
// through real sockets. The injected clock runs in that thread once per batch, so it can count
// there, and, to show that the check can fail, allocate there.
#include "media/socket_engine.hpp"
#include "tests/media/alloc/counted_malloc.hpp"
#include "tests/media/loopback.hpp"
#include "tests/protocols/rtp/packet_bytes.hpp"

#include <catch2/catch.hpp>

#include <atomic>
#include <memory>

using namespace tandem;
using namespace tandem::test;

namespace {

enum class planted : std::uint8_t { nothing, one_new_per_batch };

class counting_clock final : public tandem::clock {
public:
  explicit counting_clock(planted what) : planted_(what) {}

  time_point now() const override {
    count_this_thread(); // only workers ask for the time
    if (planted_ == planted::one_new_per_batch)
      spare_ = std::make_unique<int>(1);
    seen_.store(allocations_of_this_thread(), std::memory_order_release);
    // A second per batch: neither the flood limit nor the silence of a source matters here.
    return time_point{std::chrono::seconds{++batches_}};
  }
  wall_time wall() const override { return {}; }

  [[nodiscard]] unsigned long allocations() const { return seen_.load(std::memory_order_acquire); }

private:
  planted planted_;
  mutable std::unique_ptr<int> spare_;
  mutable std::int64_t batches_ = 1000;
  mutable std::atomic<unsigned long> seen_{0};
};

struct outcome {
  std::uint64_t relayed = 0;
  unsigned long allocations = 0;
};

// Allocations of the worker while `packets` cross, half of them in each direction; RTCP, a third
// source and garbage are among them.
outcome relay_packets(std::uint16_t packets, planted what) {
  const counting_clock time{what};
  media::engine_settings settings;
  settings.address = own_loopback();
  settings.first_port = 23000;
  settings.last_port = 23003;
  auto started = media::start_socket_engine(settings, time, [](const media::event&) {});
  REQUIRE(started);
  auto& engine = *started->media;
  const auto a = engine.allocate(ip_family::v4, {1, 1}).value();
  const auto b = engine.allocate(ip_family::v4, {1, 1}).value();
  const phone alice, bob, mallory;
  constexpr auto both_ways = media::direction::send_receive;
  REQUIRE(engine.submit(
      media::set_remote{a.id, alice.rtp.local(), alice.rtcp.local(), both_ways, 8000}));
  REQUIRE(
      engine.submit(media::set_remote{b.id, bob.rtp.local(), bob.rtcp.local(), both_ways, 8000}));
  REQUIRE(engine.submit(media::connect{a.id, b.id}));
  // Listening, latched and warmed up (the first datagrams may meet a parked socket).
  const auto until_first = [](const phone& from, const media::slot& via, const phone& to) {
    std::uint16_t n = 0;
    while (!to.rtp.receive(MSG_DONTWAIT))
      from.rtp.send(rtp_bytes({.sequence = n++}), via.rtp);
    while (to.rtp.receive(MSG_DONTWAIT)) {
    }
  };
  until_first(alice, a, bob);
  until_first(bob, b, alice);
  const auto before = time.allocations();
  const auto sent_before = engine.statistics(b.id)->rtp_packets_sent;
  for (std::uint16_t n = 0; n < packets / 2; ++n) {
    alice.rtp.send(rtp_bytes({.sequence = n}), a.rtp);
    bob.rtp.send(rtp_bytes({.ssrc = 2, .sequence = n}), b.rtp);
    if (n % 100 == 0) {
      alice.rtcp.send(rtcp_bytes(1), a.rtcp);
      mallory.rtp.send(rtp_bytes({.ssrc = 3}), a.rtp);
      mallory.rtp.send(bytes{1, 2, 3}, b.rtp);
      REQUIRE(bob.rtcp.receive());
    }
    REQUIRE(bob.rtp.receive());
    REQUIRE(alice.rtp.receive());
  }
  // A packet is here before the worker has published that it was sent.
  constexpr int patience = 1'000'000;
  std::uint64_t relayed = 0;
  for (int looks = 0; relayed < packets / 2U && looks < patience; ++looks)
    relayed = engine.statistics(b.id)->rtp_packets_sent - sent_before;
  return {relayed, time.allocations() - before};
}

} // namespace

TEST_CASE("packet path: 10,000 packets through real sockets, no allocation", "[media]") {
  const auto o = relay_packets(10000, planted::nothing);
  CHECK(o.relayed >= 5000);
  CHECK(o.allocations == 0);
}

TEST_CASE("packet path: the same check finds a planted new", "[media]") {
  const auto o = relay_packets(1000, planted::one_new_per_batch);
  CHECK(o.allocations > 100);
}
