#pragma once

#include "protocols/sip/message.hpp"

#include <string_view>

namespace tandem::sip {

/// Of a message that check_request() or check_response() found good: the tag of its To or From,
/// empty when absent (RFC 3261 §19.3). Half of a dozen readers of each message want no more of
/// those headers, and reading their URIs takes most of the time.
[[nodiscard]] std::string_view to_tag(const message&);
[[nodiscard]] std::string_view from_tag(const message&);

} // namespace tandem::sip
