#pragma once

#include <cstdint>
#include <string_view>

namespace tandem::sip {

/// Methods that we have a name for; any other token is a valid method too (`unknown`).
enum class method : std::uint8_t {
  invite,
  ack,
  bye,
  cancel,
  options,
  register_,
  prack,     // RFC 3262
  subscribe, // RFC 6665
  notify,    // RFC 6665
  publish,   // RFC 3903
  info,      // RFC 6086
  refer,     // RFC 3515
  message,   // RFC 3428
  update,    // RFC 3311
  unknown,
};

/// Methods are case-sensitive (RFC 3261 §7.1): "invite" is unknown.
[[nodiscard]] method parse_method(std::string_view token);
/// "INVITE"; empty for `unknown`, whose name only the message knows.
[[nodiscard]] std::string_view to_string(method);

} // namespace tandem::sip
