#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace tandem {

/// 128 bits that name a durable thing (a call, a registration) on every node, in every branch and
/// tag that we issue, in traces and in CDRs. Written as 32 lower-case hex digits.
struct key128 {
  std::uint64_t high = 0;
  std::uint64_t low = 0;

  auto operator<=>(const key128&) const = default;
};

constexpr std::size_t key_digits = 32;

[[nodiscard]] std::string to_string(const key128&);
/// Appends the 32 digits to `out`.
void append_to(std::string& out, const key128&);
/// Reads exactly 32 lower-case hex digits; anything else is nullopt.
[[nodiscard]] std::optional<key128> parse_key(std::string_view);

/// Keyed hash of a sequence of strings (SipHash-2-4-128 under a secret); the implementation is in
/// runtime/io, so that protocol code needs no cryptographic library.
class keyed_hash {
public:
  virtual ~keyed_hash() = default;
  /// Unambiguous: hash("ab","c") differs from hash("a","bc").
  [[nodiscard]] virtual key128 operator()(std::string_view, std::string_view) const = 0;
};

} // namespace tandem

template <>
struct std::hash<tandem::key128> {
  std::size_t operator()(const tandem::key128& k) const noexcept { return k.low; }
};
