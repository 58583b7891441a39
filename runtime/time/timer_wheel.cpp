#include "runtime/time/timer_wheel.hpp"

#include <algorithm>
#include <bit>

namespace tandem {

namespace {

using std::chrono::ceil;
using std::chrono::floor;
using std::chrono::milliseconds;

std::uint64_t tick_not_before(time_point t) {
  return static_cast<std::uint64_t>(
      std::max<milliseconds::rep>(0, ceil<milliseconds>(t.time_since_epoch()).count()));
}

std::uint64_t tick_reached_at(time_point t) {
  return static_cast<std::uint64_t>(
      std::max<milliseconds::rep>(0, floor<milliseconds>(t.time_since_epoch()).count()));
}

} // namespace

void timer_links::leave() {
  previous->next = next;
  next->previous = previous;
  previous = next = this;
}

void timer_links::join_before(timer_links& head) {
  previous = head.previous;
  next = &head;
  previous->next = this;
  head.previous = this;
}

void timer::start(timer_wheel& wheel, time_point deadline) {
  stop();
  wheel_ = &wheel;
  deadline_ = deadline;
  wheel.insert(*this);
  ++wheel.size_;
}

void timer::stop() {
  if (wheel_ == nullptr)
    return;
  wheel_->remove(*this);
  --wheel_->size_;
  wheel_ = nullptr;
}

std::optional<time_point> timer::deadline() const {
  return running() ? std::optional{deadline_} : std::nullopt;
}

timer_wheel::timer_wheel(time_point now) : current_(tick_reached_at(now)) {
}

timer_wheel::~timer_wheel() {
  const auto release = [](timer_links& ring) {
    while (!ring.alone()) {
      auto& t = static_cast<timer&>(*ring.next);
      t.leave();
      t.wheel_ = nullptr;
    }
  };
  std::ranges::for_each(rings_, release);
  release(due_);
  release(firing_);
}

void timer_wheel::insert(timer& t) {
  const auto when = tick_not_before(t.deadline_);
  if (when <= current_) {
    t.slot_ = due_slot;
    t.join_before(due_);
    return;
  }
  // The highest digit in which it differs says the level: everything above is as it is now, so the
  // timer's slot on that level is still ahead.
  const auto level = (static_cast<unsigned>(std::bit_width(when ^ current_)) - 1) / slot_bits;
  const auto slot = (when >> (level * slot_bits)) % slots;
  t.slot_ = static_cast<std::uint16_t>(level * slots + slot);
  t.join_before(rings_[t.slot_]);
  occupied_[level] |= std::uint64_t{1} << slot;
}

void timer_wheel::remove(timer& t) {
  t.leave();
  if (t.slot_ != due_slot && rings_[t.slot_].alone())
    occupied_[t.slot_ / slots] &= ~(std::uint64_t{1} << (t.slot_ % slots));
}

/// The first tick of the first occupied slot. Lower levels come first: all of their slots lie
/// before the next slot of the level above.
auto timer_wheel::first_occupied() const -> tick {
  for (unsigned level = 0; level < levels; ++level)
    if (occupied_[level] != 0) {
      const auto shift = level * slot_bits;
      const auto slot = static_cast<tick>(std::countr_zero(occupied_[level]));
      return (((current_ >> shift >> slot_bits) << slot_bits) | slot) << shift;
    }
  return ~tick{0};
}

std::optional<time_point> timer_wheel::next_deadline() const {
  if (size_ == 0)
    return std::nullopt;
  const auto next = due_.alone() && firing_.alone() ? first_occupied() : current_;
  return time_point{milliseconds{next}};
}

void timer_wheel::advance(time_point now) {
  // Only what was due before this call: a callback that starts a timer for now waits for the next.
  while (!due_.alone()) {
    auto& t = static_cast<timer&>(*due_.next);
    t.leave();
    t.join_before(firing_);
  }
  fire(firing_);
  const auto target = tick_reached_at(now);
  while (current_ < target) {
    const auto next = first_occupied();
    if (next > target)
      break;
    enter(next);
  }
  current_ = std::max(current_, target);
}

/// Moves to `to`, the first occupied tick: what stands on level 0 fires, what stands in a slot of
/// a higher level that begins here moves down.
void timer_wheel::enter(tick to) {
  current_ = to;
  for (unsigned level = levels; level-- > 0;) {
    const auto shift = level * slot_bits;
    if ((to & ((tick{1} << shift) - 1)) != 0)
      continue; // not at the beginning of a slot of this level
    const auto slot = (to >> shift) % slots;
    const auto bit = std::uint64_t{1} << slot;
    if ((occupied_[level] & bit) == 0)
      continue;
    occupied_[level] &= ~bit;
    auto& ring = rings_[level * slots + slot];
    while (!ring.alone()) {
      auto& t = static_cast<timer&>(*ring.next);
      t.leave();
      if (tick_not_before(t.deadline_) > to) {
        insert(t);
      } else {
        t.slot_ = due_slot;
        t.join_before(firing_);
      }
    }
  }
  fire(firing_);
}

void timer_wheel::fire(timer_links& ring) {
  while (!ring.alone()) {
    auto& t = static_cast<timer&>(*ring.next);
    t.stop();
    t.callback_(t.context_);
  }
}

} // namespace tandem
