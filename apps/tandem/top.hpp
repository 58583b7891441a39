#pragma once

#include "apps/tandem/command_line.hpp"
#include "apps/tandem/console.hpp"
#include "apps/tandem/figures.hpp"
#include "apps/tandem/node_client.hpp"

#include <nlohmann/json.hpp>

#include <string>

namespace tandem {

/// What a node says at one time.
struct top_sample {
  nlohmann::json overview; ///< /api/v1/overview
  figures numbers;         ///< /metrics
};

/// What happened between two of them, per second, and what is now: {"node","version","up_ms",
/// "interval_ms","ready","degraded","calls":{…},"sip":{…},"media":{…},"store":{…},"process":{…},
/// "threads":[…],"mailboxes":[…],"newest":[…]}.
[[nodiscard]] nlohmann::json top_numbers(const top_sample& before, const top_sample& now);

/// A screen of `v.height` lines at most, or of all there is when that is 0.
[[nodiscard]] std::string render_top(const nlohmann::json& numbers, const terminal_view& v);

/// Until the node is gone (without a terminal) or the reader is; or once.
[[nodiscard]] int run_top(const console_command&, const node_client&, console_environment&);

} // namespace tandem
