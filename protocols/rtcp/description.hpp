#pragma once

#include "protocols/rtcp/compound.hpp"

#include <array>

namespace tandem::rtcp {

/// RFC 3550 §6.5; END is not an item but the end of a chunk.
enum class sdes_type : std::uint8_t {
  cname = 1,
  name,
  email,
  phone,
  location,
  tool,
  note,
  private_extension
};

struct sdes_item {
  std::uint32_t ssrc = 0; ///< of the chunk in which it stands
  sdes_type type{};
  std::string_view text; ///< UTF-8, 0 to 255 bytes
};

/// Walks the items of all chunks of an SDES packet.
class sdes_walk {
public:
  /// A packet of another type has no items.
  explicit sdes_walk(const packet&) noexcept;

  /// The next item; nullopt at the end or at the first fault, which `is_broken` tells apart.
  [[nodiscard]] std::optional<sdes_item> next() noexcept;
  [[nodiscard]] bool is_broken() const noexcept { return broken_; }

private:
  [[nodiscard]] bool enter_chunk() noexcept;
  std::optional<sdes_item> stop_broken() noexcept;

  bytes_view body_;
  std::size_t at_ = 0;
  std::uint8_t chunks_left_ = 0;
  bool in_chunk_ = false;
  bool broken_ = false;
  std::uint32_t ssrc_ = 0;
};

/// RFC 3550 §6.6. `sources` holds 4 bytes each.
struct bye {
  bytes_view sources;
  std::string_view reason;

  [[nodiscard]] std::size_t source_count() const noexcept { return sources.size() / 4; }
  [[nodiscard]] std::uint32_t source(std::size_t i) const noexcept;
};
[[nodiscard]] std::optional<bye> read_bye(const packet&) noexcept;

/// RFC 3550 §6.7.
struct application {
  std::uint8_t subtype = 0;
  std::uint32_t ssrc = 0;
  std::array<char, 4> name{};
  bytes_view content;
};
[[nodiscard]] std::optional<application> read_application(const packet&) noexcept;

} // namespace tandem::rtcp
