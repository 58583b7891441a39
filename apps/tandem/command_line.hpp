#pragma once

#include <tl/expected.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace tandem {

enum class console_verb : std::uint8_t {
  tree,
  calls,
  call,
  ladder,
  hangup,
  registrations,
  user,
  metrics,
  top,
  log,
  fault,
  console
};

struct console_command {
  console_verb verb = console_verb::tree;
  std::string admin;
  std::string token;
  std::string token_file; ///< its first line goes before `token`
  std::string key;        ///< Lower-case hex digits, at least `shortest_key_prefix`.
  std::string user;       ///< of `user`
  /// Of `fault`: what is asked of /api/v1/faults.
  struct fault_request {
    std::string method;
    std::string number; ///< of the fault, if it is about one
    std::string body;
  };
  fault_request fault{};
  /// Of `log`: nothing asks what the levels are.
  struct log_request {
    std::string level;
    std::string component;
  };
  log_request log{};
  bool json = false;
  bool follow = false;
  bool once = false;       ///< `top`: one picture, when one interval has passed
  double interval_s = 1.0; ///< `top`
  std::size_t limit = 40;
};

constexpr std::size_t shortest_key_prefix = 4;

/// Why there is no command to run: the help was asked for (exit code 0) or the line is wrong (2).
struct command_line_end {
  int exit_code = 0;
  std::string text;
};

/// `arguments` without the program's name. The environment gives what the line does not.
[[nodiscard]] tl::expected<console_command, command_line_end>
parse_command_line(std::vector<std::string> arguments, const std::string& admin_variable,
                   const std::string& token_variable);

} // namespace tandem
