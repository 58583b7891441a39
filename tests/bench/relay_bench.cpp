// CPU of the media worker per relayed packet, from socket to socket over loopback. `worker_us` is
// the worker thread's own CPU time: the senders' and receivers' share of the kernel is not ours.
// What the kernel relays costs no thread of ours, so there the process (phones and worker) and the
// machine are to be seen beside phones that send to each other.
#include "media/socket_address.hpp"
#include "media/socket_engine.hpp"
#include "tests/bench/phones.hpp"
#include "tests/bench/rtpengine.hpp"

#include <benchmark/benchmark.h>
#include <pthread.h>
#include <sched.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <span>
#include <string>
#include <thread>
#include <vector>

using namespace tandem;

namespace {

using test::open_socket;
using test::rtp_size;

// Real time, and the CPU clock of the worker: the one thread that asks besides the one that made
// it.
class worker_clock final : public tandem::clock {
public:
  time_point now() const override {
    if (!is_known_.load(std::memory_order_relaxed) && !pthread_equal(maker_, pthread_self())) {
      pthread_getcpuclockid(pthread_self(), &cpu_);
      is_known_.store(true, std::memory_order_release);
    }
    return time_point{read(CLOCK_BOOTTIME)};
  }
  wall_time wall() const override { return {}; }

  [[nodiscard]] duration worker_cpu() const {
    return is_known_.load(std::memory_order_acquire) ? read(cpu_) : duration{};
  }

private:
  static duration read(clockid_t which) {
    timespec t{};
    clock_gettime(which, &t);
    return std::chrono::seconds{t.tv_sec} + std::chrono::nanoseconds{t.tv_nsec};
  }
  const pthread_t maker_ = pthread_self();
  mutable clockid_t cpu_{};
  mutable std::atomic<bool> is_known_{false};
};

enum class path : std::uint8_t { sockets, kernel };

// The program of media/kernel is attached to the loopback of a namespace of this thread's own, in
// which all that follows takes place. False: not permitted.
bool enter_own_network() {
  static const bool is_own =
      unshare(CLONE_NEWNET) == 0 && std::system("ip link set lo up") == 0; // once for all
  return is_own;
}

// What all processes of this machine use, softirq included.
class cpu_used {
public:
  void per_packet(benchmark::State& state, std::size_t packets) const {
    const auto n = static_cast<double>(packets);
    state.counters["process_us_per_packet"] = (process() - process_) / n;
    state.counters["machine_us_per_packet"] = (machine() - machine_) / n;
  }

private:
  static double process() {
    timespec t{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return static_cast<double>(t.tv_sec) * 1e6 + static_cast<double>(t.tv_nsec) / 1e3;
  }
  static double machine() { // proc(5): user nice system idle iowait irq softirq steal, in 10 ms
    std::ifstream file{"/proc/stat"};
    std::string cpu;
    std::array<double, 8> ticks{};
    file >> cpu;
    for (auto& t : ticks)
      file >> t;
    return (ticks[0] + ticks[1] + ticks[2] + ticks[5] + ticks[6]) * 1e4;
  }
  double process_ = process(), machine_ = machine();
};

// `sockets` RTP sockets in pairs, one phone on each. The calls are by turns those of two groups of
// phones, each for a thread of its own.
class loaded_engine {
public:
  explicit loaded_engine(std::size_t sockets, path way = path::sockets) : way_(way) {
    media::engine_settings s;
    s.address = parse_ip_address("127.77.0.1").value();
    s.first_port = 20000;
    s.last_port = static_cast<std::uint16_t>(20000 + 2 * sockets - 1);
    s.packets_per_second = 1'000'000; // paced by the loop below, far above any phone
    if (way == path::kernel)
      s.kernel_interfaces = {"lo"};
    auto started = media::start_socket_engine(s, time_, [](const media::event&) {});
    if (!started)
      std::abort();
    engine_ = std::move(started->media);
    for (std::size_t i = 0; i < sockets; ++i)
      add_phone();
    for (std::size_t i = 0; i < sockets; i += 2)
      (void) engine_->submit(media::connect{slots_[i].id, slots_[i + 1].id});
  }

