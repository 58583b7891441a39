#pragma once

#include "protocols/sip/header_id.hpp"
#include "protocols/sip/message.hpp"
#include "protocols/sip/name_addr.hpp"
#include "protocols/sip/via.hpp"

#include <boost/container/small_vector.hpp>
#include <tl/expected.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace tandem::sip {

enum class header_errc : std::uint8_t {
  missing,
  malformed,
  repeated, ///< A header that may stand only once (RFC 3261 §7.3.1) stands twice.
  out_of_range,
  too_many, ///< List elements beyond limits.hpp.
};

struct header_error {
  header_id header = header_id::unknown;
  header_errc code = header_errc::malformed;

  /// "Bad CSeq", "Missing CSeq", "Repeated CSeq", "Too Many Via": a reason phrase for a 400.
  [[nodiscard]] std::string reason() const;
  bool operator==(const header_error&) const = default;
};

template <class T>
using header_result = tl::expected<T, header_error>;

template <class T, std::size_t Inline>
using header_list = boost::container::small_vector<T, Inline>;

// Readers: nothing is remembered between calls, and no memory is allocated unless a list has more
// elements than its inline capacity. Results are views into the message. Repeated lines and commas
// are the same list (§7.3.1). "missing" is an error of its own, so that a caller can tell it apart.

[[nodiscard]] header_result<via> read_top_via(const message&);
[[nodiscard]] header_result<header_list<via, 2>> read_vias(const message&);

[[nodiscard]] header_result<name_addr> read_from(const message&);
[[nodiscard]] header_result<name_addr> read_to(const message&);

struct cseq {
  std::uint32_t number = 0; ///< 0..2^31 - 1 (§8.1.1.5).
  sip::method method = method::unknown;
  std::string_view method_name;

  bool operator==(const cseq&) const = default;
};
[[nodiscard]] header_result<cseq> read_cseq(const message&);

/// One word without spaces, compared byte by byte (§20.8).
[[nodiscard]] header_result<std::string_view> read_call_id(const message&);
[[nodiscard]] header_result<std::uint8_t> read_max_forwards(const message&);

/// Contacts in order; none is `missing`.
[[nodiscard]] header_result<contact_set> read_contacts(const message&);

using route_list = header_list<name_addr, 2>;
/// Empty when there is none: a route set may be.
[[nodiscard]] header_result<route_list> read_routes(const message&);
[[nodiscard]] header_result<route_list> read_record_routes(const message&);
/// One address as in Refer-To, Referred-By, P-Asserted-Identity, Reply-To.
[[nodiscard]] header_result<name_addr> read_name_addr(const message&, header_id);

/// "application/sdp;version=1" (§20.15).
struct media_type {
  std::string_view type, subtype;
  parameter_list parameters;

  /// Types are compared without case.
  [[nodiscard]] bool is(std::string_view type, std::string_view subtype) const;
  bool operator==(const media_type&) const = default;
};
[[nodiscard]] header_result<media_type> read_content_type(const message&);
/// Ranges like "text/*" come as written; empty when the header is absent or empty (§20.1).
[[nodiscard]] header_result<header_list<media_type, 4>> read_accept(const message&);
[[nodiscard]] header_result<std::uint32_t> read_content_length(const message&);

using token_list = header_list<std::string_view, 16>;
/// Require, Proxy-Require, Supported, Unsupported, Allow, Allow-Events, Content-Encoding …: tokens
/// in order; empty when the header is absent or empty.
[[nodiscard]] header_result<token_list> read_tokens(const message&, header_id);

/// Delta-seconds of Expires, Min-Expires … ; beyond 2^32 - 1 it is 2^32 - 1 (RFC 4475 §3.1.2.4).
[[nodiscard]] header_result<std::uint32_t> read_seconds(const message&, header_id);
[[nodiscard]] inline header_result<std::uint32_t> read_expires(const message& m) {
  return read_seconds(m, header_id::expires);
}

/// RFC 3326: "SIP;cause=200;text=\"Call completed elsewhere\"", "Q.850;cause=16".
struct reason_value {
  std::string_view protocol;
  std::optional<std::uint16_t> cause;
  std::string_view text; ///< Without the quotes, escapes left.

  bool operator==(const reason_value&) const = default;
};
/// Empty when there is none.
[[nodiscard]] header_result<header_list<reason_value, 2>> read_reasons(const message&);

} // namespace tandem::sip
