#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace tandem::sip {

/// What a stranger may make us hold for one message. Every bound is tested at n and n + 1.
struct message_limits {
  std::size_t message_bytes = 65'535; ///< One datagram; beyond it 513 Message Too Large.
  std::size_t headers = 128;          ///< Header lines, not list elements.
  std::size_t line_bytes = 8'192;     ///< Start line or one header with its folds, without CRLF.
};

/// The index of a message counts in 16 and 8 bits; no configuration goes above these.
constexpr std::size_t most_message_bytes = 65'535;
constexpr std::size_t most_headers = 254;

/// Elements of one header, over all its lines.
constexpr std::size_t max_vias = 70; // as Max-Forwards recommends, RFC 3261 §8.1.1.6
constexpr std::size_t max_contacts = 64;
constexpr std::size_t max_routes = 64;
constexpr std::size_t max_tokens = 64; // Require, Supported, Allow …
constexpr std::size_t max_reasons = 16;
constexpr std::size_t max_media_types = 64; // Accept

/// What one registration may make a registrar keep: bindings of one address-of-record (the operator
/// may set fewer), and the bytes of each one's URI and Call-ID.
constexpr std::size_t max_bindings = 32;
constexpr std::size_t max_binding_uri_bytes = 512;
constexpr std::size_t max_binding_call_id_bytes = 256;
/// Its other Contact parameters are given back up to this; longer ones are not kept.
constexpr std::size_t max_binding_parameter_bytes = 512;
/// How often one offer is sent when the peer asks for patience (491, 500 with Retry-After).
constexpr std::uint8_t max_offer_attempts = 6;
/// What is believed of its Retry-After: RFC 3261 §14.2 lets a peer say 10 s at most.
constexpr std::chrono::seconds longest_retry_after{10};

} // namespace tandem::sip
