#pragma once

#include "runtime/base/check.hpp"

#include <cstdint>
#include <optional>
#include <string_view>

namespace tandem::sip {

/// Status code of a response, always 100..699 (RFC 3261 §7.2). It reads as an integer; making one
/// from a number outside the range is a bug, so numbers from the wire go through `from()`.
class status_code {
public:
  constexpr status_code(int value) : value_(static_cast<std::uint16_t>(value)) { // NOLINT: implicit
    TANDEM_CHECK(value >= 100 && value <= 699);
  }
  [[nodiscard]] static constexpr std::optional<status_code> from(unsigned value) {
    if (value < 100 || value > 699)
      return std::nullopt;
    return status_code{static_cast<int>(value)};
  }

  // No comparison operators: they would be ambiguous with those of the integer.
  constexpr operator std::uint16_t() const { return value_; } // NOLINT: implicit
  [[nodiscard]] constexpr std::uint16_t value() const { return value_; }

  [[nodiscard]] constexpr bool is_provisional() const { return value_ < 200; }
  [[nodiscard]] constexpr bool is_final() const { return value_ >= 200; }
  [[nodiscard]] constexpr bool is_success() const { return value_ / 100 == 2; }
  [[nodiscard]] constexpr bool is_redirect() const { return value_ / 100 == 3; }
  /// 300..699: what an INVITE transaction acknowledges hop by hop (§17.1.1.3).
  [[nodiscard]] constexpr bool is_failure() const { return value_ >= 300; }

private:
  std::uint16_t value_;
};

/// Phrase registered with IANA for `code`; for others that of the class (§8.1.3.2: x00).
[[nodiscard]] std::string_view default_reason(status_code code);

} // namespace tandem::sip
