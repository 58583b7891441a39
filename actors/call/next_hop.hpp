#pragma once

#include "runtime/base/ip_endpoint.hpp"

#include <optional>
#include <string_view>

namespace tandem::actors {

/// Where a request for this URI goes over UDP (RFC 3263 §4, the case of a numeric host): the
/// address with its port, 5060 if none is given. Nullopt: a name, which is not resolved yet, or no
/// SIP URI.
[[nodiscard]] std::optional<ip_endpoint> next_hop(std::string_view uri);

} // namespace tandem::actors
