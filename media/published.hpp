#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>

namespace tandem::media {

/// A value that one thread writes and any thread reads, without a lock and without stopping the
/// writer: a sequence lock over atomic words. A reader that meets a write tries again.
///
/// The orders: each word is a release store, so the odd count before it is visible to whoever sees
/// the word; each word is an acquire load, so the second look at the count comes after it.
template <class T>
requires std::is_trivially_copyable_v<T>
class published {
public:
  published() noexcept { store(T{}); }

  /// One thread at a time.
  void store(const T& value) noexcept {
    std::array<std::uint64_t, words> raw{};
    std::memcpy(raw.data(), &value, sizeof(T));
    const auto count = count_.load(std::memory_order_relaxed);
    count_.store(count + 1, std::memory_order_relaxed);
    for (std::size_t i = 0; i < words; ++i)
      words_[i].store(raw[i], std::memory_order_release);
    count_.store(count + 2, std::memory_order_release);
  }

  [[nodiscard]] T load() const noexcept {
    std::array<std::uint64_t, words> raw;
    while (true) {
      const auto before = count_.load(std::memory_order_acquire);
      for (std::size_t i = 0; i < words; ++i)
        raw[i] = words_[i].load(std::memory_order_acquire);
      if (before % 2 == 0 && count_.load(std::memory_order_relaxed) == before)
        break;
    }
    T value;
    std::memcpy(static_cast<void*>(&value), raw.data(), sizeof(T));
    return value;
  }

private:
  static constexpr auto words = (sizeof(T) + 7) / 8;

  std::atomic<std::uint32_t> count_{0};
  std::array<std::atomic<std::uint64_t>, words> words_{};
};

} // namespace tandem::media
