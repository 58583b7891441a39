#pragma once

#include "runtime/base/time.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace tandem {

class timer_wheel;

/// Ring of timers; also the head of such a ring.
struct timer_links {
  timer_links* previous = this;
  timer_links* next = this;

  timer_links() = default;
  timer_links(const timer_links&) = delete;
  timer_links& operator=(const timer_links&) = delete;
  [[nodiscard]] bool alone() const { return next == this; }
  void leave();
  void join_before(timer_links& head);
};

/// One timer, embedded in its owner; the destructor cancels. Fires once per start, never early,
/// at most a millisecond late, in the thread that calls timer_wheel::advance. The callback may
/// start, stop or destroy any timer, this one included.
///
///     timer t_ = timer::calling<&leg::on_deadline>(this); // or timer{function, context}
class timer : private timer_links {
public:
  using callback = void (*)(void* context);

  timer(callback f, void* context) : callback_(f), context_(context) {}
  ~timer() { stop(); }

  template <auto Method, class Owner>
  [[nodiscard]] static timer calling(Owner* owner) {
    return {[](void* o) { (static_cast<Owner*>(o)->*Method)(); }, owner};
  }

  /// Replaces an earlier start. A deadline already reached fires in the next advance().
  void start(timer_wheel&, time_point deadline);
  void stop();
  [[nodiscard]] bool running() const { return wheel_ != nullptr; }
  /// As given to start(); nullopt when not running.
  [[nodiscard]] std::optional<time_point> deadline() const;

private:
  friend class timer_wheel;

  callback callback_;
  void* context_;
  timer_wheel* wheel_ = nullptr;
  time_point deadline_{};
  std::uint16_t slot_ = 0;
};

/// Hierarchical timer wheel: a millisecond's resolution, constant cost per operation, virtual time
/// (it comes in through advance() alone). Timers of the same millisecond fire in the order in which
/// they were started. One thread.
///
/// Level l has 64 slots of 64^l ms. A timer stands on the level of the highest base-64 digit in
/// which its tick differs from the current one and moves down when the wheel reaches its slot.
class timer_wheel {
public:
  explicit timer_wheel(time_point now);
  ~timer_wheel();
  timer_wheel(const timer_wheel&) = delete;
  timer_wheel& operator=(const timer_wheel&) = delete;

  /// Fires what is due at `now`; an earlier `now` than before does nothing. What a callback starts
  /// for a time already reached fires in the next call. When a callback throws, the rest of what
  /// was due fires in the next call.
  void advance(time_point now);

  /// When advance() is to be called next: never later than the first deadline (rounded up to the
  /// millisecond), earlier at most once per level. nullopt: nothing is running.
  [[nodiscard]] std::optional<time_point> next_deadline() const;

  [[nodiscard]] std::size_t size() const { return size_; }

private:
  friend class timer;
  using tick = std::uint64_t; // milliseconds since the clock's origin

  // 8 levels of 6 bits hold every tick that time_point can express.
  static constexpr unsigned levels = 8;
  static constexpr unsigned slot_bits = 6;
  static constexpr unsigned slots = 1U << slot_bits;
  static constexpr std::uint16_t due_slot = levels * slots;

  void insert(timer&);
  void remove(timer&);
  [[nodiscard]] tick first_occupied() const;
  void enter(tick);
  void fire(timer_links& ring);

  std::array<timer_links, levels * slots> rings_;
  std::array<std::uint64_t, levels> occupied_{};
  timer_links due_;    // fire in the next advance()
  timer_links firing_; // fire now
  tick current_;       // every timer up to here has fired or is in due_
  std::size_t size_ = 0;
};

} // namespace tandem
