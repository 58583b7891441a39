#include "protocols/rtcp/reports.hpp"

#include "protocols/rtcp/wire.hpp"

namespace tandem::rtcp {

namespace {

constexpr std::size_t sender_bytes = 24; // SSRC and sender information, after the header
constexpr std::size_t receiver_bytes = 4;
constexpr std::size_t block_bytes = 24;

// Where the blocks begin; 0 for a packet that is not a report or cannot hold its blocks. What is
// left behind the blocks is a profile-specific extension (§6.4.3).
std::size_t blocks_at(const packet& p) noexcept {
  std::size_t at = 0;
  if (p.type == packet_type::sender_report)
    at = sender_bytes;
  else if (p.type == packet_type::receiver_report)
    at = receiver_bytes;
  return at + p.count * block_bytes <= p.body.size() ? at : 0;
}

// Sign extension of the 24-bit field (§6.4.1: may be negative).
std::int32_t signed_24(std::uint32_t raw) noexcept {
  return static_cast<std::int32_t>(raw << 8) >> 8;
}

} // namespace

std::optional<sender_report> read_sender_report(const packet& p) noexcept {
  if (p.type != packet_type::sender_report || blocks_at(p) == 0)
    return std::nullopt;
  const auto ntp = std::uint64_t{read_u32(p.body, 4)} << 32 | read_u32(p.body, 8);
  return sender_report{read_u32(p.body, 0), ntp, read_u32(p.body, 12), read_u32(p.body, 16),
                       read_u32(p.body, 20)};
}

std::optional<std::uint32_t> read_receiver_report(const packet& p) noexcept {
  if (p.type != packet_type::receiver_report || blocks_at(p) == 0)
    return std::nullopt;
  return read_u32(p.body, 0);
}

std::optional<report_block> read_report_block(const packet& p, std::size_t i) noexcept {
  const auto first = blocks_at(p);
  if (first == 0 || i >= p.count)
    return std::nullopt;
  const auto b = p.body.subspan(first + i * block_bytes, block_bytes);
  const auto loss = read_u32(b, 4);
  return report_block{read_u32(b, 0),  static_cast<std::uint8_t>(loss >> 24),
                      signed_24(loss), read_u32(b, 8),
                      read_u32(b, 12), read_u32(b, 16),
                      read_u32(b, 20)};
}

} // namespace tandem::rtcp
