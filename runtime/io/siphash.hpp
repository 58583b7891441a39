#pragma once

#include "runtime/base/key.hpp"

#include <array>
#include <cstdint>
#include <string_view>

namespace tandem {

/// SipHash-2-4 with a 128-bit result (Aumasson and Bernstein, 2012). Any thread. Not libcrypto's:
/// that copies its keyed state for each message, which takes ten times as long as to hash it.
class siphash final : public keyed_hash {
public:
  using secret = std::array<std::uint8_t, 16>;

  explicit siphash(const secret&);

  /// Each string is hashed behind its length (8 octets, little endian), which makes the pair
  /// unambiguous.
  [[nodiscard]] key128 operator()(std::string_view, std::string_view) const override;
  /// The plain hash of one message, as in the authors' test vectors.
  [[nodiscard]] key128 of(std::string_view) const;

private:
  std::uint64_t k0_, k1_; ///< as the paper names them
};

} // namespace tandem
