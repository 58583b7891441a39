#pragma once

#include "actors/call/services.hpp"
#include "protocols/digest/digest_client.hpp"

#include <cstdint>

namespace tandem::actors {

/// Answers a 401 or 407 of `peer` to a request of ours (RFC 3261 §22.2), if it is a trunk for which
/// we have a login, and unless that was refused. `number` has not been given before with this key.
/// True: send the request again, with what the client now writes.
[[nodiscard]] bool answer_trunk(const call_services&, sip::digest_client&,
                                const sip::message& response, const ip_endpoint& peer,
                                const sip::challenged_request&, const key128&,
                                std::uint32_t number);

} // namespace tandem::actors
