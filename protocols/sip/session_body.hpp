#pragma once

#include "protocols/sip/message.hpp"

#include <tl/expected.hpp>

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace tandem::sip {

/// Multiparts within multiparts of one body, and the characters of a boundary (RFC 2046 §5.1.1).
constexpr std::size_t max_multipart_depth = 3;
constexpr std::size_t max_boundary_bytes = 70;

/// The session description that a message carries, as text, alone or as a part of a multipart body
/// (RFC 3261 §7.4.1, RFC 5621 §4); empty: none. The error is 415 (§8.2.3): a body, encoding or
/// disposition that is not understood and may not be left alone (§20.11), or parts within parts
/// beyond max_multipart_depth.
///
/// Assumption: of several descriptions that could be meant, the last one of multipart/alternative
/// (RFC 2046 §5.1.4: the richest stands last) and the first one of every other multipart.
[[nodiscard]] tl::expected<std::string_view, std::uint16_t> session_body(const message&);

/// What a request that asks for a session cannot be given by any UA of ours, before its description
/// is read: 420 for an extension (§8.2.2.3), 406 if it accepts no description of ours (§20.1, RFC
/// 4475 §3.3.15), 415 for its body; else 0.
[[nodiscard]] std::uint16_t unfit_for_session(const message& invite);

} // namespace tandem::sip
