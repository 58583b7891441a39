#pragma once

#include "actors/node/facts.hpp"
#include "protocols/sip/uri.hpp"
#include "runtime/base/key.hpp"

#include <string_view>

namespace tandem::actors {

/// The host part names our domain: the realm, or an address that we listen on, whatever the port.
[[nodiscard]] bool is_our_domain(const sip::uri&, std::string_view realm, const node_facts&);

/// The host part is the realm itself.
[[nodiscard]] bool is_our_realm(const sip::uri&, std::string_view realm);

/// The key of a user's address-of-record; never that of a call, whose second part is a tag.
[[nodiscard]] key128 registration_key(const keyed_hash&, std::string_view user);

} // namespace tandem::actors
