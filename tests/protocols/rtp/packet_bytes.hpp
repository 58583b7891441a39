#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace tandem::test {

/// The fields of an RTP packet to be written; the payload is `payload_bytes` times 0xd5.
struct rtp_fields {
  std::uint32_t ssrc = 0x11223344;
  std::uint16_t sequence = 1;
  std::uint32_t timestamp = 160;
  std::uint8_t payload_type = 0;
  std::size_t payload_bytes = 160;
};

inline void put_u16(std::vector<std::uint8_t>& out, std::uint32_t value) {
  out.push_back(static_cast<std::uint8_t>(value >> 8));
  out.push_back(static_cast<std::uint8_t>(value));
}

inline void put_u32(std::vector<std::uint8_t>& out, std::uint32_t value) {
  put_u16(out, value >> 16);
  put_u16(out, value & 0xffffU);
}

[[nodiscard]] inline std::vector<std::uint8_t> rtp_bytes(const rtp_fields& f) {
  std::vector<std::uint8_t> out{0x80, f.payload_type};
  put_u16(out, f.sequence);
  put_u32(out, f.timestamp);
  put_u32(out, f.ssrc);
  out.insert(out.end(), f.payload_bytes, 0xd5);
  return out;
}

/// An RR without blocks and an SDES with a CNAME: the least compound of RFC 3550 §6.1.
[[nodiscard]] inline std::vector<std::uint8_t> rtcp_bytes(std::uint32_t ssrc) {
  std::vector<std::uint8_t> out{0x80, 201, 0, 1};
  put_u32(out, ssrc);
  out.insert(out.end(), {0x81, 202, 0, 2});
  put_u32(out, ssrc);
  out.insert(out.end(), {1, 1, 'x', 0});
  return out;
}

} // namespace tandem::test
