#include "apps/tandem/interactive.hpp"

#include "apps/tandem/commands.hpp"
#include "apps/tandem/completion.hpp"
#include "apps/tandem/limits.hpp"
#include "apps/tandem/line_words.hpp"
#include "apps/tandem/node_client.hpp"
#include "apps/tandem/render_calls.hpp"
#include "apps/tandem/words.hpp"

#include <nlohmann/json.hpp>

#include <ostream>

namespace tandem {

namespace {

/// Actors of calls, as `fault` names them.
void add_paths(const nlohmann::json& node, const std::string& path, std::vector<std::string>& out) {
  for (const auto& child : list_of(node, "children")) {
    if (out.size() >= limits::words_offered)
      return;
    const auto kind = text_of(child, "kind");
    auto below = path;
    if (kind == "call")
      below = "calls/" + text_of(child, "name");
    else if (!path.empty())
      below += "/" + text_of(child, "name");
    if (!below.empty())
      out.push_back(below);
    add_paths(child, below, out);
  }
}

std::vector<std::string> names_in(const nlohmann::json& list, const char* field) {
  std::vector<std::string> out;
  for (const auto& entry : list)
    if (out.size() < limits::words_offered)
      out.push_back(text_of(entry, field));
  return out;
}

/// Nothing is offered while the node does not answer: the command itself will say why.
std::vector<std::string> ask_words(const node_client& node, std::string_view kind) {
  const auto get = [&](const std::string& path) {
    return node.ask_json("GET", path).value_or(nlohmann::json::object());
  };
  const auto at_most = "?limit=" + std::to_string(limits::words_offered);
  if (kind == "KEY")
    return shown_keys(list_of(get("/api/v1/calls" + at_most), "calls"));
  if (kind == "NAME")
    return names_in(list_of(get("/api/v1/registrations" + at_most), "registrations"), "user");
  std::vector<std::string> out;
  if (kind == "PATH")
    add_paths(get("/api/v1/tree"), "", out);
  if (kind == "COMPONENT")
    for (const auto& name : list_of(get("/api/v1/log"), "known"))
      if (name.is_string())
        out.push_back(printable(name.get<std::string>()));
  return out;
}

class conversation {
public:
  conversation(const console_command& c, console_environment& env, line_source& lines)
    : admin_(c.admin), token_(c.token), env_(env), lines_(lines) {}

  int run(const std::string& prompt) {
    while (!is_over_) {
      const auto line = lines_.next(prompt);
      if (!line)
        break;
      if (env_.look)
        env_.view = env_.look();
      if (const int code = obey(*line); code != exit_done)
        last_failure_ = code;
    }
    return lines_.is_typed() ? exit_done : last_failure_;
  }

private:
  int obey(const std::string& line) {
    auto split = split_line(line, quotes::closed);
    if (!split)
      return complain(env_, split.error(), exit_usage);
    auto words = std::move(split->words);
    if (words.empty())
      return exit_done;
    if (words.front() == "quit" || words.front() == "exit") {
      is_over_ = true;
      return exit_done;
    }
    if (words.front() == "help") {
      words.erase(words.begin());
      words.emplace_back("--help");
    }
    const auto command = parse_command_line(std::move(words), admin_, token_);
    if (!command) {
      (command.error().exit_code == 0 ? env_.out : env_.err) << command.error().text << std::flush;
      return command.error().exit_code;
    }
    if (command->verb == console_verb::console)
      return complain(env_, "this is the console already", exit_usage);
    return run_command(*command, env_);
  }

  const std::string admin_, token_;
  console_environment& env_;
  line_source& lines_;
  bool is_over_ = false;
  int last_failure_ = exit_done;
};

} // namespace

int run_interactive(const console_command& c, console_environment& env) {
  const node_client node{c.admin, c.token};
  const auto overview = node.ask_json("GET", "/api/v1/overview");
  if (!overview)
    return complain(env, overview.error().text, overview.error().exit_code);
  const auto lines = env.open_lines([&node](std::string_view line) {
    return complete_line(line, [&node](std::string_view kind) { return ask_words(node, kind); });
  });
  if (lines->is_typed())
    env.out << "Tandem " << text_of(*overview, "version") << " at " << c.admin
            << ". help lists the commands, Tab completes, quit ends.\n"
            << std::flush;
  return conversation{c, env, *lines}.run("tandem@" + text_of(*overview, "node") + "> ");
}

} // namespace tandem
