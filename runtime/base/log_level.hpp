#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace tandem {

enum class log_level : std::uint8_t { trace, debug, info, warning, error, off };

/// "info" and so on, as in the configuration; anything else is nullopt.
[[nodiscard]] std::optional<log_level> parse_log_level(std::string_view);
[[nodiscard]] std::string_view to_string(log_level);

} // namespace tandem
