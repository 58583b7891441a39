#pragma once

#include "media/bounded_queue.hpp"
#include "media/engine.hpp"
#include "media/flow_table.hpp"
#include "media/published.hpp"

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>

namespace tandem::media {

/// What a worker and the control side share about one slot.
struct slot_state {
  /// Where its index is. A queue gives up nothing from its middle, so a pair that is adopted leaves
  /// its index there, and allocate() drops it when it comes by.
  enum class place : std::uint8_t { queued, taken, taken_but_queued };
  std::atomic<place> where{place::queued};
  /// Of the present or the next use; raised by the worker when the quarantine ends. Starts at 1.
  std::atomic<std::uint32_t> generation{1};
  /// The generation whose release found the command queue full; 0: none.
  std::atomic<std::uint32_t> release_missed{0};
  /// Written when the slot is allocated, before any command names it.
  key128 call;
  published<slot_statistics> statistics;
};

/// What a worker has relayed since it started, over all slots; RTP packets. It alone writes.
struct relay_totals {
  std::atomic<std::uint64_t> received{0};
  std::atomic<std::uint64_t> sent{0};
  std::atomic<std::uint64_t> expected{0}; ///< received, and lost by RFC 3550 A.3
  std::atomic<std::uint64_t> dropped{0};  ///< any datagram
  std::atomic<std::uint64_t> carried{0};  ///< of those received: by flows
  std::atomic<std::uint64_t> flows_refused{0};
};

/// All that crosses between one worker and the control side. Who may write what:
/// control pushes commands and pops free indices; the worker does the opposite.
struct slot_board {
  slot_board(std::size_t slots, std::size_t slots_of_a_family)
    : states(std::make_unique<slot_state[]>(slots)), slot_count(slots),
      commands(limits::commands_waiting), free{bounded_queue<std::uint32_t>{slots_of_a_family},
                                               bounded_queue<std::uint32_t>{slots_of_a_family}} {}

  std::unique_ptr<slot_state[]> states;
  std::unique_ptr<published<flow_view>[]> flows; ///< per slot, where there is a flow table
  std::size_t slot_count;
  bounded_queue<command> commands;
  std::array<bounded_queue<std::uint32_t>, 2> free; ///< per ip_family; oldest first
  std::atomic<std::size_t> free_count{0};
  std::atomic<std::size_t> quarantined_count{0};
  std::atomic<bool> is_release_missed{false};
  relay_totals totals;
};

} // namespace tandem::media
