#include "protocols/rtp/packet.hpp"

namespace tandem::rtp {

namespace {

constexpr std::size_t extension_header_bytes = 4;

std::uint16_t read_u16(bytes_view bytes, std::size_t at) noexcept {
  return static_cast<std::uint16_t>(bytes[at] << 8 | bytes[at + 1]);
}

} // namespace

std::string_view to_string(packet_error e) {
  switch (e) {
    case packet_error::too_short: return "too short";
    case packet_error::bad_version: return "not version 2";
    case packet_error::rtcp_type: return "payload type belongs to RTCP";
    case packet_error::bad_padding: return "bad padding";
  }
  return "unknown";
}

tl::expected<packet_view, packet_error> packet_view::parse(bytes_view bytes) noexcept {
  if (bytes.size() < fixed_header_bytes)
    return tl::unexpected(packet_error::too_short);
  if (bytes[0] >> 6 != 2) // A.1: the version field must equal 2
    return tl::unexpected(packet_error::bad_version);
  packet_view packet{bytes};
  // A.1: not SR (200) or RR (201), which would be 72 and 73 with the marker bit set; RFC 5761 §4
  // keeps 74 to 76 free as well, for SDES, BYE and APP.
  if (const auto type = packet.payload_type(); type >= 72 && type <= 76)
    return tl::unexpected(packet_error::rtcp_type);

  packet.header_bytes_ += 4 * packet.csrc_count();
  if ((bytes[0] & 0x10U) != 0) { // §5.3.1: exactly one extension, its length in words
    if (bytes.size() < packet.header_bytes_ + extension_header_bytes)
      return tl::unexpected(packet_error::too_short);
    const std::size_t words = read_u16(bytes, packet.header_bytes_ + 2);
    packet.header_bytes_ += extension_header_bytes + 4 * words;
  }
  if (bytes.size() < packet.header_bytes_)
    return tl::unexpected(packet_error::too_short);

  if ((bytes[0] & 0x20U) != 0) { // §5.1: the last octet counts the padding, itself included
    packet.padding_bytes_ = bytes.back();
    if (packet.padding_bytes_ == 0 || packet.padding_bytes_ > bytes.size() - packet.header_bytes_)
      return tl::unexpected(packet_error::bad_padding);
  }
  return packet;
}

std::uint16_t packet_view::sequence() const noexcept {
  return read_u16(bytes_, 2);
}

auto packet_view::extension() const noexcept -> std::optional<extension_view> {
  if ((bytes_[0] & 0x10U) == 0)
    return std::nullopt;
  const auto at = fixed_header_bytes + 4 * csrc_count();
  const auto body_at = at + extension_header_bytes;
  return extension_view{read_u16(bytes_, at), bytes_.subspan(body_at, header_bytes_ - body_at)};
}

std::uint32_t packet_view::word(std::size_t offset) const noexcept {
  return std::uint32_t{read_u16(bytes_, offset)} << 16 | read_u16(bytes_, offset + 2);
}

} // namespace tandem::rtp
