#pragma once

#include "apps/tandem/command_line.hpp"
#include "apps/tandem/console.hpp"

namespace tandem {

/// Any command but `console`: asks the node, prints what it says, or why not. The exit code.
[[nodiscard]] int run_command(const console_command&, console_environment&);

/// Why a command ended, for whoever typed it.
int complain(console_environment&, const std::string& sentence, int exit_code);

} // namespace tandem
