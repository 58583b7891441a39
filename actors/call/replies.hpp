#pragma once

#include "actors/call/events.hpp"
#include "actors/call/snapshots.hpp"
#include "actors/node/facts.hpp"
#include "protocols/sip/writer.hpp"

#include <cstdint>
#include <string_view>

namespace tandem::actors {

/// Methods that we act upon, as the Allow header has them (RFC 3261 §20.5).
constexpr std::string_view allowed_methods =
    "INVITE, ACK, CANCEL, BYE, OPTIONS, UPDATE, INFO, MESSAGE, REGISTER";

/// Those that a call application takes which is called as a number: no MESSAGE outside its calls.
constexpr std::string_view application_methods = "INVITE, ACK, CANCEL, BYE, OPTIONS, UPDATE, INFO";

/// What a 415 tells of bodies that we read (§21.4.13): Accept, and Accept-Encoding if it was the
/// encoding of this one.
void write_accepted(sip::message_writer&, const sip::message& request);

/// A response that says no more than its status: Via, From, To, Call-ID, CSeq of the request, and
/// what the status demands: Allow with 405 and 501, Accept with 415, with 200 to OPTIONS all that
/// §11.2 asks for. `to_tag` is added where To has none.
[[nodiscard]] wire_bytes plain_reply(const sip::message& request, const ip_endpoint& source,
                                     std::uint16_t status, std::string_view to_tag = {},
                                     std::string_view reason = {});
[[nodiscard]] inline wire_bytes plain_reply(const msg::request_received& in, std::uint16_t status,
                                            std::string_view to_tag = {},
                                            std::string_view reason = {}) {
  return plain_reply(*in.message, in.source, status, to_tag, reason);
}

/// Where a response goes: over the connection by which its request came (RFC 3261 §18.2.2), or as
/// its Via says.
[[nodiscard]] ip_endpoint reply_destination(const node_facts&, transport_index,
                                            const sip::message& request, const ip_endpoint& source);

/// RFC 4028 §6: 422 with our Min-SE.
[[nodiscard]] wire_bytes too_small_interval(const sip::message& request, const ip_endpoint& source,
                                            std::uint32_t min_se_s, std::string_view to_tag = {});

} // namespace tandem::actors
