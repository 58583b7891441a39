// The engine with its threads. Time is the test's; waiting is for a condition, with a deadline.
#include "media/socket_engine.hpp"
#include "tests/media/loopback.hpp"
#include "tests/protocols/rtp/packet_bytes.hpp"

#include <catch2/catch.hpp>

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <set>
#include <thread>

using namespace tandem;
using namespace tandem::test;
using namespace std::chrono_literals;
using media::direction;

namespace {

// True as soon as `condition` holds; false after ten seconds.
template <class Condition>
bool comes_true(Condition condition) {
  const auto deadline = std::chrono::steady_clock::now() + 10s;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline)
      return false;
    std::this_thread::yield();
  }
  return true;
}

// A clock at which a worker can be held, as a stalled machine would hold it.
class stalling_clock final : public manual_clock {
public:
  time_point now() const override {
    std::unique_lock lock{mutex_};
    moved_.wait(lock, [this] { return !is_held_; });
    return manual_clock::now();
  }
  void hold(bool is_held) {
    {
      const std::lock_guard lock{mutex_};
      is_held_ = is_held;
    }
    moved_.notify_all();
  }

private:
  mutable std::mutex mutex_;
  mutable std::condition_variable moved_;
  bool is_held_ = false;
};

struct engine_fixture {
  explicit engine_fixture(std::size_t pairs = 4, std::size_t workers = 1) {
    settings.address = own_loopback();
    settings.first_port = 21000;
    settings.last_port = static_cast<std::uint16_t>(21000 + 2 * pairs - 1);
    settings.workers = workers;
    settings.housekeeping = 1ms;
    auto started = media::start_socket_engine(settings, time, [this](const media::event& e) {
      const std::lock_guard lock{mutex};
      events.push_back(e);
    });
    if (!started)
      FAIL(started.error());
    engine = std::move(started->media);
    look = std::move(started->look);
  }

  media::slot allocated(const key128& call = {1, 1}) {
    const auto s = engine->allocate(ip_family::v4, call);
    REQUIRE(s);
    return *s;
  }
  void command(const media::command& c) { REQUIRE(engine->submit(c)); }
  void remote(const media::slot& s, const phone& p) {
    command(media::set_remote{s.id, p.rtp.local(), p.rtcp.local(), direction::send_receive, 8000});
  }
  bool are_all_free() {
    const auto p = engine->pools();
    return p.free == p.pairs && p.quarantined == 0;
  }
  // Commands are carried out in order, so a slot that echoes has carried out those before.
  void wait_until_listening(const media::slot& s) {
    REQUIRE(comes_true([&] {
      phone_socket probe;
      probe.send(bytes{0}, s.rtp); // not RTP: counted once the slot listens
      return engine->statistics(s.id)->dropped_for(media::drop::not_rtp) > 0;
    }));
  }

  stalling_clock time;
  media::engine_settings settings;
  std::mutex mutex;
  std::vector<media::event> events;
  std::unique_ptr<media::engine> engine;
  std::function<media::traffic()> look;
};

} // namespace

TEST_CASE("engine: two phones through a worker, counted and reported", "[media]") {
  engine_fixture f;
  const auto a = f.allocated(), b = f.allocated();
  CHECK(a.rtp.port % 2 == 0);
  CHECK(a.rtcp.port == a.rtp.port + 1);
  CHECK(a.id.worker == b.id.worker);
  phone alice, bob;
  f.remote(a, alice);
  f.remote(b, bob);
  f.command(media::connect{a.id, b.id});
  f.wait_until_listening(b);
  for (std::uint16_t n = 0; n < 100; ++n) {
    alice.rtp.send(rtp_bytes({.sequence = n}), a.rtp);
    const auto got = bob.rtp.receive();
    REQUIRE(got);
    CHECK(got->content == rtp_bytes({.sequence = n}));
    bob.rtp.send(rtp_bytes({.ssrc = 4, .sequence = n}), b.rtp);
    REQUIRE(alice.rtp.receive());
  }
  CHECK(comes_true([&] {
    const auto s = f.engine->statistics(a.id);
    return s->rtp_packets_received == 100 && s->rtp_packets_sent == 100;
  }));
  CHECK(f.engine->statistics(a.id)->rtp_packets_lost == 0);
  CHECK(comes_true([&] { return f.look().sent == 200; }));
  CHECK(f.look().received == 200);
  CHECK(f.look().expected == 200);
  CHECK(f.look().dropped >= 1); // of wait_until_listening
  CHECK(f.look().streams == 2);
  CHECK(f.engine->statistics(a.id)->source == alice.rtp.local());
  f.engine.reset(); // joins: the events are all there
  CHECK(f.events.size() == 4);
}

