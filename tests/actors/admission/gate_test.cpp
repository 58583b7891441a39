// docs/OVERLOAD.md. A shard is played that spends time on what it begins, and 20 µs on each
// refusal.
#include "actors/admission/gate.hpp"

#include "tests/actors/admission/newcomers.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <string>
#include <unordered_map>
#include <vector>

using namespace std::chrono_literals;

using namespace tandem;
using namespace tandem::actors;
using tandem::test::newcomer_of;

namespace {

/// Who sends how much.
struct offered {
  std::string_view source = "192.0.2.1";
  double per_second = 0;
  std::size_t share = 1;
  std::size_t addresses = 1; ///< if more: 10.0.0.0 and so on, by turns
  double due = 0;            ///< of the next one, a fraction
  std::size_t sent = 0;

  std::string next() {
    const auto n = sent++ % addresses;
    return addresses == 1 ? std::string(source)
                          : "10.0." + std::to_string(n / 250) + "." + std::to_string(n % 250);
  }
};

struct tally {
  std::size_t admitted = 0;
  std::size_t refused = 0;
};

struct shard_in_play {
  metrics figures;
  gate_counters counters{figures};
  gate at{counters};
  time_point now{1h};
  duration cost{4ms};
  std::uint64_t last_id = 0;
  struct sending {
    std::size_t by = 0;
    time_point at{};
  };
  std::unordered_map<std::uint64_t, sending> sent; ///< by id
  std::size_t most_waiting = 0;
  duration longest_turn{};
  duration longest_wait{}; ///< of those that were begun
  std::vector<std::string> said;

  void say() {
    if (auto news = at.news(now))
      said.push_back(*news);
  }

  /// What becomes of what these sources send in that time.
  std::vector<tally> run(std::vector<offered> sources, duration time) {
    std::vector<tally> out(sources.size());
    const auto of = [&](const newcomer& n) -> tally& { return out[sent[n.id].by]; };
    auto read_until = now;
    for (const auto end = now + time; now < end;) {
      const auto passed = std::chrono::duration<double>(now - read_until).count();
      read_until = now;
      for (auto& s : sources)
        s.due += passed * s.per_second;
      for (std::size_t i = 0; i < sources.size(); ++i)
        for (auto& s = sources[i]; s.due >= 1; s.due -= 1) {
          sent[++last_id] = {i, now};
          for (const auto& gone : at.arrive(newcomer_of(last_id, s.next()), s.share, now)) {
            ++of(gone).refused;
            now += 20us;
          }
        }
      most_waiting = std::max(most_waiting, static_cast<std::size_t>(counters.waiting.value()));
      const auto began = now;
      const auto drawn = at.draw(now);
      for (const auto& n : drawn.admitted) {
        ++of(n).admitted;
        longest_wait = std::max(longest_wait, began - sent[n.id].at);
      }
      for (const auto& n : drawn.refused)
        ++of(n).refused;
      now += cost * static_cast<int>(drawn.admitted.size())
             + 20us * static_cast<int>(drawn.refused.size());
      at.spent(now - began);
      longest_turn = std::max(longest_turn, now - began);
      say();
      if (at.empty())
        now += 1ms; // asleep
    }
    return out;
  }
  tally run(double per_second, duration time) {
    return run({{.per_second = per_second}}, time).front();
  }
};

} // namespace

