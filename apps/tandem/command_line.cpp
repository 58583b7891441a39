#include "apps/tandem/command_line.hpp"

#include "apps/tandem/command_tree.hpp"
#include "apps/tandem/fault_command.hpp"
#include "apps/tandem/terminal.hpp"
#include "runtime/base/key.hpp"
#include "runtime/base/version.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <fstream>
#include <sstream>

namespace tandem {

namespace {

constexpr const char* default_admin = "127.0.0.1:8080";

struct verb_row {
  console_verb verb;
  const char* name;
  const char* about;
  bool has_key;
};

constexpr verb_row verbs[] = {
    {console_verb::tree, "tree", "the tree of supervised actors", false},
    {console_verb::calls, "calls", "the calls there are", false},
    {console_verb::call, "call", "one call: parties, legs, media, tree", true},
    {console_verb::ladder, "ladder", "every message and state of a call, also after its end", true},
    {console_verb::hangup, "hangup", "end a call", true},
    {console_verb::registrations, "registrations", "the users that are registered", false},
    {console_verb::user, "user", "one user: where he is registered, and until when", false},
    {console_verb::metrics, "metrics", "the node's figures, in Prometheus's text format", false},
    {console_verb::top, "top", "what the node does now, refreshed until q", false},
    {console_verb::log, "log", "which lines are logged: shown, or changed at run time", false},
    {console_verb::console, "console", "these commands at a prompt, or from a script", false},
};

/// "" or what is wrong.
std::string check_key(const std::string& text) {
  const bool hex = text.find_first_not_of("0123456789abcdefABCDEF") == std::string::npos;
  if (!hex || text.size() < shortest_key_prefix || text.size() > key_digits)
    return "KEY is 4 to 32 hex digits, as `tandem calls` shows them";
  return {};
}

void add_log(CLI::App& sub, console_command& out) {
  sub.add_option("LEVEL", out.log.level,
                 "trace, debug, info, warning, error, off, or default: as configured")
      ->check(CLI::IsMember(words_of_kind("LEVEL")));
  sub.add_option(
      "COMPONENT", out.log.component,
      "only lines of this one, such as sip: what stands before the first dot of a cause");
  sub.add_option("--call", out.key, "only lines of this call; they go before the component")
      ->type_name("KEY")
      ->check(check_key);
  sub.callback([&out] {
    if (!out.key.empty() && !out.log.component.empty())
      throw CLI::ValidationError("give COMPONENT or --call, not both");
    if (!out.key.empty() && out.log.level.empty())
      throw CLI::ValidationError("--call wants a LEVEL");
    out.verb = console_verb::log;
  });
  sub.footer("debug of sip shows each message, of call each change of state; `tandem log default` "
             "ends all that.\nThe file's node.log_level and SIGHUP are not touched.");
}

void add_top(CLI::App& sub, console_command& out) {
  sub.add_option("--interval", out.interval_s, "seconds between two pictures")
      ->check(CLI::Range(0.1, 3600.0))
      ->capture_default_str();
  sub.add_flag("--once", out.once, "one picture, after one interval");
  sub.footer("Keys: q ends, p holds the picture. Without a terminal pictures follow one another.");
}

void add_verb(CLI::App& app, const verb_row& row, console_command& out) {
  auto* sub = app.add_subcommand(row.name, row.about);
  sub->footer("--admin, --token and --json: see tandem --help.");
  sub->fallthrough(); // --admin, --token and --json may stand behind the verb, too
  sub->callback([&out, verb = row.verb] { out.verb = verb; });
  if (row.verb == console_verb::log)
    add_log(*sub, out);
  if (row.verb == console_verb::top)
    add_top(*sub, out);
  if (row.has_key)
    sub->add_option("KEY", out.key, "the call's key, or enough of its first digits")
        ->required()
        ->check(check_key);
  if (row.verb == console_verb::tree)
    sub->add_flag("--follow", out.follow, "show it again every second");
  if (row.verb == console_verb::user)
    sub->add_option("NAME", out.user, "the user's name, such as 1001")->required();
  if (row.verb == console_verb::tree || row.verb == console_verb::calls
      || row.verb == console_verb::registrations)
    sub->add_option("--limit", out.limit, "children, calls or users shown, 0 for all")
        ->capture_default_str();
}

/// Nullopt: it cannot be read.
std::optional<std::string> first_line_of(const std::string& file) {
  std::ifstream in{file};
  std::string line;
  if (!std::getline(in, line))
    return std::nullopt;
  return line;
}

/// The first word that should be a command and is none; "" if there is no such word.
std::string unknown_command(const CLI::App& app, const std::vector<std::string>& arguments) {
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const auto& word = arguments[i];
    if (word.starts_with("-")) {
      const auto* option = app.get_option_no_throw(word);
      i += option != nullptr && option->get_items_expected_max() > 0 ? 1 : 0;
      continue;
    }
    const bool is_known =
        !app.get_subcommands([&](const CLI::App* a) { return a->get_name() == word; }).empty();
    return is_known ? "" : word;
  }
  return {};
}

} // namespace