  // Until every slot listens and is latched, and nothing is under way.
  void warm_up() {
    send_round();
    for (std::size_t i = 0; i < slots_.size(); ++i)
      while (engine_->statistics(slots_[i].id)->rtp_packets_received == 0)
        group_of(i).send_from(place_of(i));
    if (way_ == path::kernel)
      while (!is_carried())
        for (auto& g : groups_)
          (void) g.tick(time_of_phones_);
    for (int quiet = 0; quiet < 10; ++quiet) // stragglers of the last rounds
      if (drain() > 0)
        quiet = 0;
  }
  void send_round() {
    for (auto& g : groups_)
      g.send_round();
  }
  std::size_t receive_round() { return groups_[0].receive_round() + groups_[1].receive_round(); }
  std::size_t drain() { return groups_[0].drain() + groups_[1].drain(); }
  test::phones& group(std::size_t n) { return groups_[n]; }
  [[nodiscard]] duration worker_cpu() const { return time_.worker_cpu(); }

  [[nodiscard]] std::uint64_t carried() const {
    std::uint64_t n = 0;
    for (const auto& s : slots_)
      n += engine_->statistics(s.id)->rtp_packets_carried;
    return n;
  }

private:
  [[nodiscard]] bool is_carried() const {
    for (const auto& s : slots_)
      if (engine_->statistics(s.id)->rtp_packets_carried == 0)
        return false;
    return true;
  }
  void add_phone() {
    const auto i = slots_.size();
    const auto local = group_of(i).add();
    const auto s = engine_->allocate(ip_family::v4, {1, 1}).value();
    (void) engine_->submit(
        media::set_remote{s.id, local, local, media::direction::send_receive, 8000});
    group_of(i).aim(place_of(i), s.rtp);
    slots_.push_back(s);
  }

  test::phones& group_of(std::size_t slot) { return groups_[slot / 2 % 2]; }
  static std::size_t place_of(std::size_t slot) { return slot / 4 * 2 + slot % 2; }

