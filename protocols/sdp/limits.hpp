#pragma once

#include <cstddef>

namespace tandem::sdp {

// What a peer can make grow. One more than any of these is a parse error.

/// A whole description; a datagram with SIP headers around it holds little more.
constexpr std::size_t max_text_bytes = 16'384;
constexpr std::size_t max_lines = 512;
constexpr std::size_t max_media_sections = 16;
constexpr std::size_t max_formats = 64;           ///< per m= line
constexpr std::size_t max_attributes = 256;       ///< per section, session level or media
constexpr std::size_t max_bandwidth_lines = 16;   ///< per section
constexpr std::size_t max_descriptive_lines = 32; ///< i=, u=, e=, p=; again for t=, r=, z=

/// m= lines of one description that we relay: the audio and the first videos. Each takes a socket
/// pair; further ones are refused.
constexpr std::size_t max_relayed_sections = 3;

} // namespace tandem::sdp
