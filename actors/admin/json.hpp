#pragma once

#include "actors/admin/overview.hpp"
#include "actors/call/summary.hpp"
#include "actors/registrar/registrar.hpp"
#include "actors/trace/ladder.hpp"
#include "runtime/actor/tree.hpp"

#include <nlohmann/json_fwd.hpp>

#include <vector>

/// What the console shows, as JSON; docs/API.md has the shapes.
namespace tandem::actors {

/// The nested tree: {"kind","name","state","age_ms","messages","mailbox","restarts","last_error",
/// "children"}. `nodes` as tree::snapshot() gives them, the first is the root.
[[nodiscard]] nlohmann::ordered_json tree_json(const std::vector<node_view>& nodes);
/// {"states","mailboxes","restarts","failed_actors","calls":[]}; the calls are the caller's to add.
[[nodiscard]] nlohmann::ordered_json overview_json(const overview&);
[[nodiscard]] nlohmann::ordered_json call_json(const call_summary&);
[[nodiscard]] nlohmann::ordered_json user_json(const user_summary&);
[[nodiscard]] nlohmann::ordered_json ladder_json(const ladder&);

} // namespace tandem::actors
