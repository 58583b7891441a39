#pragma once

#include <string_view>

namespace tandem {

/// "0.1.0", of the project this was built from.
[[nodiscard]] std::string_view version();

} // namespace tandem
