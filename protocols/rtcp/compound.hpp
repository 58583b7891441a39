#pragma once

#include <tl/expected.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace tandem::rtcp {

using bytes_view = std::span<const std::uint8_t>;

/// RFC 3550 §12.1; other values may occur in a compound and are left alone.
enum class packet_type : std::uint8_t {
  sender_report = 200,
  receiver_report = 201,
  source_description = 202,
  bye = 203,
  application = 204,
};

enum class compound_error : std::uint8_t {
  too_short,   ///< a header does not fit, or the last packet ends beyond the datagram
  bad_version, ///< a packet that is not version 2
  bad_first,   ///< the first packet is neither SR nor RR, or is padded
  bad_padding, ///< padding before the last packet, or a count that does not fit
};
[[nodiscard]] std::string_view to_string(compound_error);

/// One packet of a compound. `body` is what follows the 4-byte header, without padding.
struct packet {
  packet_type type{};
  std::uint8_t count = 0; ///< the five bits: report blocks, chunks, sources or subtype
  bytes_view body;
};

/// A datagram that passes RFC 3550 A.2, to be walked with `next`. The bytes outlive it.
class compound_view {
public:
  [[nodiscard]] static tl::expected<compound_view, compound_error> parse(bytes_view) noexcept;

  /// The packets in order, then nullopt for good.
  [[nodiscard]] std::optional<packet> next() noexcept;

private:
  explicit compound_view(bytes_view bytes) noexcept : rest_(bytes) {}

  bytes_view rest_;
};

} // namespace tandem::rtcp
