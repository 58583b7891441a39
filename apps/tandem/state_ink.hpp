#pragma once

#include "apps/tandem/terminal.hpp"

#include <string_view>

namespace tandem {

/// Green for what talks or serves, yellow for what is on its way, red for what failed.
[[nodiscard]] ink state_ink(std::string_view state);

} // namespace tandem
