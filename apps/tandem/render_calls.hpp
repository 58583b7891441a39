#pragma once

#include "apps/tandem/terminal.hpp"

#include <nlohmann/json_fwd.hpp>

#include <cstddef>
#include <string>
#include <vector>

namespace tandem {

/// One call a line, at most `limit` (0: all), and a line that counts them by state.
[[nodiscard]] std::string render_calls(const nlohmann::json& answer, const terminal_view&,
                                       std::size_t limit);

/// The same table without that line, of so many calls.
[[nodiscard]] std::string render_call_rows(const nlohmann::json& calls, const terminal_view&,
                                           std::size_t shown);

/// Their keys, cut to what tells them apart in that table.
[[nodiscard]] std::vector<std::string> shown_keys(const nlohmann::json& calls);

/// One call: its parties, its legs with their media, its tree.
[[nodiscard]] std::string render_call(const nlohmann::json& call, const terminal_view&);

} // namespace tandem
