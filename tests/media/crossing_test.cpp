// What crosses between threads: the queue and the published value.
#include "media/bounded_queue.hpp"
#include "media/published.hpp"

#include <catch2/catch.hpp>

#include <array>
#include <cstdint>
#include <thread>
#include <vector>

using namespace tandem::media;

TEST_CASE("bounded_queue: n fit, n+1 do not, first in first out", "[media]") {
  bounded_queue<int> q{8};
  REQUIRE(q.capacity() == 8);
  for (int round = 0; round < 3; ++round) { // around the ring
    for (int i = 0; i < 8; ++i)
      CHECK(q.push(i));
    CHECK_FALSE(q.push(99));
    for (int i = 0; i < 8; ++i)
      CHECK(q.pop() == i);
    CHECK_FALSE(q.pop());
  }
  CHECK(bounded_queue<int>{5}.capacity() == 8);
  CHECK(bounded_queue<int>{0}.capacity() == 2);
}

TEST_CASE("bounded_queue: four producers, two consumers: each value once, in order", "[media]") {
  constexpr std::uint32_t producers = 4, each = 20000;
  bounded_queue<std::uint32_t> q{64};
  std::vector<std::thread> threads;
  for (std::uint32_t p = 0; p < producers; ++p)
    threads.emplace_back([&q, p] {
      for (std::uint32_t i = 0; i < each; ++i)
        while (!q.push(p << 24 | i))
          std::this_thread::yield();
    });
  std::atomic<std::uint32_t> taken{0};
  std::atomic<bool> in_order{true};
  std::array<std::atomic<std::uint64_t>, producers> sums{};
  for (int c = 0; c < 2; ++c)
    threads.emplace_back([&] {
      std::array<std::int64_t, producers> last;
      last.fill(-1);
      while (taken.load() < producers * each) {
        const auto v = q.pop();
        if (!v) {
          std::this_thread::yield();
          continue;
        }
        taken.fetch_add(1);
        const auto p = *v >> 24;
        const auto i = *v & 0xffffffU;
        if (last[p] >= static_cast<std::int64_t>(i))
          in_order = false; // what one producer gave is seen in his order
        last[p] = i;
        sums[p] += i;
      }
    });
  for (auto& t : threads)
    t.join();
  CHECK(in_order);
  for (const auto& sum : sums)
    CHECK(sum == std::uint64_t{each} * (each - 1) / 2);
}

TEST_CASE("published: a reader never sees half of a write", "[media]") {
  struct value {
    std::array<std::uint64_t, 24> same{};
  };
  published<value> shared;
  std::atomic<bool> stop{false};
  std::thread writer([&] {
    for (std::uint64_t i = 1; !stop; ++i) {
      value v;
      v.same.fill(i);
      shared.store(v);
    }
  });
  std::uint64_t torn = 0, last = 0, backwards = 0;
  for (int i = 0; i < 20000; ++i) {
    const auto v = shared.load();
    for (const auto x : v.same)
      torn += x != v.same[0] ? 1 : 0;
    backwards += v.same[0] < last ? 1 : 0;
    last = v.same[0];
  }
  stop = true;
  writer.join();
  CHECK(torn == 0);
  CHECK(backwards == 0);
}
