#include "protocols/rtcp/compound.hpp"

#include "protocols/rtcp/wire.hpp"

namespace tandem::rtcp {

namespace {

constexpr std::size_t header_bytes = 4;

// §6.4.1: the length counts 32-bit words minus one, the header included.
std::size_t packet_bytes(bytes_view at_header) noexcept {
  return (std::size_t{read_u16(at_header, 2)} + 1) * 4;
}

bool is_padded(bytes_view at_header) noexcept {
  return (at_header[0] & 0x20U) != 0;
}

bool is_report(bytes_view at_header) noexcept {
  const auto type = static_cast<packet_type>(at_header[1]);
  return type == packet_type::sender_report || type == packet_type::receiver_report;
}

// §6.4.1: the last octet counts the padding, itself included, in a multiple of four.
bool padding_fits(bytes_view whole) noexcept {
  const std::size_t padding = whole.back();
  return padding != 0 && padding % 4 == 0 && padding <= whole.size() - header_bytes;
}

} // namespace

std::string_view to_string(compound_error e) {
  switch (e) {
    case compound_error::too_short: return "too short";
    case compound_error::bad_version: return "not version 2";
    case compound_error::bad_first: return "does not begin with SR or RR";
    case compound_error::bad_padding: return "bad padding";
  }
  return "unknown";
}

tl::expected<compound_view, compound_error> compound_view::parse(bytes_view bytes) noexcept {
  auto rest = bytes;
  do {
    if (rest.size() < header_bytes)
      return tl::unexpected(compound_error::too_short);
    if (rest[0] >> 6 != 2) // A.2: version 2 in every packet
      return tl::unexpected(compound_error::bad_version);
    // A.2: the first packet is SR or RR and not padded, since padding ends the compound.
    if (rest.size() == bytes.size() && (!is_report(rest) || is_padded(rest)))
      return tl::unexpected(compound_error::bad_first);
    const auto size = packet_bytes(rest);
    if (size > rest.size()) // A.2: the lengths add up to the datagram's
      return tl::unexpected(compound_error::too_short);
    if (is_padded(rest) && (size != rest.size() || !padding_fits(rest)))
      return tl::unexpected(compound_error::bad_padding);
    rest = rest.subspan(size);
  } while (!rest.empty());
  return compound_view{bytes};
}

std::optional<packet> compound_view::next() noexcept {
  if (rest_.empty())
    return std::nullopt;
  const auto size = packet_bytes(rest_);
  const std::size_t padding = is_padded(rest_) ? rest_[size - 1] : 0;
  const packet p{static_cast<packet_type>(rest_[1]), static_cast<std::uint8_t>(rest_[0] & 0x1fU),
                 rest_.subspan(header_bytes, size - header_bytes - padding)};
  rest_ = rest_.subspan(size);
  return p;
}

} // namespace tandem::rtcp