TEST_CASE("engine: what was relayed stays counted when its slot is given back", "[media]") {
  engine_fixture f;
  phone alice;
  for (std::uint64_t use = 1; use <= 2; ++use) {
    const auto a = f.allocated();
    f.remote(a, alice);
    f.command(media::echo{a.id});
    f.wait_until_listening(a);
    for (const std::uint16_t n : std::initializer_list<std::uint16_t>{1, 2, 4}) {
      alice.rtp.send(rtp_bytes({.sequence = n}), a.rtp);
      REQUIRE(alice.rtp.receive());
    }
    CHECK(comes_true([&] { return f.look().sent == 3 * use; }));
    CHECK(f.look().received == 3 * use);
    CHECK(f.look().expected == 4 * use); // one was lost
    f.command(media::release{a.id});
    CHECK(f.look().received == 3 * use);
  }
}

TEST_CASE("engine: what a call's earlier process relayed is not this one's", "[media]") {
  engine_fixture f;
  phone alice;
  const auto a = f.allocated();
  f.remote(a, alice);
  f.command(media::echo{a.id});
  f.command(media::resume{a.id, alice.rtp.local(), 3, {1000, 900, 10}});
  f.wait_until_listening(a);
  CHECK(f.engine->statistics(a.id)->rtp_packets_received == 1000);
  CHECK(f.look().received == 0);
  alice.rtp.send(rtp_bytes({.ssrc = 3, .sequence = 1}), a.rtp);
  REQUIRE(alice.rtp.receive());
  CHECK(comes_true([&] { return f.look().sent == 1; }));
  CHECK(f.look().received == 1);
}

TEST_CASE("limits: n pairs are handed out, n+1 is an error until one is given back", "[media]") {
  engine_fixture f{3};
  std::set<std::uint16_t> ports;
  std::vector<media::slot> slots;
  for (int i = 0; i < 3; ++i) {
    slots.push_back(f.allocated());
    ports.insert(slots.back().rtp.port);
  }
  CHECK(ports.size() == 3);
  CHECK(f.engine->pools() == media::occupancy{3, 0, 0});
  CHECK(f.engine->allocate(ip_family::v4, {1, 1}).error() == media::error::exhausted);
  CHECK(f.engine->allocate(ip_family::v6, {1, 1}).error() == media::error::no_such_family);
  CHECK(f.engine->statistics(slots[0].id));

  f.command(media::release{slots[0].id});
  REQUIRE(comes_true([&] { return f.engine->pools().quarantined == 1; }));
  CHECK(f.engine->allocate(ip_family::v4, {1, 1}).error() == media::error::exhausted);
  f.time.advance(f.settings.quarantine);
  REQUIRE(comes_true([&] { return f.engine->pools().free == 1; }));
  CHECK_FALSE(f.engine->statistics(slots[0].id));
  tl::expected<media::slot, media::error> again = tl::unexpected(media::error::exhausted);
  REQUIRE(comes_true([&] {
    again = f.engine->allocate(ip_family::v4, {1, 1});
    return again.has_value();
  }));
  CHECK(again->rtp == slots[0].rtp);
  CHECK(again->id.generation != slots[0].id.generation);
}

TEST_CASE("engine: questions and commands for slots that do not exist are harmless", "[media]") {
  engine_fixture f;
  CHECK_FALSE(f.engine->statistics({9, 0, 1}));
  CHECK_FALSE(f.engine->statistics({0, 99, 1}));
  CHECK_FALSE(f.engine->statistics({0, 0, 0}));
  CHECK(f.engine->submit(media::release{{9, 0, 1}}));
  CHECK(f.engine->submit(media::release{{0, 99, 1}}));
  CHECK(f.are_all_free());
}

TEST_CASE("engine: both legs of a call are on one worker, calls are spread", "[media]") {
  engine_fixture f{8, 2};
  std::set<std::uint16_t> workers;
  for (std::uint64_t call = 0; call < 4; ++call) {
    const auto a = f.allocated({0, call}), b = f.allocated({0, call});
    CHECK(a.id.worker == b.id.worker);
    workers.insert(a.id.worker);
  }
  CHECK(workers.size() == 2);
  CHECK(f.engine->pools().free == 0);
}

TEST_CASE("limits: commands_waiting and one more while the worker is stalled", "[media]") {
  engine_fixture f;
  const auto s = f.allocated();
  phone p;
  f.remote(s, p);
  f.wait_until_listening(s);
  f.time.hold(true);
  const media::command harmless = media::set_direction{s.id, direction::send_receive};
  std::size_t taken = 0;
  while (f.engine->submit(harmless))
    ++taken;
  // The worker may have taken up to a turn of them before it met the clock.
  CHECK(taken >= media::limits::commands_waiting);
  CHECK(taken <= media::limits::commands_waiting + media::limits::commands_per_turn);
  CHECK(f.engine->submit(harmless).error() == media::error::control_queue_full);
  CHECK(f.engine->submit(media::release{s.id})); // always taken: ports are never lost
  f.time.hold(false);
  REQUIRE(comes_true([&] { return f.engine->pools().quarantined == 1; }));
  f.time.advance(f.settings.quarantine);
  CHECK(comes_true([&] { return f.are_all_free(); }));
}