  path way_;
  test::milliseconds time_of_phones_;
  worker_clock time_;
  std::unique_ptr<media::engine> engine_;
  std::vector<media::slot> slots_;
  std::array<test::phones, 2> groups_;
};

path way_of(const benchmark::State& state) {
  return state.range(1) == 0 ? path::sockets : path::kernel;
}

void relayed_packet(benchmark::State& state) {
  if (!enter_own_network())
    return state.SkipWithError("no network namespace of its own: it needs root");
  loaded_engine e{static_cast<std::size_t>(state.range(0)), way_of(state)};
  e.warm_up();
  const auto cpu = e.worker_cpu();
  const auto carried = e.carried();
  const cpu_used all;
  std::size_t packets = 0;
  for (auto _ : state) {
    e.send_round();
    packets += e.receive_round();
  }
  all.per_packet(state, packets);
  const auto used = std::chrono::duration<double, std::micro>(e.worker_cpu() - cpu).count();
  state.counters["worker_us_per_packet"] = used / static_cast<double>(packets);
  state.counters["packets"] = static_cast<double>(packets);
  state.counters["carried"] = static_cast<double>(e.carried() - carried);
}
BENCHMARK(relayed_packet)
    ->ArgNames({"streams", "kernel"})
    ->ArgsProduct({{2, 100, 1000, 4000}, {0, 1}})
    ->UseRealTime();

// Nobody between the phones: what they cost themselves.
void direct_packet(benchmark::State& state) {
  test::phones phones;
  std::vector<ip_endpoint> ends;
  for (std::int64_t i = 0; i < state.range(0); ++i)
    ends.push_back(phones.add());
  for (std::size_t i = 0; i < ends.size(); ++i)
    phones.aim(i, ends[i ^ 1U]);
  const cpu_used all;
  std::size_t packets = 0;
  for (auto _ : state) {
    phones.send_round();
    packets += phones.receive_round();
  }
  all.per_packet(state, packets);
}
BENCHMARK(direct_packet)->Arg(2)->Arg(100)->Arg(1000)->Arg(4000)->UseRealTime();

// As calls bring them: two streams each, a packet every 20 ms. `late` above 0: the phones' threads
// could not keep up, and the streams were slower than that.
void paced_streams(benchmark::State& state) {
  if (!enter_own_network())
    return state.SkipWithError("no network namespace of its own: it needs root");
  loaded_engine e{static_cast<std::size_t>(state.range(0)), way_of(state)};
  e.warm_up();
  const auto cpu = e.worker_cpu();
  const auto carried = e.carried();
  const cpu_used all;
  const auto begin = std::chrono::steady_clock::now();
  std::size_t came = 0, came_there = 0;
  const auto ticks = static_cast<std::size_t>(state.max_iterations);
  test::milliseconds time;
  std::thread there{[&] {
    test::milliseconds own_time;
    for (std::size_t i = 0; i < ticks; ++i)
      came_there += e.group(1).tick(own_time);
  }};
  for (auto _ : state)
    came += e.group(0).tick(time);
  there.join();
  came += came_there;
  const std::chrono::duration<double, std::micro> wall = std::chrono::steady_clock::now() - begin;
  const auto used = std::chrono::duration<double, std::micro>(e.worker_cpu() - cpu).count();
  all.per_packet(state, came);
  for (int i = 0; i < 50; ++i) // what is still under way
    time.wait();
  came += e.drain();
  const auto sent = static_cast<double>(ticks * (e.group(0).size() + e.group(1).size()));
  state.counters["worker_percent"] = 100 * used / wall.count();
  state.counters["worker_us_per_packet"] = used / static_cast<double>(came);
  state.counters["packets_per_second"] = static_cast<double>(came) / wall.count() * 1e6;
  state.counters["carried"] = static_cast<double>(e.carried() - carried);
  state.counters["lost"] = sent - static_cast<double>(came);
  state.counters["late_percent"] = 100 * (wall.count() / (static_cast<double>(ticks) * 2e4) - 1);
}
BENCHMARK(paced_streams)
    ->ArgNames({"streams", "kernel"})
    ->ArgsProduct({{1000, 2000, 3000, 4000, 5000}, {0, 1}})
    ->Iterations(100)
    ->UseRealTime();

// The same work by rtpengine, in user space: `./dev bench --peer rtpengine`.
void rtpengine_packet(benchmark::State& state) {
  const auto named = test::rtpengine::named();
  if (!named)
    return state.SkipWithError("no rtpengine: ./dev bench --peer rtpengine");
  test::rtpengine peer{*named};
  test::phones phones;
  for (std::int64_t i = 0; i < state.range(0); i += 2)
    peer.add_call(phones);
  for (int i = 0; i < 3; ++i) { // it learns where its phones are
    phones.send_round();
    (void) phones.receive_round();
  }
  (void) phones.drain();
  const auto cpu = peer.cpu_us();
  const cpu_used all;
  std::size_t packets = 0;
  for (auto _ : state) {
    phones.send_round();
    packets += phones.receive_round();
  }
  all.per_packet(state, packets);
  state.counters["rtpengine_us_per_packet"] = (peer.cpu_us() - cpu) / static_cast<double>(packets);
  state.counters["packets"] = static_cast<double>(packets);
}
// Iterations are fixed, since otherwise the same calls would be set up again for each guess at
// them.
BENCHMARK(rtpengine_packet)->Arg(100)->Arg(1000)->Arg(4000)->Iterations(150)->UseRealTime();

// What the sockets alone cost: a thread that takes what epoll shows, one packet at a time, and
// sends it on from the neighbour's socket, with no RTP, latch or counter. The worker is to be seen
// beside it.
class bare_relay {
public:
  explicit bare_relay(std::size_t sockets) : epoll_(epoll_create1(0)) {
    for (std::size_t i = 0; i < sockets; ++i) {
      ends_.push_back({parse_ip_address("127.77.0.1").value(), 0});
      sockets_.push_back(open_socket(ends_.back()));
      phone_ends_.push_back({parse_ip_address("127.77.0.2").value(), 0});
      phones_.push_back(open_socket(phone_ends_.back()));
      epoll_event interest{};
      interest.events = EPOLLIN;
      interest.data.u64 = i;
      epoll_ctl(epoll_, EPOLL_CTL_ADD, sockets_.back(), &interest);
    }
    thread_ = std::thread([this] { run(); });
    pthread_getcpuclockid(thread_.native_handle(), &cpu_);
  }
  ~bare_relay() {
    stop_.store(true);
    thread_.join();
    for (const auto* all : {&sockets_, &phones_})
      for (const int fd : *all)
        close(fd);
    close(epoll_);
  }
  bare_relay(const bare_relay&) = delete;
  bare_relay& operator=(const bare_relay&) = delete;

