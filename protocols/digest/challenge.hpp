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

  bool operator==(const challenge&) const = default;
};

/// Reads one header value. One without qop="auth" is refused as unknown_qop: RFC 7616 §3.3 demands
/// qop, and RFC 2069's response proves neither nonce count nor client nonce.
[[nodiscard]] tl::expected<challenge, digest_error> parse_challenge(std::string_view);
/// The strongest that we know in the headers of this id (RFC 8760 §2.4); nullopt: none.
[[nodiscard]] std::optional<challenge> choose_challenge(const message& response, header_id);

/// One header value, with qop="auth".
[[nodiscard]] std::string to_text(const challenge&);

} // namespace tandem::sip
