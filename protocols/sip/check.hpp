#pragma once

#include "protocols/sip/message.hpp"
#include "protocols/sip/typed_headers.hpp"

#include <tl/expected.hpp>

#include <string>

namespace tandem::sip {

/// The answer that a request deserves before it reaches any transaction. ACK is never answered:
/// drop it (RFC 3261 §17).
struct rejection {
  status_code status;
  std::string reason;
};

/// What every request must satisfy (RFC 3261 §8.1.1, §8.2, §16.3; RFC 4475): the mandatory headers
/// are there, once, and readable; CSeq names the method; the Request-URI is well-formed; routing
/// and body headers are readable if present. Max-Forwards and the tag of From may be absent
/// (RFC 2543 clients, RFC 4475 §3.4.1). Left to the caller, which knows what it supports: unknown
/// method (405, 501), scheme (416), extension (420), body (415), Max-Forwards of 0 (483).
[[nodiscard]] tl::expected<void, rejection> check_request(const message&);

/// What a response must satisfy; otherwise it is dropped (RFC 4475 §3.1.2.5).
[[nodiscard]] tl::expected<void, header_error> check_response(const message&);

/// Whether a response can be sent at all: a request, not ACK, with a Via. One that cannot be read
/// goes back as it came, and the response to where the request came from.
[[nodiscard]] bool is_answerable(const message&);

} // namespace tandem::sip
