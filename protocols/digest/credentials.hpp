#pragma once

#include "protocols/digest/algorithm.hpp"
#include "protocols/digest/auth_parameters.hpp"
#include "protocols/sip/method.hpp"

#include <tl/expected.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tandem::sip {

/// What Authorization or Proxy-Authorization says (RFC 7616 §3.4, RFC 3261 §20.7): views into the
/// header's value.
struct credentials {
  std::string_view username, realm, nonce, uri, response, cnonce, opaque;
  /// As written: 8 hex digits, which are hashed. Empty: an answer of ours to a challenge without
  /// qop; then neither nc, cnonce nor qop is written or hashed (RFC 3261 §22.4 item 8).
  std::string_view nc_digits;
  std::uint32_t nc = 0; ///< from 1
  hash_algorithm algorithm = hash_algorithm::md5;

  bool operator==(const credentials&) const = default;
};

/// Reads one header value. DEVIATION RFC 3261 §22.4: credentials without qop (RFC 2069) are
/// refused. We always offer qop="auth", RFC 7616 §3.4 lets a client choose only from what was
/// offered, and without nc a request could be played again unseen.
[[nodiscard]] tl::expected<credentials, digest_error> parse_credentials(std::string_view);
/// The realm alone, of a value that need not be otherwise correct; empty if there is none.
[[nodiscard]] std::string_view realm_of(std::string_view value);

/// One header value, ready to be written.
[[nodiscard]] std::string to_text(const credentials&);

/// H(user:realm:password) in hex (RFC 7616 §3.4.2), what a configuration may hold instead of the
/// password.
[[nodiscard]] hash_text make_ha1(const hash_functions&, hash_algorithm, std::string_view user,
                                 std::string_view realm, std::string_view password);
/// The response, for qop=auth (§3.4.1, §3.4.3) unless `c` is without it, by `c.algorithm`;
/// `c.response` is not looked at.
[[nodiscard]] hash_text make_response(const hash_functions&, const credentials& c,
                                      std::string_view method, std::string_view ha1);

} // namespace tandem::sip
