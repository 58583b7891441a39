#include "actors/call/record/compact.hpp"

#include "actors/call/record/limits.hpp"

#include <lz4.h>

#include <cstdint>
#include <cstring>

namespace tandem::actors {

namespace {

/// As a count of segments, which a Cap'n Proto message begins with, it would be over a milliard.
constexpr std::string_view mark{"TLZ4"};
constexpr std::size_t head = 8; ///< the mark, and the size before

/// A byte of LZ4 stands for 255 at most.
constexpr std::size_t most_ratio = 255;

} // namespace

std::string compacted(std::string bytes) {
  if (bytes.size() > limits::record_bytes)
    return bytes; // to be refused as it is
  const auto size = static_cast<std::uint32_t>(bytes.size());
  const auto room = LZ4_compressBound(static_cast<int>(size));
  std::string out(head + static_cast<std::size_t>(room), '\0');
  const auto used =
      LZ4_compress_default(bytes.data(), out.data() + head, static_cast<int>(size), room);
  if (used <= 0 || head + static_cast<std::size_t>(used) >= size)
    return bytes;
  std::memcpy(out.data(), mark.data(), mark.size());
  std::memcpy(out.data() + mark.size(), &size, sizeof size);
  return out.substr(0, head + static_cast<std::size_t>(used)); // its memory is its own size
}

bool is_compacted(std::string_view bytes) {
  return bytes.starts_with(mark);
}

std::optional<std::string> expanded(std::string_view bytes) {
  if (!is_compacted(bytes) || bytes.size() <= head || bytes.size() > limits::record_bytes)
    return std::nullopt;
  std::uint32_t size = 0;
  std::memcpy(&size, bytes.data() + mark.size(), sizeof size);
  const auto block = bytes.substr(head);
  if (size > limits::record_bytes || size / most_ratio > block.size())
    return std::nullopt;
  std::string out(size, '\0');
  const auto used = LZ4_decompress_safe(block.data(), out.data(), static_cast<int>(block.size()),
                                        static_cast<int>(size));
  if (used < 0 || static_cast<std::uint32_t>(used) != size)
    return std::nullopt;
  return out;
}

} // namespace tandem::actors
