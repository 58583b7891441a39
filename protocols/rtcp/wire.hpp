#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

// Network byte order, as in every RTCP field. The caller has checked the bounds.
namespace tandem::rtcp {

[[nodiscard]] inline std::uint16_t read_u16(std::span<const std::uint8_t> b,
                                            std::size_t at) noexcept {
  return static_cast<std::uint16_t>(b[at] << 8 | b[at + 1]);
}

[[nodiscard]] inline std::uint32_t read_u32(std::span<const std::uint8_t> b,
                                            std::size_t at) noexcept {
  return std::uint32_t{read_u16(b, at)} << 16 | read_u16(b, at + 2);
}

} // namespace tandem::rtcp
