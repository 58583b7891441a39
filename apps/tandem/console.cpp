#include "apps/tandem/console.hpp"

#include "apps/tandem/command_line.hpp"
#include "apps/tandem/commands.hpp"
#include "apps/tandem/interactive.hpp"

#include <ostream>

namespace tandem {

int run_console(const std::vector<std::string>& arguments, console_environment& env) {
  const auto command = parse_command_line(arguments, env.admin, env.token);
  if (!command) {
    (command.error().exit_code == 0 ? env.out : env.err) << command.error().text;
    return command.error().exit_code;
  }
  return command->verb == console_verb::console ? run_interactive(*command, env)
                                                : run_command(*command, env);
}

} // namespace tandem
