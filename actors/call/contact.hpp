#pragma once

#include "actors/call/ids.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace tandem::actors {

/// Where a called user can be reached: one binding of an address-of-record (RFC 3261 §10).
struct contact {
  std::string uri;
  std::optional<flow> reached_by; ///< how its REGISTER came; by a stream it is called the same way
  std::uint16_t q_thousandths = 1000;

  bool operator==(const contact&) const = default;
};

} // namespace tandem::actors
