#pragma once

#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

namespace tandem::media {

/// First in, first out, any number of threads on either side, no locks: each cell carries the
/// number of the turn it waits for, so a producer and a consumer meet in one cell only. Holds at
/// least `capacity` values (rounded up to a power of two); memory is taken once.
template <class T>
class bounded_queue {
public:
  explicit bounded_queue(std::size_t capacity)
    : cells_(std::bit_ceil(capacity < 2 ? std::size_t{2} : capacity)), mask_(cells_.size() - 1) {
    for (std::size_t i = 0; i < cells_.size(); ++i)
      cells_[i].turn.store(i, std::memory_order_relaxed);
  }

  [[nodiscard]] std::size_t capacity() const noexcept { return cells_.size(); }

  /// False: full, and `value` is as it was.
  [[nodiscard]] bool push(T value) noexcept {
    auto ticket = head_.load(std::memory_order_relaxed);
    while (true) {
      auto& c = cells_[ticket & mask_];
      const auto turn = c.turn.load(std::memory_order_acquire);
      if (turn == ticket) {
        if (head_.compare_exchange_weak(ticket, ticket + 1, std::memory_order_relaxed)) {
          c.value = std::move(value);
          c.turn.store(ticket + 1, std::memory_order_release);
          return true;
        }
      } else if (is_before(turn, ticket)) {
        return false; // a full round behind: not yet taken
      } else {
        ticket = head_.load(std::memory_order_relaxed);
      }
    }
  }

  [[nodiscard]] std::optional<T> pop() noexcept {
    auto ticket = tail_.load(std::memory_order_relaxed);
    while (true) {
      auto& c = cells_[ticket & mask_];
      const auto turn = c.turn.load(std::memory_order_acquire);
      if (turn == ticket + 1) {
        if (tail_.compare_exchange_weak(ticket, ticket + 1, std::memory_order_relaxed)) {
          std::optional<T> value{std::move(c.value)};
          c.turn.store(ticket + cells_.size(), std::memory_order_release);
          return value;
        }
      } else if (is_before(turn, ticket + 1)) {
        return std::nullopt;
      } else {
        ticket = tail_.load(std::memory_order_relaxed);
      }
    }
  }

private:
  struct cell {
    std::atomic<std::size_t> turn{0};
    T value{};
  };

  static bool is_before(std::size_t a, std::size_t b) noexcept {
    return static_cast<std::ptrdiff_t>(a - b) < 0;
  }

  std::vector<cell> cells_;
  std::size_t mask_;
  alignas(64) std::atomic<std::size_t> head_{0};
  alignas(64) std::atomic<std::size_t> tail_{0};
};

} // namespace tandem::media
