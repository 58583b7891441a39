#pragma once

#include "apps/tandem/terminal.hpp"

#include <nlohmann/json_fwd.hpp>

#include <string>

namespace tandem {

/// The ladder of a call: one column for each SIP peer, the node between the first and the others,
/// one arrow for each message, a note for each change of state, seconds since the start on the
/// left.
[[nodiscard]] std::string render_ladder(const nlohmann::json& ladder, const terminal_view&);

} // namespace tandem
