#pragma once

#include "protocols/sip/limits.hpp"
#include "runtime/base/time.hpp"

#include <chrono>
#include <cstddef>

namespace tandem::actors::limits {

/// Of a client's User-Agent this much is kept for the console.
constexpr std::size_t user_agent_bytes = 80;

/// A registration's record: its bindings, and a kilobyte for the rest.
constexpr std::size_t registration_bytes =
    sip::max_bindings
        * (sip::max_binding_uri_bytes + sip::max_binding_call_id_bytes
           + sip::max_binding_parameter_bytes + 128)
    + 2048;

/// No binding lasts longer; in bytes it is damage, since it would overflow the clock.
constexpr duration longest_registration = std::chrono::hours{24 * 366};

} // namespace tandem::actors::limits
