#pragma once

#include "media/datagram_batch.hpp"
#include "media/endpoint.hpp"
#include "media/engine.hpp"
#include "media/flow_table.hpp"
#include "media/port_pool.hpp"
#include "media/slot_board.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace tandem::media {

/// The slots of one worker and everything that happens to them: commands, datagrams, time. One
/// thread at a time; it has none of its own, so that a test can be that thread. After construction
/// nothing allocates, locks or throws. A failed check ends one endpoint and nothing else.
///
///     idle --first command--> open --release--> quarantined --time--> idle (next generation)
///                              `--failure--> failed --release--> quarantined, or retired
class relay {
public:
  /// Slot `i` of the board gets `pairs[i]`, which `epoll` reports from now on. Everything
  /// given by reference outlives the relay.
  relay(std::uint16_t worker, const engine_settings&, const event_sink&, slot_board&,
        std::vector<socket_pair> pairs, int epoll, flow_share = {});

  void execute(const command&, time_point now) noexcept;
  /// What epoll carries for a socket, and what to do when it reports one.
  [[nodiscard]] static std::uint64_t token(std::uint32_t index, lane) noexcept;
  void on_readable(std::uint64_t token, time_point now) noexcept;
  /// RTP time-outs and the end of quarantines.
  void on_housekeeping(time_point now) noexcept;
  /// Nothing is open, in quarantine or missed: housekeeping has nothing to find.
  [[nodiscard]] bool is_idle() const noexcept;

private:
  enum class use : std::uint8_t { idle, open, failed, quarantined, retired };
  enum class route : std::uint8_t { nowhere, peer, back };

  struct reading_pace {
    time_point read_at{};
    std::size_t next_batch = 1;
  };

  struct told_counts {
    std::uint64_t received = 0, sent = 0, expected = 0, dropped = 0, carried = 0;
  };

  // A flow into a slot. Inherited: the command that makes it ours has not come yet.
  struct carried_flow {
    flow what;
    flow_counts told; // what of it is in the statistics
    time_point told_at{}, since{};
    std::uint32_t to = 0; // the slot it leaves from, unless inherited
    bool is_inherited = false;
  };

  struct slot_entry {
    socket_pair sockets;
    endpoint media;
    std::uint32_t peer = 0;          // with route::peer
    std::uint32_t open_position = 0; // in open_, while open
    route onward = route::nowhere;
    use current = use::idle;
    bool is_socket_lost = false;
    std::array<reading_pace, 2> paces; // per lane
    told_counts told;                  // what of `media` is in the totals
    time_point free_at{};
    std::optional<carried_flow> carried;
    time_point no_flow_before{};
  };

  void on(const set_remote&, time_point now) noexcept;
  void on(const set_direction&, time_point now) noexcept;
  void on(const connect&, time_point now) noexcept;
  void on(const echo&, time_point now) noexcept;
  void on(const disconnect&, time_point now) noexcept;
  void on(const release&, time_point now) noexcept;
  void on(const resume&, time_point now) noexcept;

  [[nodiscard]] slot_entry* opened(const slot_id&, time_point now) noexcept;
  [[nodiscard]] bool is_current(const slot_id&) const noexcept;
  [[nodiscard]] bool watch(std::uint32_t index) noexcept;
  [[nodiscard]] bool open(std::uint32_t index, time_point now) noexcept;
  void close(std::uint32_t index, time_point now) noexcept;
  void detach(std::uint32_t index, time_point now) noexcept;
  void fail(std::uint32_t index, failure, time_point now) noexcept;
  void let_go(std::uint32_t index, time_point now) noexcept;
  void end_quarantines(time_point now) noexcept;
  void find_missed_releases(time_point now) noexcept;

  [[nodiscard]] slot_entry* onward(std::uint32_t index) noexcept;
  [[nodiscard]] bool judge(std::uint32_t index, lane, std::size_t datagram,
                           time_point now) noexcept;
  [[nodiscard]] datagram_batch::outcome read(slot_entry&, lane, time_point now) noexcept;
  void forward(std::uint32_t index, slot_entry& there, lane, time_point now) noexcept;
  [[nodiscard]] static int fd_of(const slot_entry&, lane) noexcept;
  // Flows (relay_flows.cpp)
  void inherit(std::vector<flow>);
  void offer(std::uint32_t index, time_point now) noexcept;
  void claim(std::uint32_t index, time_point now) noexcept;
  void adopt(std::uint32_t index, time_point now) noexcept;
  void withdraw(std::uint32_t index, time_point now) noexcept;
  void withdraw_around(std::uint32_t index, time_point now) noexcept;
  void disown_inherited(time_point now) noexcept;
  void on_surfaced(std::uint32_t index, time_point now) noexcept;
  void refresh(std::uint32_t index, time_point now) noexcept;
  void absorb(std::uint32_t index, const flow_counts&, time_point now) noexcept;
  void keep_flows(time_point now) noexcept;
  void show_flow(std::uint32_t index) noexcept;
  [[nodiscard]] std::optional<flow> flow_for(std::uint32_t index) noexcept;
  [[nodiscard]] bool is_ours(const ip_endpoint&) const noexcept;

  void publish(std::uint32_t index) noexcept;
  void add_to_totals(slot_entry&) noexcept;
  [[nodiscard]] static told_counts counts_of(const slot_statistics&) noexcept;
  [[nodiscard]] event about(std::uint32_t index) const noexcept;

  std::uint16_t worker_;
  const engine_settings& settings_;
  const event_sink& sink_;
  slot_board& board_;
  int epoll_;
  std::vector<slot_entry> slots_;
  std::vector<std::uint32_t> open_;       // indices, in no order
  std::vector<std::uint32_t> quarantine_; // a ring; all wait equally long, so the oldest is first
  std::size_t quarantine_first_ = 0, quarantine_size_ = 0;
  datagram_batch batch_;
  flow_table* flows_;
  std::vector<std::uint32_t> inherited_; // slots with a flow that is not ours yet
  std::optional<time_point> inherited_until_;
};

} // namespace tandem::media
