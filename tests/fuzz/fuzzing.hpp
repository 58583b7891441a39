#pragma once

#include "runtime/base/time.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>
#include <utility>

namespace tandem::test {

/// What must hold, whatever the input; libFuzzer keeps the input that broke it.
inline void require(bool holds, const char* file = __builtin_FILE(), int line = __builtin_LINE()) {
  if (holds)
    return;
  std::fprintf(stderr, "%s:%d: does not hold\n", file, line);
  std::abort();
}

/// An input as a sequence of choices; at its end every choice is 0.
class choices {
public:
  choices(const std::uint8_t* bytes, std::size_t size)
    : left_{reinterpret_cast<const char*>(bytes), size} {}

  [[nodiscard]] bool empty() const { return left_.empty(); }
  std::uint8_t byte() {
    if (left_.empty())
      return 0;
    const auto b = static_cast<std::uint8_t>(left_.front());
    left_.remove_prefix(1);
    return b;
  }
  std::uint32_t word() {
    const std::uint32_t high = byte();
    return high << 8U | byte();
  }
  [[nodiscard]] std::string_view rest() const { return left_; }

private:
  std::string_view left_;
};

/// The same machine twice: one lives where it was born, the other is moved from host to host by its
/// snapshots. Whoever looks from outside must see no difference.
template <class Machine>
class twins {
public:
  explicit twins(const Machine& m) : born_(m), moved_(m) {}

  /// Gives both the same input, each with the time of its own host; what they answer is equal.
  template <class Input>
  auto give(Input input) {
    if constexpr (std::is_void_v<decltype(input(born_, now_))>) {
      input(born_, now_);
      input(moved_, there_);
    } else {
      auto answer = input(born_, now_);
      require(answer == input(moved_, there_));
      return answer;
    }
  }

  void wait(duration by) {
    if (by > duration{}) {
      now_ += by;
      there_ += by;
    }
  }

  /// `snapshot` takes one of a machine at a time, `restore` makes a machine of it at a time.
  template <class Snapshot, class Restore>
  void move(duration its_uptime, Snapshot snapshot, Restore restore) {
    const auto taken = snapshot(moved_, there_);
    there_ = time_point{its_uptime};
    moved_ = restore(taken, there_);
    require(snapshot(moved_, there_) == taken);
    require(snapshot(born_, now_) == taken);
  }

  [[nodiscard]] const Machine& get() const { return born_; }
  [[nodiscard]] time_point now() const { return now_; }

private:
  Machine born_, moved_;
  time_point now_{}, there_{};
};

} // namespace tandem::test
