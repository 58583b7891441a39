#include "runtime/io/asio_reactor.hpp"
#include "runtime/io/real_clock.hpp"
#include "runtime/io/simulated/simulated_clock.hpp"
#include "runtime/io/simulated/simulated_reactor.hpp"

#include <catch2/catch.hpp>

#include <atomic>
#include <thread>
#include <vector>

using namespace tandem;
using namespace std::chrono_literals;

TEST_CASE("reactor: a wait with nothing to do ends at its limit, and zero does not wait", "[io]") {
  asio_reactor r;
  const real_clock time;
  const auto start = time.now();
  r.poll(duration::zero());
  CHECK(time.now() - start < 15ms);
  r.poll(20ms);
  CHECK(time.now() - start >= 20ms);
}

TEST_CASE("reactor: a ring before the wait ends it", "[io]") {
  asio_reactor r;
  r.wake();
  r.poll(std::nullopt); // would hang
  const real_clock time;
  const auto start = time.now();
  r.poll(20ms); // that ring is used up
  CHECK(time.now() - start >= 20ms);
}

TEST_CASE("reactor: rings from another thread are never lost", "[io]") {
  asio_reactor r;
  constexpr int rounds = 2'000;
  std::atomic<int> asked{0}, seen{0};
  std::thread ringer{[&] {
    for (int i = 1; i <= rounds; ++i) {
      asked.store(i); // the queue is filled first
      r.wake();       // then the bell is rung
      while (seen.load() < i)
        std::this_thread::yield();
    }
  }};
  while (seen.load() < rounds) {
    seen.store(asked.load()); // a lost ring would leave poll() waiting for ever
    if (seen.load() < rounds)
      r.poll(std::nullopt);
  }
  ringer.join();
  CHECK(seen.load() == rounds);
}

TEST_CASE("reactor: posted tasks run in order, inside poll, in its thread", "[io]") {
  asio_reactor r;
  std::vector<int> ran;
  const auto here = std::this_thread::get_id();
  std::thread other{[&] {
    for (int i = 0; i < 100; ++i)
      r.post([&, i] {
        CHECK(std::this_thread::get_id() == here);
        ran.push_back(i);
      });
  }};
  other.join();
  CHECK(ran.empty());
  r.poll(std::nullopt);
  REQUIRE(ran.size() == 100);
  for (int i = 0; i < 100; ++i)
    CHECK(ran[static_cast<std::size_t>(i)] == i);
}

TEST_CASE("simulated reactor: runs what is due in order of time, then of giving",
          "[io][simulated]") {
  simulated_clock time;
  simulated_reactor r{time};
  std::vector<int> ran;
  r.at(time.now() + 2ms, [&] { ran.push_back(3); });
  r.at(time.now() + 1ms, [&] { ran.push_back(1); });
  r.at(time.now() + 1ms, [&] {
    ran.push_back(2);
    r.at(time.now(), [&] { ran.push_back(9); }); // due now, but not in this poll
  });
  CHECK(r.next() == time.now() + 1ms);
  r.poll(std::nullopt);
  CHECK(ran.empty());

  time.advance(2ms);
  r.poll(std::nullopt);
  CHECK(ran == std::vector{1, 2, 3});
  r.poll(std::nullopt);
  CHECK(ran == std::vector{1, 2, 3, 9});
  CHECK(r.next() == std::nullopt);
  r.wake();
  CHECK(r.next() == time.now());
  r.poll(std::nullopt);
  CHECK(r.next() == std::nullopt);
}
