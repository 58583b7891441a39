#pragma once

#include "actors/call/services.hpp"
#include "actors/calls/limits.hpp"

#include <string>
#include <string_view>

namespace tandem::actors {

/// Whom what a request begins counts for, and how much of it he may have.
struct caller_claim {
  std::string name; ///< "trunk carrier", "user 1001", "192.0.2.1"
  limits::caller_allowance may;
};

/// `proved`: the user who has logged in; empty: nobody was asked.
[[nodiscard]] caller_claim caller_of(const configuration&, const limits::caller_allowances&,
                                     const ip_endpoint& source, std::string_view proved);

} // namespace tandem::actors
