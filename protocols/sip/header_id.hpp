#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace tandem::sip {

/// Header fields that we have a name for (IANA "SIP Parameters"); all others are `unknown` and are
/// found by name.
enum class header_id : std::uint8_t {
  accept,
  accept_encoding,
  accept_language,
  alert_info,
  allow,
  allow_events,
  authentication_info,
  authorization,
  call_id,
  call_info,
  contact,
  content_disposition,
  content_encoding,
  content_language,
  content_length,
  content_type,
  cseq,
  date,
  diversion,
  error_info,
  event,
  expires,
  from,
  history_info,
  identity,
  in_reply_to,
  join,
  max_forwards,
  mime_version,
  min_expires,
  min_se,
  organization,
  p_asserted_identity,
  p_preferred_identity,
  path,
  priority,
  privacy,
  proxy_authenticate,
  proxy_authorization,
  proxy_require,
  rack,
  reason,
  record_route,
  refer_sub,
  refer_to,
  referred_by,
  replaces,
  reply_to,
  request_disposition,
  require,
  retry_after,
  route,
  rseq,
  server,
  service_route,
  session_expires,
  sip_etag,
  sip_if_match,
  subject,
  subscription_state,
  supported,
  target_dialog,
  timestamp,
  to,
  unsupported,
  user_agent,
  via,
  warning,
  www_authenticate,
  unknown,
};

constexpr auto header_id_count = static_cast<std::size_t>(header_id::unknown) + 1;

/// Full or compact name in any case (RFC 3261 §7.3.1, §7.3.3) to its id.
[[nodiscard]] header_id parse_header_id(std::string_view name);
/// "Call-ID": the full name as registered; empty for `unknown`.
[[nodiscard]] std::string_view to_string(header_id);

} // namespace tandem::sip
