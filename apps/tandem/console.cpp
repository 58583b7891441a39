#include "apps/tandem/console.hpp"

#include "apps/tandem/command_line.hpp"
#include "apps/tandem/fault_command.hpp"
#include "apps/tandem/metrics_json.hpp"
#include "apps/tandem/render_calls.hpp"
#include "apps/tandem/render_ladder.hpp"
#include "apps/tandem/render_registrations.hpp"
#include "apps/tandem/render_tree.hpp"
#include "apps/tandem/words.hpp"
#include "runtime/base/key.hpp"
#include "runtime/io/http_client.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <ostream>
#include <utility>

namespace tandem {

namespace {

constexpr const char* calls_path = "/api/v1/calls";
constexpr std::size_t named_when_ambiguous = 5;

/// Why a command ended early.
struct refusal {
  int exit_code;
  std::string text;
};
template <class T>
using outcome = tl::expected<T, refusal>;

/// Talks to one node and puts what it says into the refusal.
class node_client {
public:
  explicit node_client(const console_command& c) : target_{c.admin, c.token} {}

  /// The body of a 2xx answer.
  [[nodiscard]] outcome<std::string> ask(const std::string& method, const std::string& path,
                                         const std::string& body = {}) const {
    auto got = http_call(target_, method, path, body);
    if (!got)
      return tl::unexpected(unreachable(got.error()));
    if (got->status >= 200 && got->status < 300)
      return std::move(got->body);
    return tl::unexpected(refusal{exit_refused, said_no(*got)});
  }

  [[nodiscard]] outcome<nlohmann::json> ask_json(const std::string& method, const std::string& path,
                                                 const std::string& body = {}) const {
    const auto said = ask(method, path, body);
    if (!said)
      return tl::unexpected(said.error());
    auto parsed = nlohmann::json::parse(*said, nullptr, false);
    if (parsed.is_discarded())
      return tl::unexpected(
          refusal{exit_unreachable, target_.address
                                        + " did not answer as a Tandem node does: "
                                          "check the address"});
    return parsed;
  }

private:
  [[nodiscard]] refusal unreachable(const http_failure& f) const {
    if (f.failed == http_failure::step::address)
      return {exit_unreachable, f.text + "\nCheck --admin HOST:PORT or TANDEM_ADMIN."};
    if (f.failed == http_failure::step::exchange)
      return {exit_unreachable, f.text
                                    + "\nSomething listens there, but gave no answer: check that "
                                      "it is tandemd's [admin] address and that the node is well."};
    return {exit_unreachable,
            "cannot connect to " + f.text
                + "\nCheck that tandemd runs and that this is the [admin] listen address in its "
                  "configuration.\nAnother address: --admin HOST:PORT or TANDEM_ADMIN."};
  }

  [[nodiscard]] static std::string said_no(const http_response& r) {
    const auto body = nlohmann::json::parse(r.body, nullptr, false);
    auto text = text_of(body, "error");
    if (text.empty())
      text = "the node answered " + std::to_string(r.status);
    if (r.status == 401)
      text += "\nGive the [admin] token of its configuration with --token or TANDEM_TOKEN.";
    return text;
  }

  http_target target_;
};

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
  return c.verb == console_verb::user ? "/api/v1/users/" + escaped(c.user) : calls_path;
}

/// What `calls`, `call`, `ladder`, `hangup`, `fault`, `metrics` and one picture of `tree` print.
outcome<std::string> answer_of(const console_command& c, const node_client& node,
                               const terminal_view& v) {
  if (c.verb == console_verb::metrics) {
    auto text = node.ask("GET", "/metrics");
    if (text && c.json)
      return metrics_to_json(*text).dump() + "\n";
    return text;
  }
  std::string path = path_of(c);
  if (!c.key.empty()) {
    const auto key = resolve_key(node, c.key);
    if (!key)
      return tl::unexpected(key.error());
    path.append("/").append(*key).append(c.verb == console_verb::ladder ? "/ladder" : "");
  }
  const auto answer = node.ask_json(method_of(c), path, c.fault.body);
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
    case console_verb::metrics: break; // above
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

int complain(console_environment& env, const refusal& why) {
  env.err << "tandem: " << why.text << "\n";
  return why.exit_code;
}

} // namespace

int run_console(const std::vector<std::string>& arguments, console_environment& env) {
  const auto command = parse_command_line(arguments, env.admin, env.token);
  if (!command) {
    (command.error().exit_code == 0 ? env.out : env.err) << command.error().text;
    return command.error().exit_code;
  }
  const node_client node{*command};
  const bool redraw = command->follow && env.view.interactive && !command->json;
  if (redraw)
    env.out << "\x1b[2J";
  do {
    const auto text = answer_of(*command, node, env.view);
    if (!text)
      return complain(env, text.error());
    env.out << (redraw ? in_place(*text, env.view) : *text) << std::flush;
  } while (command->follow && env.pause());
  return exit_done;
}

} // namespace tandem
