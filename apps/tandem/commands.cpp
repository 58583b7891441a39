#include "apps/tandem/commands.hpp"

#include "apps/tandem/fault_command.hpp"
#include "apps/tandem/metrics_json.hpp"
#include "apps/tandem/node_client.hpp"
#include "apps/tandem/render_calls.hpp"
#include "apps/tandem/render_ladder.hpp"
#include "apps/tandem/render_log.hpp"
#include "apps/tandem/render_registrations.hpp"
#include "apps/tandem/render_tree.hpp"
#include "apps/tandem/top.hpp"
#include "apps/tandem/words.hpp"
#include "runtime/base/key.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <ostream>
#include <utility>

namespace tandem {

namespace {

constexpr const char* calls_path = "/api/v1/calls";
constexpr std::size_t named_when_ambiguous = 5;

/// The whole key of the one live call that begins with `prefix`. A call that has ended is in no
/// list, so when none matches the node is asked with the prefix as it is.
outcome<std::string> resolve_key(const node_client& node, const std::string& prefix) {
  if (prefix.size() == key_digits)
    return prefix;
  const auto answer = node.ask_json("GET", calls_path);
  if (!answer)
    return tl::unexpected(answer.error());
  std::vector<std::string> matches;
  for (const auto& call : list_of(*answer, "calls"))
    if (auto key = text_of(call, "key"); key.starts_with(prefix))
      matches.push_back(std::move(key));
  if (matches.size() <= 1)
    return matches.empty() ? prefix : matches.front();
  std::string text = prefix + " is the beginning of " + counted(std::ssize(matches), "call") + ":";
  for (std::size_t i = 0; i < std::min(matches.size(), named_when_ambiguous); ++i)
    text += "\n  " + matches[i];
  if (matches.size() > named_when_ambiguous)
    text += "\n  …";
  return tl::unexpected(refusal{exit_refused, text});
}

/// A user's name as one segment of a path.
std::string escaped(std::string_view name) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string out;
  for (const char c : name) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9')
                       || c == '-' || c == '_' || c == '.';
    if (plain)
      out += c;
    else
      out.append("%").append(1, digits[byte >> 4U]).append(1, digits[byte & 15U]);
  }
  return out;
}

std::string method_of(const console_command& c) {
  if (c.verb == console_verb::fault)
    return c.fault.method;
  if (c.verb == console_verb::log)
    return c.log.level.empty() ? "GET" : "PUT";
  return c.verb == console_verb::hangup ? "DELETE" : "GET";
}

/// What a verb without a KEY asks for.
std::string path_of(const console_command& c) {
  if (c.verb == console_verb::fault)
    return "/api/v1/faults" + (c.fault.number.empty() ? "" : "/" + c.fault.number);
  if (c.verb == console_verb::tree)
    return "/api/v1/tree";
  if (c.verb == console_verb::registrations)
    return "/api/v1/registrations";
  if (c.verb == console_verb::log)
    return "/api/v1/log";
  return c.verb == console_verb::user ? "/api/v1/users/" + escaped(c.user) : calls_path;
}

std::string body_of(const console_command& c, const std::string& key) {
  if (c.verb != console_verb::log || c.log.level.empty())
    return c.fault.body;
  nlohmann::json body{{"level", c.log.level}};
  if (!c.log.component.empty())
    body["component"] = c.log.component;
  if (!key.empty())
    body["call"] = key;
  return body.dump();
}

/// What every command but `top` prints, once.
outcome<std::string> answer_of(const console_command& c, const node_client& node,
                               const terminal_view& v) {
  if (c.verb == console_verb::metrics) {
    auto text = node.ask("GET", "/metrics");
    if (text && c.json)
      return metrics_to_json(*text).dump() + "\n";
    return text;
  }
  std::string path = path_of(c), key;
  if (!c.key.empty()) {
    auto whole = resolve_key(node, c.key);
    if (!whole)
      return tl::unexpected(whole.error());
    key = std::move(*whole);
    if (c.verb != console_verb::log)
      path.append("/").append(key).append(c.verb == console_verb::ladder ? "/ladder" : "");
  }
  const auto answer = node.ask_json(method_of(c), path, body_of(c, key));
  if (!answer)
    return tl::unexpected(answer.error());
  if (c.json)
    return answer->dump() + "\n";
  switch (c.verb) {
    case console_verb::tree: return render_tree(*answer, v, c.limit);
    case console_verb::calls: return render_calls(*answer, v, c.limit);
    case console_verb::call: return render_call(*answer, v);
    case console_verb::ladder: return render_ladder(*answer, v);
    case console_verb::hangup:
      return "call " + text_of(*answer, "key") + " is " + text_of(*answer, "result") + "\n";
    case console_verb::registrations: return render_registrations(*answer, v, c.limit);
    case console_verb::user: return render_user(*answer, v);
    case console_verb::fault: return render_faults(*answer, v);
    case console_verb::log: return render_log(*answer, v);
    case console_verb::metrics:
    case console_verb::top:
    case console_verb::console: break; // not here
  }
  return std::string{};
}

/// A picture over the last one: each line clears what was behind it, the end what was below.
std::string in_place(const std::string& picture, const terminal_view& v) {
  std::string out = "\x1b[H";
  std::size_t lines = 0;
  for (std::size_t begin = 0; begin < picture.size(); ++lines) {
    const auto end = picture.find('\n', begin);
    if (v.height > 1 && lines + 1 == v.height) {
      out += painted(v, ink::dim, "… more lines than this terminal has; see --limit");
      break;
    }
    out += picture.substr(begin, end - begin) + "\x1b[K\n";
    begin = end == std::string::npos ? picture.size() : end + 1;
  }
  return out + "\x1b[J";
}

} // namespace

int complain(console_environment& env, const std::string& sentence, int exit_code) {
  env.err << painted(env.error_view, ink::red, "tandem:") << " " << sentence << "\n";
  return exit_code;
}

int run_command(const console_command& c, console_environment& env) {
  const node_client node{c.admin, c.token};
  if (c.verb == console_verb::top)
    return run_top(c, node, env);
  const bool redraw = c.follow && env.view.interactive && !c.json;
  if (redraw)
    env.out << "\x1b[2J";
  do {
    if (redraw && env.look)
      env.view = env.look();
    const auto text = answer_of(c, node, env.view);
    if (!text)
      return complain(env, text.error().text, text.error().exit_code);
    env.out << (redraw ? in_place(*text, env.view) : *text) << std::flush;
  } while (c.follow && env.pause(std::chrono::seconds{1}));
  return exit_done;
}

} // namespace tandem
