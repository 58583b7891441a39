#pragma once

#include <tl/expected.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace tandem::rtp {

using bytes_view = std::span<const std::uint8_t>;

constexpr std::size_t fixed_header_bytes = 12; // RFC 3550 §5.1

/// Why a datagram is not RTP.
enum class packet_error : std::uint8_t {
  too_short,   ///< the header, CSRC list or extension does not fit
  bad_version, ///< not version 2 (STUN and DTLS end here, RFC 7983 §7)
  rtcp_type,   ///< the payload type is one that RTCP needs, RFC 3550 A.1
  bad_padding, ///< the padding count is 0 or larger than the payload
};
[[nodiscard]] std::string_view to_string(packet_error);

/// One RTP packet, RFC 3550 §5.1, as a view of bytes that outlive it. Only `parse` makes one, so
/// every accessor is in bounds.
class packet_view {
public:
  /// Applies the checks of RFC 3550 A.1 that need a single packet.
  [[nodiscard]] static tl::expected<packet_view, packet_error> parse(bytes_view) noexcept;

  [[nodiscard]] bool marker() const noexcept { return (bytes_[1] & 0x80U) != 0; }
  [[nodiscard]] std::uint8_t payload_type() const noexcept { return bytes_[1] & 0x7fU; }
  [[nodiscard]] std::uint16_t sequence() const noexcept;
  [[nodiscard]] std::uint32_t timestamp() const noexcept { return word(4); }
  [[nodiscard]] std::uint32_t ssrc() const noexcept { return word(8); }

  /// Contributing sources, 0 to 15.
  [[nodiscard]] std::size_t csrc_count() const noexcept { return bytes_[0] & 0x0fU; }
  /// `i` is below csrc_count().
  [[nodiscard]] std::uint32_t csrc(std::size_t i) const noexcept {
    return word(fixed_header_bytes + 4 * i);
  }

  /// The header extension of §5.3.1: 16 bits that the profile defines, and whole words.
  struct extension_view {
    std::uint16_t profile = 0;
    bytes_view body;
  };
  [[nodiscard]] std::optional<extension_view> extension() const noexcept;

  /// Without padding.
  [[nodiscard]] bytes_view payload() const noexcept {
    return bytes_.subspan(header_bytes_, bytes_.size() - header_bytes_ - padding_bytes_);
  }
  [[nodiscard]] std::size_t padding_bytes() const noexcept { return padding_bytes_; }

private:
  explicit packet_view(bytes_view bytes) noexcept : bytes_(bytes) {}
  [[nodiscard]] std::uint32_t word(std::size_t offset) const noexcept;

  bytes_view bytes_;
  std::size_t header_bytes_ = fixed_header_bytes; // with CSRC list and extension
  std::size_t padding_bytes_ = 0;
};

} // namespace tandem::rtp
