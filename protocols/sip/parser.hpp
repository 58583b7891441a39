#pragma once

#include "protocols/sip/limits.hpp"
#include "protocols/sip/message.hpp"
#include "protocols/sip/status.hpp"

#include <tl/expected.hpp>

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace tandem::sip {

enum class parse_errc : std::uint8_t {
  empty,               ///< Nothing but CRLFs: a keep-alive (RFC 5626 §4.4.1 over streams).
  not_sip,             ///< The first line is no SIP start line at all.
  bad_request_line,    ///< Spaces in the wrong places, no Request-URI (RFC 3261 §7.1).
  bad_status_line,     ///< A status code that is not 100..699 (§7.2).
  unsupported_version, ///< SIP/7.0: 505 (§8.2, RFC 4475 §3.1.2.16).
  bad_header_line,     ///< No colon, no name, a bare CR or LF, a fold after the start line.
  bad_content_length,  ///< Not a number, or given twice (§20.14, RFC 4475 §3.3.9).
  body_too_short,      ///< Content-Length beyond the datagram (§18.3).
  no_end_of_headers,   ///< The empty line is missing.
  line_too_long,
  too_many_headers,
  message_too_large,
};

/// Why a datagram is not a message.
struct parse_error {
  parse_errc code;
  sip::status_code status; ///< What a request deserves: 400, 505, 513 …
  std::string_view reason; ///< "Bad Content-Length": a literal.
  /// What could be read, when it is a request (other than ACK) whose top Via can be read, so that
  /// `begin_response(writer, *partial, …)` works; null: drop it without a word. From, To, Call-ID
  /// and CSeq are echoed as far as they are there (RFC 4475 §3.3.1 wants a 400 without them).
  message_ptr partial;

  [[nodiscard]] bool answerable() const { return partial != nullptr; }
};

/// Reads one datagram. What follows the body is ignored (RFC 3261 §18.3); headers are indexed, not
/// interpreted, except Content-Length: use `check_request()` or the typed readers.
[[nodiscard]] tl::expected<message_ptr, parse_error> parse_message(std::string_view datagram,
                                                                   const message_limits& = {});

/// Framing of a stream (§18.3, §20.14: Content-Length is required there).
struct stream_frame {
  enum class outcome : std::uint8_t { need_more, complete, broken };
  outcome is = outcome::need_more;
  std::size_t skip_bytes = 0; ///< CRLFs ahead of the message, to be dropped first (§7.5).
  std::size_t size_bytes = 0; ///< Of the message after them, when complete.
};

/// Looks at what a stream has delivered so far. `broken`: no way to find the next message, close.
[[nodiscard]] stream_frame next_frame(std::string_view received, const message_limits& = {});

} // namespace tandem::sip
