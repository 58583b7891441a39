#pragma once

#include "apps/tandem/command_line.hpp"

#include <CLI/CLI.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace tandem {

/// All commands and options there are, filling `out`. The one place that knows them: what is typed
/// is parsed by it, and completed by it.
void add_commands(CLI::App&, console_command& out);

/// What only the prompt of `tandem console` understands: help, quit. For completion.
void add_console_words(CLI::App&);

/// The words that an argument of this name may be, if that is known beforehand.
[[nodiscard]] std::vector<std::string> words_of_kind(std::string_view name);

} // namespace tandem
