#pragma once

#include "media/relay.hpp"
#include "tests/media/loopback.hpp"
#include "tests/protocols/rtp/packet_bytes.hpp"

#include <catch2/catch.hpp>
#include <sys/epoll.h>

#include <array>
#include <string>
#include <utility>
#include <vector>

namespace tandem::test {

/// A relay with real sockets and virtual time, run by the test's own thread: after `pump` whatever
/// was sent before it has been dealt with.
class relay_fixture {
public:
  explicit relay_fixture(std::size_t pairs = 4, std::optional<ip_address> address6 = {},
                         media::flow_share flows = {})
    : settings(small_pool(pairs, address6)), pool_(bound(settings)),
      board(pool_.size(), pool_.size()), epoll_{epoll_create1(EPOLL_CLOEXEC)} {
    for (const auto& p : pool_)
      locals_.push_back(p.rtp_local);
    sink = [this](const media::event& e) { events.push_back(e); };
    core = std::make_unique<media::relay>(std::uint16_t{0}, settings, sink, board, std::move(pool_),
                                          epoll_.get(), std::move(flows));
  }

  /// Slot `i` in its present generation, as allocate() would hand it out.
  [[nodiscard]] media::slot slot(std::uint32_t i) {
    board.states[i].call = {7, i};
    const auto& rtp = locals_[i];
    return {{0, i, board.states[i].generation},
            rtp,
            {rtp.address, static_cast<std::uint16_t>(rtp.port + 1)}};
  }

  void command(const media::command& c) { core->execute(c, now); }
  void remote(const media::slot& s, const phone& p,
              media::direction allowed = media::direction::send_receive) {
    command(media::set_remote{s.id, p.rtp.local(), p.rtcp.local(), allowed, 8000});
  }

  /// Nothing would wake the worker.
  [[nodiscard]] bool is_quiet() const {
    epoll_event any{};
    return epoll_wait(epoll_.get(), &any, 1, 0) == 0;
  }

  /// Serves sockets until `datagrams` were counted as received or dropped; fails after 2 s.
  void pump(std::uint64_t datagrams) {
    const auto goal = served_ + datagrams;
    std::array<epoll_event, 16> ready;
    while (served_ < goal) {
      const int n = epoll_wait(epoll_.get(), ready.data(), 16, 2000);
      REQUIRE(n > 0);
      for (std::size_t i = 0; i < static_cast<std::size_t>(n); ++i) {
        const auto index = static_cast<std::uint32_t>(ready[i].data.u64 >> 1);
        const auto before = seen_by(index);
        core->on_readable(ready[i].data.u64, now);
        served_ += seen_by(index) - before;
      }
    }
    REQUIRE(served_ == goal);
  }

  [[nodiscard]] media::slot_statistics statistics(const media::slot& s) const {
    return board.states[s.id.index].statistics.load();
  }
  [[nodiscard]] std::uint64_t dropped(const media::slot& s, media::drop why) const {
    return statistics(s).dropped_for(why);
  }
  template <class What>
  [[nodiscard]] std::size_t said(const media::slot& s) const {
    std::size_t n = 0;
    for (const auto& e : events)
      n += e.slot == s.id && std::holds_alternative<What>(e.what) ? 1 : 0;
    return n;
  }
  [[nodiscard]] int epoll() const { return epoll_.get(); }

  media::engine_settings settings;
  std::vector<media::event> events;
  time_point now{std::chrono::seconds{1000}};

private:
  static media::engine_settings small_pool(std::size_t pairs, std::optional<ip_address> address6) {
    media::engine_settings s;
    s.address = own_loopback();
    s.address6 = address6;
    // ::1 is one address for all processes, so there the port must differ, also from those of the
    // end-to-end tests (10000 to 31999) and of the kernel's choosing (up to 60999).
    const auto first = address6 ? 61000 + 16 * (getpid() % 200) : 20000;
    s.first_port = static_cast<std::uint16_t>(first);
    s.last_port = static_cast<std::uint16_t>(s.first_port + 2 * pairs - 1);
    return s;
  }
  static std::vector<media::socket_pair> bound(const media::engine_settings& s) {
    const auto plan = media::plan_pool(s, 20000);
    REQUIRE(plan);
    auto pool = media::bind_pool(s, *plan);
    if (!pool)
      FAIL(pool.error());
    return std::move(pool->pairs);
  }
  // Datagrams that a slot has read so far: what was taken, and what was dropped at its door.
  [[nodiscard]] std::uint64_t seen_by(std::uint32_t index) const {
    using media::drop;
    const auto s = board.states[index].statistics.load();
    auto n = s.rtp_packets_received - s.rtp_packets_carried + s.rtcp_packets_received;
    for (const auto why : {drop::not_rtp, drop::not_rtcp, drop::wrong_source, drop::no_remote,
                           drop::flood, drop::oversize})
      n += s.dropped_for(why);
    return n;
  }

  std::vector<media::socket_pair> pool_;
  std::vector<ip_endpoint> locals_;
  media::event_sink sink;
  std::uint64_t served_ = 0;

public:
  media::slot_board board;

private:
  media::owned_fd epoll_;

public:
  std::unique_ptr<media::relay> core;
};

/// Two phones, each on a slot of its own, connected.
struct bridged : relay_fixture {
  explicit bridged(std::size_t pairs = 4, media::flow_share flows = {})
    : relay_fixture(pairs, {}, std::move(flows)) {
    remote(a, alice);
    remote(b, bob);
    command(media::connect{a.id, b.id});
  }

  media::slot a = slot(0), b = slot(1);
  phone alice, bob;
};

} // namespace tandem::test
