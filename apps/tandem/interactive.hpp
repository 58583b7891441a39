#pragma once

#include "apps/tandem/command_line.hpp"
#include "apps/tandem/console.hpp"

namespace tandem {

/// `tandem console`: a command a line, until quit or the end of the lines. The exit code is that of
/// the last command that failed.
[[nodiscard]] int run_interactive(const console_command&, console_environment&);

} // namespace tandem