TEST_CASE("gate: below capacity nobody is refused") {
  shard_in_play s;
  const auto seen = s.run(200, 60s);
  CHECK(seen.refused == 0);
  CHECK(seen.admitted >= 11'990);
  CHECK(s.said.empty());
}

TEST_CASE("gate: whatever is offered, what is begun stays near the capacity") {
  for (const double times : {1.0, 1.5, 2.5, 10.0, 40.0}) {
    INFO(times);
    shard_in_play s;
    (void) s.run(250 * times, 1s);
    const auto seen = s.run(250 * times, 20s);
    const double refusing = (times - 1) * 250 * 20e-6; // of each second
    CHECK(static_cast<double>(seen.admitted) >= 0.97 * 5'000 * (1 - refusing));
  }
}

TEST_CASE("gate: a step to ten times converges at once, and turns stay short") {
  shard_in_play s;
  (void) s.run(100, 5s);
  const auto first = s.run(2'500, 1s);
  CHECK(first.admitted >= 220);
  s.longest_turn = {};
  (void) s.run(2'500, 20s);
  CHECK(s.longest_turn <= limits::turn_budget + s.cost);
  CHECK(s.longest_wait <= limits::patient_wait);
}

TEST_CASE("gate: in an overload those who are begun have waited for 50 ms and a turn at most") {
  shard_in_play s;
  (void) s.run(2'500, 2s);
  s.longest_wait = {};
  (void) s.run(2'500, 20s);
  CHECK(s.longest_wait <= limits::overload_wait + limits::turn_budget + s.cost);
}

TEST_CASE("gate: a burst of cheap requests is worked off without a refusal") {
  shard_in_play s;
  s.cost = 100us;
  std::size_t admitted = 0;
  for (std::uint64_t id = 1; id <= 2'500; ++id)
    CHECK(s.at.arrive(newcomer_of(id), 1, s.now).empty());
  while (!s.at.empty()) {
    const auto drawn = s.at.draw(s.now);
    CHECK(drawn.refused.empty());
    admitted += drawn.admitted.size();
    s.now += s.cost * static_cast<int>(drawn.admitted.size());
    s.at.spent(s.cost * static_cast<int>(drawn.admitted.size()));
  }
  CHECK(admitted == 2'500);
}

TEST_CASE("gate: beside a flood a modest source is served") {
  shard_in_play s;
  const auto seen = s.run({{.per_second = 5'000}, {.source = "192.0.2.2", .per_second = 50}}, 20s);
  CHECK(seen[1].refused == 0);
  CHECK(seen[1].admitted >= 995);
  CHECK(seen[0].admitted >= 3'000);
}

TEST_CASE("gate: beside a flood a modest source is served, however long a turn is") {
  shard_in_play s;
  s.cost = 80ms;
  const auto seen = s.run({{.per_second = 500}, {.source = "192.0.2.2", .per_second = 4}}, 20s);
  CHECK(seen[1].refused == 0);
  CHECK(seen[1].admitted >= 79);
}

TEST_CASE("gate: beside floods from forty addresses who calls now and then is served") {
  for (const double flood : {500.0, 2'500.0, 10'000.0}) {
    INFO(flood);
    shard_in_play s;
    const auto seen = s.run(
        {{.per_second = flood, .addresses = 40}, {.source = "192.0.2.2", .per_second = 3}}, 20s);
    CHECK(seen[1].refused == 0);
    CHECK(seen[1].admitted >= 58);
    const double refusing = (flood - 250) * 20e-6; // of each second
    CHECK(static_cast<double>(seen[0].admitted) >= 0.95 * 5'000 * (1 - refusing));
  }
}

TEST_CASE("gate: with ten thousand invented addresses waiting has its bound, and work goes on") {
  shard_in_play s;
  const std::vector<offered> flood{{.per_second = 5'000, .addresses = 10'000}};
  (void) s.run(flood, 1s);
  s.longest_turn = s.longest_wait = {};
  const auto seen = s.run(flood, 20s).front();
  CHECK(static_cast<double>(seen.admitted) >= 0.95 * 5'000 * (1 - 4'750 * 20e-6));
  const auto turn = limits::turn_budget + s.cost + 20us * 100; // and the refusals of a turn
  CHECK(s.longest_turn <= turn);
  CHECK(s.longest_wait <= limits::patient_wait + turn);
  CHECK(s.most_waiting <= 2'200); // what comes in that time
}

TEST_CASE("gate: a source of which nobody waits any more has patience again") {
  shard_in_play s;
  (void) s.run(2'500, 5s);
  const auto later = s.run({{.per_second = 0}}, 1s).front();
  CHECK(later.refused > 0); // what was waiting
  CHECK(s.at.empty());
  const auto burst = s.run({{.per_second = 50, .due = 60}}, 2s).front(); // 60 at once: 0.24 s
  CHECK(burst.refused == 0);
}

TEST_CASE("gate: two floods share, and a trunk has its share of eight") {
  shard_in_play s;
  const auto seen =
      s.run({{.per_second = 2'500}, {.source = "192.0.2.2", .per_second = 2'500, .share = 8}}, 20s);
  const auto ratio = static_cast<double>(seen[1].admitted) / static_cast<double>(seen[0].admitted);
  CHECK(ratio > 7);
  CHECK(ratio < 9);
}

TEST_CASE("gate: afterwards it is as it was, and says so once") {
  shard_in_play s;
  (void) s.run(2'500, 10s);
  REQUIRE(s.said.size() == 1);
  CHECK_THAT(s.said[0], Catch::StartsWith("more is asked for than this node can serve"));
  const auto after = s.run(200, 20s);
  CHECK(after.refused <= 500); // what was waiting
  REQUIRE(s.said.size() == 2);
  CHECK_THAT(s.said[1], Catch::StartsWith("the overload is over after 9 s: 2"));
  CHECK(s.run(200, 20s).refused == 0);
  CHECK(s.said.size() == 2);
}

TEST_CASE("gate: who came while the node stood still is begun when his turn comes") {
  shard_in_play s;
  CHECK(s.at.arrive(newcomer_of(1), 1, s.now).empty());
  s.now += 3s;
  const auto drawn = s.at.draw(s.now);
  CHECK(drawn.admitted.size() == 1);
  CHECK(drawn.refused.empty());
}

TEST_CASE("gate: what waits is absorbed when it comes again, what was refused is refused again "
          "(§8.2.7)") {
  shard_in_play s;
  CHECK(s.at.arrive(newcomer_of(1), 1, s.now).empty());
  CHECK(s.at.arrive(newcomer_of(1), 1, s.now).empty());
  CHECK(s.counters.absorbed.value() == 1);
  CHECK(s.at.holds(1));
  for (std::uint64_t id = 2; id <= limits::first_quota + 1; ++id)
    CHECK(s.at.arrive(newcomer_of(id), 1, s.now).empty());
  s.now += limits::patient_wait + 1ms;
  const auto drawn = s.at.draw(s.now);
  REQUIRE(drawn.refused.size() == 1);
  const auto last = drawn.refused.front().id;
  CHECK(last == limits::first_quota + 1);
  CHECK(s.at.arrive(newcomer_of(last), 1, s.now).front().id == last);
  CHECK(s.counters.again.value() == 1);
  CHECK(s.at.empty());
  CHECK(s.counters.waiting.value() == 0);
}

TEST_CASE("gate: a call that takes longer than a whole turn is begun alone") {
  shard_in_play s;
  s.cost = 60ms;
  const auto seen = s.run(100, 20s);
  CHECK(seen.admitted >= 320);
  s.longest_turn = {};
  (void) s.run(100, 5s);
  CHECK(s.longest_turn < 70ms);
}
