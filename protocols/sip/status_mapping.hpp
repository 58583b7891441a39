#pragma once

#include <cstdint>

namespace tandem::sip {

/// What a back-to-back user agent tells its caller when the callee's side refused with `status`
/// (300 to 699). Most refusals mean the same on both sides and are passed on; those that speak of
/// our own request to the callee are not:
///
/// - 401, 407: the callee challenged us, the caller cannot answer it -> 500
/// - 422, 481, 482, 483, 491, 494: about our session timer, dialog, loop, hop count -> 500
/// - 487 without a CANCEL of the caller's -> 480
/// - 503 -> 500 (RFC 3261 §16.7 step 6: others would take it for this node's overload)
/// - 3xx whose Contacts are not passed along -> 480
[[nodiscard]] std::uint16_t passed_on(std::uint16_t status);

/// Of the refusals (300 to 699) of several callees, whether the caller is better told `a` than `b`
/// (RFC 3261 §16.7 step 6): 6xx before all, then the lowest class; in 4xx first what lets the
/// caller ask again in another way (415, 420, 484), last 408, since a silence says least.
///
/// Classes are those of passed_on(). DEVIATION RFC 3261 §16.7 step 6: 401 and 407 are not
/// preferred; a proxy would hand the challenge on, we cannot.
[[nodiscard]] bool is_better_refusal(std::uint16_t a, std::uint16_t b);
/// What it answers to a re-INVITE or UPDATE whose offer the other side refused with `status`: the
/// same where it speaks of the description (415, 488, 606, 6xx …) or asks for patience (491), else
/// 488. Never 408 or 481, which would end the asker's dialog.
[[nodiscard]] std::uint16_t offer_refusal(std::uint16_t status);

} // namespace tandem::sip
