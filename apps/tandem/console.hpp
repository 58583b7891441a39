#pragma once

#include "apps/tandem/terminal.hpp"

#include <functional>
#include <iosfwd>
#include <string>
#include <vector>

namespace tandem {

/// What the console needs of the process that it runs in.
struct console_environment {
  std::ostream& out;
  std::ostream& err;
  terminal_view view{};
  std::string admin{}; ///< TANDEM_ADMIN
  std::string token{}; ///< TANDEM_TOKEN, which does not show in the list of processes
  /// Waits until the next picture of --follow; false: there is none.
  std::function<bool()> pause = [] { return false; };
};

constexpr int exit_done = 0;
constexpr int exit_refused = 1;
constexpr int exit_usage = 2;
constexpr int exit_unreachable = 3;

/// The whole program: `arguments` without its name, the exit code back.
[[nodiscard]] int run_console(const std::vector<std::string>& arguments, console_environment&);

} // namespace tandem
