#pragma once

#include "actors/call/events.hpp"
#include "actors/call/snapshots.hpp"
#include "protocols/sip/writer.hpp"

#include <cstdint>
#include <string_view>

namespace tandem::actors {

/// What of an INFO or MESSAGE (or of the answer to it) concerns the other end, and not the way to
/// us: the body and the headers that speak of it. Ends the message being written.
void copy_content(sip::message_writer&, const sip::message& from);

/// The answer to such a request: what the other end has said, with its reason and content; null: it
/// has said nothing, or nothing that its sender should hear.
[[nodiscard]] wire_bytes passed_reply(const sip::message& request, const ip_endpoint& source,
                                      std::uint16_t status, const sip::message* said,
                                      std::string_view to_tag = {});

} // namespace tandem::actors
