#pragma once

#include "apps/tandem/terminal.hpp"

#include <nlohmann/json_fwd.hpp>

#include <cstddef>
#include <string>

namespace tandem {

/// One call a line, at most `limit` (0: all), and a line that counts them by state.
[[nodiscard]] std::string render_calls(const nlohmann::json& answer, const terminal_view&,
                                       std::size_t limit);

/// One call: its parties, its legs with their media, its tree.
[[nodiscard]] std::string render_call(const nlohmann::json& call, const terminal_view&);

} // namespace tandem
