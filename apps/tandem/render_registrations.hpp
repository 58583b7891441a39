#pragma once

#include "apps/tandem/terminal.hpp"

#include <nlohmann/json_fwd.hpp>

#include <cstddef>
#include <string>

namespace tandem {

/// `answer` of GET /api/v1/registrations; `limit` users at most, 0 for all.
[[nodiscard]] std::string render_registrations(const nlohmann::json& answer, const terminal_view&,
                                               std::size_t limit);
/// `answer` of GET /api/v1/users/NAME.
[[nodiscard]] std::string render_user(const nlohmann::json& answer, const terminal_view&);

} // namespace tandem
