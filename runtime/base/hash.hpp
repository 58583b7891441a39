#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace tandem {

/// In order of strength. SHA-512-256 is SHA-512/256 of FIPS 180-4, as RFC 7616 names it.
enum class hash_algorithm : std::uint8_t { md5, sha256, sha512_256 };

constexpr std::size_t hash_algorithm_count = 3;

/// A hash in lower-case hex digits, as digest authentication compares and hashes it (RFC 7616
/// §3.1). Empty when made without digits.
struct hash_text {
  std::array<char, 64> digits{};
  std::uint8_t size = 0;

  [[nodiscard]] std::string_view view() const { return {digits.data(), size}; }
  bool operator==(const hash_text& other) const { return view() == other.view(); }
};

/// 32 or 64.
[[nodiscard]] constexpr std::size_t digits_of(hash_algorithm a) {
  return a == hash_algorithm::md5 ? 32 : 64;
}

/// Hashes and a MAC of texts; the implementation is in runtime/io, so that protocol code needs no
/// cryptographic library. Any thread.
class hash_functions {
public:
  virtual ~hash_functions() = default;
  /// Of all pieces one behind the other.
  [[nodiscard]] virtual hash_text hash(hash_algorithm,
                                       std::span<const std::string_view> pieces) const = 0;
  /// HMAC-SHA-256 (RFC 2104) under the node's secret, likewise.
  [[nodiscard]] virtual hash_text mac(std::span<const std::string_view> pieces) const = 0;
};

/// Takes as long for texts that differ in the first digit as for those that differ in the last.
[[nodiscard]] constexpr bool equal_in_constant_time(std::string_view a, std::string_view b) {
  if (a.size() != b.size())
    return false;
  unsigned difference = 0;
  for (std::size_t i = 0; i < a.size(); ++i)
    difference |= static_cast<unsigned char>(a[i]) ^ static_cast<unsigned char>(b[i]);
  return difference == 0;
}

} // namespace tandem