TEST_CASE("engine: many threads allocate, command, ask and release at once", "[media]") {
  engine_fixture f{16, 2};
  std::atomic<bool> stop{false};
  std::thread time_goes_by([&] {
    while (!stop) {
      f.time.advance(100ms);
      std::this_thread::yield();
    }
  });
  std::vector<std::thread> shards;
  std::atomic<int> calls{0};
  for (std::uint64_t shard = 0; shard < 3; ++shard)
    shards.emplace_back([&, shard] {
      const ip_endpoint nowhere{own_loopback(), 9};
      for (std::uint64_t i = 0; i < 300; ++i) {
        const key128 call{shard, i};
        const auto a = f.engine->allocate(ip_family::v4, call);
        const auto b = f.engine->allocate(ip_family::v4, call);
        if (a && b) {
          (void) f.engine->submit(
              media::set_remote{a->id, nowhere, nowhere, direction::send_receive, 8000});
          (void) f.engine->submit(media::connect{a->id, b->id});
          if (f.engine->statistics(a->id))
            ++calls;
        }
        for (const auto& s : {a, b})
          if (s)
            (void) f.engine->submit(media::release{s->id});
      }
    });
  for (auto& s : shards)
    s.join();
  CHECK(calls > 0);
  CHECK(comes_true([&] { return f.are_all_free(); }));
  stop = true;
  time_goes_by.join();
}

TEST_CASE("engine: a start that cannot work says why", "[media]") {
  const manual_clock time;
  media::engine_settings s;
  s.address = parse_ip_address("127.0.0.1").value();
  s.first_port = s.last_port = 21000;
  const auto refused = media::start_socket_engine(s, time, {});
  REQUIRE_FALSE(refused);
  CHECK(refused.error()
        == "[media] ports = [21000, 21000] holds no even port with the one above it");
}

TEST_CASE("engine: a pair that a call had is taken again by its port", "[media]") {
  engine_fixture f{3};
  const key128 call{1, 1};
  const auto had = f.allocated(call);
  CHECK(*f.engine->adopt(had.rtp, call) == had); // it still has it
  CHECK(f.engine->adopt(had.rtp, {2, 2}).error() == media::error::not_there);
  CHECK(f.engine->adopt({had.rtp.address, 9}, call).error() == media::error::not_there);
  CHECK(f.engine->pools().free == 2);

  // A restart: the pool is bound anew, and the second pair is wanted out of turn.
  f.engine.reset();
  engine_fixture next{3};
  const ip_endpoint second{next.settings.address, 21002};
  const auto again = next.engine->adopt(second, call);
  REQUIRE(again);
  CHECK(again->rtp == second);
  CHECK(again->rtcp.port == 21003);
  CHECK(next.engine->pools().free == 2);
  std::set<std::uint16_t> others{next.allocated().rtp.port, next.allocated().rtp.port};
  CHECK(others == std::set<std::uint16_t>{21000, 21004});
  CHECK(next.engine->allocate(ip_family::v4, call).error() == media::error::exhausted);

  // Given back, it is handed out again, once.
  next.command(media::release{again->id});
  REQUIRE(comes_true([&] { return next.engine->pools().quarantined == 1; }));
  next.time.advance(next.settings.quarantine);
  REQUIRE(comes_true([&] { return next.engine->pools().free == 1; }));
  CHECK(next.allocated().rtp == second);
  CHECK(next.engine->allocate(ip_family::v4, call).error() == media::error::exhausted);
}

TEST_CASE("engine: an adopted pair that is given back at once keeps its place", "[media]") {
  engine_fixture f{3};
  const auto second = f.engine->adopt({f.settings.address, 21002}, {1, 1});
  REQUIRE(second);
  f.command(media::release{second->id});
  REQUIRE(comes_true([&] { return f.engine->pools().quarantined == 1; }));
  f.time.advance(f.settings.quarantine);
  REQUIRE(comes_true([&] { return f.engine->pools().free == 3; }));
  std::set<std::uint16_t> ports;
  for (int i = 0; i < 3; ++i)
    ports.insert(f.allocated().rtp.port);
  CHECK(ports.size() == 3);
  CHECK(f.engine->pools().free == 0);
}

TEST_CASE("engine: a pair of another worker is not for this call", "[media]") {
  engine_fixture f{8, 2};
  const auto a = f.allocated({0, 0}), b = f.allocated({0, 1});
  REQUIRE(a.id.worker != b.id.worker);
  f.command(media::release{a.id});
  CHECK(f.engine->adopt(a.rtp, {0, 1}).error() == media::error::not_there);
}
