#include "apps/tandem/command_line.hpp"

#include "apps/tandem/fault_command.hpp"
#include "runtime/base/key.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
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
};

/// "" or what is wrong.
std::string check_key(const std::string& text) {
  const bool hex = text.find_first_not_of("0123456789abcdefABCDEF") == std::string::npos;
  if (!hex || text.size() < shortest_key_prefix || text.size() > key_digits)
    return "KEY is 4 to 32 hex digits, as `tandem calls` shows them";
  return {};
}

void add_verb(CLI::App& app, const verb_row& row, console_command& out) {
  auto* sub = app.add_subcommand(row.name, row.about);
  sub->footer("--admin, --token and --json: see tandem --help.");
  sub->fallthrough(); // --admin, --token and --json may stand behind the verb, too
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
  sub->callback([&out, verb = row.verb] { out.verb = verb; });
}

} // namespace

tl::expected<console_command, command_line_end>
parse_command_line(std::vector<std::string> arguments, const std::string& admin_variable,
                   const std::string& token_variable) {
  console_command out;
  out.admin = admin_variable.empty() ? default_admin : admin_variable;
  out.token = token_variable;
  CLI::App app{"Shows what a Tandem node is doing.", "tandem"};
  app.add_option("--admin", out.admin, "the node's [admin] listen address (or TANDEM_ADMIN)")
      ->type_name("HOST:PORT")
      ->capture_default_str();
  app.add_option("--token", out.token, "the node's [admin] token (or TANDEM_TOKEN)");
  app.add_flag("--json", out.json, "the node's own words, for scripts");
  app.require_subcommand(1);
  app.footer("Exit codes: 0 done, 1 the node said no, 2 wrong usage, 3 cannot connect.");
  for (const auto& row : verbs)
    add_verb(app, row, out);
  add_fault_verb(app, out);
  try {                              // CLI11 reports by exceptions
    std::ranges::reverse(arguments); // as it wants them
    app.parse(std::move(arguments));
  } catch (const CLI::ParseError& e) {
    std::ostringstream text;
    const int code = app.exit(e, text, text);
    return tl::unexpected(command_line_end{code == 0 ? 0 : 2, text.str()});
  }
  std::ranges::transform(out.key, out.key.begin(),
                         [](char c) { return c >= 'A' && c <= 'F' ? char(c - 'A' + 'a') : c; });
  return out;
}

} // namespace tandem