void add_commands(CLI::App& app, console_command& out) {
  app.add_option("--admin", out.admin, "the node's [admin] listen address (or TANDEM_ADMIN)")
      ->type_name("HOST:PORT")
      ->capture_default_str();
  app.add_option("--token", out.token, "the node's [admin] token (or TANDEM_TOKEN)");
  app.add_option("--token-file", out.token_file, "a file whose first line is the token")
      ->type_name("FILE");
  app.add_flag("--json", out.json, "the node's own words, for scripts");
  app.require_subcommand(1);
  app.footer("Exit codes: 0 done, 1 the node said no, 2 wrong usage, 3 cannot connect.");
  for (const auto& row : verbs)
    add_verb(app, row, out);
  add_fault_verb(app, out);
}

void add_console_words(CLI::App& app) {
  app.add_subcommand("help", "the commands, or one of them");
  app.add_subcommand("quit", "ends the console");
}

std::vector<std::string> words_of_kind(std::string_view name) {
  if (name == "LEVEL")
    return {"trace", "debug", "info", "warning", "error", "off", "default"};
  if (name == "KIND")
    return {"app", "leg", "dialog", "transaction", "media_endpoint"};
  if (name == "POINT")
    return {"before_commit", "after_commit", "after_flush"};
  return {};
}

tl::expected<console_command, command_line_end>
parse_command_line(std::vector<std::string> arguments, const std::string& admin_variable,
                   const std::string& token_variable) {
  console_command out;
  out.admin = admin_variable.empty() ? default_admin : admin_variable;
  out.token = token_variable;
  CLI::App app{"Shows what a Tandem node is doing.", "tandem"};
  app.set_version_flag("--version", "tandem " + std::string{version()});
  add_commands(app, out);
  if (const auto word = unknown_command(app, arguments); !word.empty())
    return tl::unexpected(command_line_end{2, "there is no command \"" + printable(word)
                                                  + "\"; --help lists those there are\n"});
  try {                              // CLI11 reports by exceptions
    std::ranges::reverse(arguments); // as it wants them
    app.parse(std::move(arguments));
  } catch (const CLI::ParseError& e) {
    std::ostringstream text;
    const int code = app.exit(e, text, text);
    return tl::unexpected(command_line_end{code == 0 ? 0 : 2, text.str()});
  }
  if (!out.token_file.empty()) {
    auto token = first_line_of(out.token_file);
    if (!token)
      return tl::unexpected(command_line_end{
          2, "tandem: " + out.token_file
                 + ": no token can be read from it; its first line is to be the [admin] token\n"});
    out.token = std::move(*token);
  }
  std::ranges::transform(out.key, out.key.begin(),
                         [](char c) { return c >= 'A' && c <= 'F' ? char(c - 'A' + 'a') : c; });
  return out;
}

} // namespace tandem
