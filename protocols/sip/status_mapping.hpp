#pragma once

#include <cstdint>

namespace tandem::sip {

/// What a back-to-back user agent tells its caller when the callee's side refused with `status`
/// (300 to 699). Most refusals mean the same on both sides and are passed on; those that speak of
/// our own request to the callee are not:
///
/// - 401, 407: the callee challenged us, the caller cannot answer it -> 500
/// - 481, 482, 483, 491, 494: about our dialog, our loop, our hop count -> 500
/// - 487 without a CANCEL of the caller's -> 480
/// - 503 -> 500 (RFC 3261 §16.7 step 6: others would take it for this node's overload)
/// - 3xx whose Contacts are not passed along -> 480
[[nodiscard]] std::uint16_t passed_on(std::uint16_t status);

} // namespace tandem::sip