  std::size_t round() {
    std::array<char, rtp_size> b{};
    for (std::size_t i = 0; i < phones_.size(); ++i)
      send(phones_[i], b, ends_[i]);
    std::size_t n = 0;
    for (const int fd : phones_)
      n += recv(fd, b.data(), b.size(), 0) > 0 ? 1 : 0;
    return n;
  }
  [[nodiscard]] double cpu_us() const {
    timespec t{};
    clock_gettime(cpu_, &t);
    return static_cast<double>(t.tv_sec) * 1e6 + static_cast<double>(t.tv_nsec) / 1e3;
  }

private:
  static void send(int fd, std::span<const char> bytes, const ip_endpoint& there) {
    media::socket_address to;
    const auto length = media::write_address(there, to);
    sendto(fd, bytes.data(), bytes.size(), 0, &to.any, length);
  }
  void run() {
    std::array<epoll_event, 64> ready;
    std::array<char, 2048> b;
    while (!stop_.load(std::memory_order_relaxed)) {
      const int n = epoll_wait(epoll_, ready.data(), static_cast<int>(ready.size()), 20);
      for (int i = 0; i < n; ++i) {
        const auto from = ready[static_cast<std::size_t>(i)].data.u64;
        media::socket_address source;
        socklen_t length = sizeof source;
        const auto got = recvfrom(sockets_[from], b.data(), b.size(), 0, &source.any, &length);
        if (got > 0)
          send(sockets_[from ^ 1], {b.data(), static_cast<std::size_t>(got)},
               phone_ends_[from ^ 1]);
      }
    }
  }

  int epoll_;
  std::vector<int> sockets_, phones_;
  std::vector<ip_endpoint> ends_, phone_ends_;
  std::atomic<bool> stop_{false};
  std::thread thread_;
  clockid_t cpu_{};
};

void bare_packet(benchmark::State& state) {
  bare_relay r{static_cast<std::size_t>(state.range(0))};
  const auto cpu = r.cpu_us();
  const cpu_used all;
  std::size_t packets = 0;
  for (auto _ : state)
    packets += r.round();
  all.per_packet(state, packets);
  state.counters["thread_us_per_packet"] = (r.cpu_us() - cpu) / static_cast<double>(packets);
  state.counters["packets"] = static_cast<double>(packets);
}
BENCHMARK(bare_packet)->Arg(100)->Arg(1000)->Arg(4000)->UseRealTime();

// Start-up: binding the whole pool of the default configuration.
void start_of_5000_pairs(benchmark::State& state) {
  const worker_clock time;
  for (auto _ : state) {
    media::engine_settings s;
    s.address = parse_ip_address("127.77.0.3").value();
    auto started = media::start_socket_engine(s, time, [](const media::event&) {});
    if (!started)
      state.SkipWithError(started.error().c_str());
  }
  rusage used{};
  getrusage(RUSAGE_SELF, &used);
  state.counters["peak_rss_mb"] = static_cast<double>(used.ru_maxrss) / 1024;
}
BENCHMARK(start_of_5000_pairs)->Unit(benchmark::kMillisecond)->Iterations(3);

} // namespace
