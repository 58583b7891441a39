#pragma once

#include <string>
#include <string_view>

namespace tandem::sip {

// What a dialog must see in addresses that it keeps as text: no more than §12.2.1.1 asks.

/// The URI of a Route value or name-addr: what stands between < and >, or all before a parameter.
[[nodiscard]] std::string_view uri_of(std::string_view name_addr);

/// A From or To value as far as it names somebody: display name and URI, no header parameters.
[[nodiscard]] std::string_view without_parameters(std::string_view name_addr);

/// §19.1.1: does this URI have the parameter lr, so that its owner routes loosely (§16.12)?
[[nodiscard]] bool is_loose_router(std::string_view uri);

/// §19.1.1, table 1: the URI without what a Request-URI must not have (`method`, headers).
[[nodiscard]] std::string as_request_uri(std::string_view uri);

} // namespace tandem::sip
