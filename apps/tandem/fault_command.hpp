#pragma once

#include "apps/tandem/command_line.hpp"
#include "apps/tandem/terminal.hpp"

#include <CLI/CLI.hpp>
#include <nlohmann/json_fwd.hpp>

#include <string>

namespace tandem {

/// `fault list|throw|drop|freeze|cost|exit|off`: fills console_command::fault.
void add_fault_verb(CLI::App&, console_command&);

/// What the node said to it: a list, one fault that is armed now, or how many are no more.
[[nodiscard]] std::string render_faults(const nlohmann::json&, const terminal_view&);

} // namespace tandem
