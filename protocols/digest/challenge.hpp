#pragma once

#include "protocols/digest/algorithm.hpp"
#include "protocols/digest/auth_parameters.hpp"
#include "protocols/sip/header_id.hpp"
#include "protocols/sip/message.hpp"

#include <tl/expected.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace tandem::sip {

/// WWW-Authenticate or Proxy-Authenticate (RFC 7616 §3.3, RFC 3261 §20.44): views into the value.
struct challenge {
  std::string_view realm, nonce, opaque;
  hash_algorithm algorithm = hash_algorithm::md5;
  bool stale = false;
  bool has_qop = true; ///< with qop="auth"; false: without qop, as RFC 2069 had it

  bool operator==(const challenge&) const = default;
};

/// Reads one header value. One whose qop has no "auth" is refused as unknown_qop. One without qop,
/// which RFC 7616 §3.3 demands, is read: RFC 3261 §22.4 (item 8) expects it of older servers, and
/// proxies of today are commonly set up so.
[[nodiscard]] tl::expected<challenge, digest_error> parse_challenge(std::string_view);
/// The strongest that we know in the headers of this id (RFC 8760 §2.4); nullopt: none.
[[nodiscard]] std::optional<challenge> choose_challenge(const message& response, header_id);

/// One header value.
[[nodiscard]] std::string to_text(const challenge&);

} // namespace tandem::sip
