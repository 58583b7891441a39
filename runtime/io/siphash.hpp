#pragma once

#include "runtime/base/key.hpp"

#include <array>
#include <cstdint>
#include <memory>
#include <string_view>

namespace tandem {

/// SipHash-2-4 with a 128-bit result (Aumasson and Bernstein, 2012) on libcrypto. Any thread: each
/// call works on its own copy of the keyed state.
class siphash final : public keyed_hash {
public:
  using secret = std::array<std::uint8_t, 16>;

  explicit siphash(const secret&);
  ~siphash() override;

  /// Each string is hashed behind its length (8 octets, little endian), which makes the pair
  /// unambiguous.
  [[nodiscard]] key128 operator()(std::string_view, std::string_view) const override;
  /// The plain hash of one message, as in the authors' test vectors.
  [[nodiscard]] key128 of(std::string_view) const;

private:
  struct state;
  std::unique_ptr<state> state_;
};

} // namespace tandem
