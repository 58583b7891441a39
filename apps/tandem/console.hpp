#pragma once

#include "apps/tandem/full_screen.hpp"
#include "apps/tandem/line_source.hpp"
#include "apps/tandem/terminal.hpp"

#include <chrono>
#include <functional>
#include <iosfwd>
#include <memory>
#include <string>
#include <vector>

namespace tandem {

/// What the console needs of the process that it runs in.
struct console_environment {
  std::ostream& out;
  std::ostream& err;
  terminal_view view{};       ///< of `out`
  terminal_view error_view{}; ///< of `err`
  std::string admin{};        ///< TANDEM_ADMIN
  std::string token{};        ///< TANDEM_TOKEN, which does not show in the list of processes
  /// Waits until the next picture of --follow or `top`; false: there is none.
  std::function<bool(std::chrono::milliseconds)> pause = [](auto) { return false; };
  /// The terminal as it is now; null: as `view` says, for ever.
  std::function<terminal_view()> look{};
  /// The whole terminal for `top`; null, or a null answer: there is none.
  std::function<std::unique_ptr<full_screen>()> open_screen{};
  /// Where `console` gets its lines.
  std::function<std::unique_ptr<line_source>(completer)> open_lines{};
};

constexpr int exit_done = 0;
constexpr int exit_refused = 1;
constexpr int exit_usage = 2;
constexpr int exit_unreachable = 3;

/// The whole program: `arguments` without its name, the exit code back.
[[nodiscard]] int run_console(const std::vector<std::string>& arguments, console_environment&);

} // namespace tandem
