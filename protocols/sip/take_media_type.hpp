#pragma once

// Private to this folder.
#include "protocols/sip/typed_headers.hpp"

#include <string_view>

namespace tandem::sip {

/// Takes the first element off `list` (the rest follows its comma, if any) into a fresh
/// `media_type`; false: malformed.
[[nodiscard]] bool take_media_type(std::string_view& list, media_type&);

} // namespace tandem::sip
