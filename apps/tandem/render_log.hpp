#pragma once

#include "apps/tandem/terminal.hpp"

#include <nlohmann/json_fwd.hpp>

#include <string>

namespace tandem {

/// From which level on what is logged.
[[nodiscard]] std::string render_log(const nlohmann::json& answer, const terminal_view&);

} // namespace tandem
