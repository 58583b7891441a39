#include "actors/admin/log_api.hpp"

#include "actors/admin/json_answer.hpp"
#include "runtime/telemetry/limits.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <optional>
#include <string>

namespace tandem::actors {

using json = nlohmann::ordered_json;

namespace {

json levels_json(event_log& log) {
  const auto now = log.levels().now();
  json components = json::object();
  for (const auto& [name, level] : now.components)
    components[name] = to_string(level);
  json calls = json::object();
  for (const auto& [key, level] : now.calls)
    calls[to_string(key)] = to_string(level);
  return {{"level", to_string(now.common)},
          {"components", std::move(components)},
          {"calls", std::move(calls)},
          {"known", log_components},
          {"suppressed", log.suppressed()}};
}

std::string component_names() {
  std::string out;
  for (const auto name : log_components)
    out.append(out.empty() ? "" : ", ").append(name);
  return out;
}

/// "" when it is absent; nullopt when it is no text.
std::optional<std::string> text_in(const json& body, const char* field) {
  if (!body.contains(field))
    return std::string{};
  return body.at(field).is_string() ? std::optional{body.at(field).get<std::string>()}
                                    : std::nullopt;
}

/// A sentence if it cannot be done.
std::string set(log_levels& levels, const std::string& component, const std::string& call,
                std::optional<log_level> level) {
  if (!call.empty()) {
    const auto key = parse_key(call);
    if (!key)
      return "call is a whole key: 32 hex digits";
    return levels.set_call(*key, level)
               ? ""
               : std::to_string(max_log_calls)
                     + " calls have a level of their own already; give one \"default\"";
  }
  if (std::ranges::find(log_components, component) == std::end(log_components))
    return "there is no component \"" + component + "\"; one of " + component_names();
  return levels.set_component(component, level) ? "" : "too many components have their own level";
}

} // namespace

http_response log_api::handle(const http_request& r) const {
  if (r.method == "GET")
    return json_answer(200, levels_json(log_));
  return r.method == "PUT" ? change(r.body)
                           : json_refusal(405, r.method + " is not possible here; GET or PUT is");
}

http_response log_api::change(const std::string& text) const {
  const auto body = json::parse(text, nullptr, false);
  if (!body.is_object())
    return json_refusal(400, R"(the body is an object such as {"level":"debug"})");
  for (const auto& [field, value] : body.items())
    if (field != "level" && field != "component" && field != "call")
      return json_refusal(400, "unknown field \"" + field + "\"; level, component or call");
  const auto word = text_in(body, "level");
  const auto component = text_in(body, "component");
  const auto call = text_in(body, "call");
  const auto level = word ? parse_log_level(*word) : std::nullopt;
  if (!level && word != "default")
    return json_refusal(400, "level is one of trace, debug, info, warning, error, off, or default");
  if (!component || !call || (!component->empty() && !call->empty()))
    return json_refusal(400, "component or call is a text, and not both are given");
  auto& levels = log_.levels();
  if (component->empty() && call->empty()) {
    level ? levels.set(*level) : levels.reset();
  } else if (auto wrong = set(levels, *component, *call, level); !wrong.empty()) {
    return json_refusal(400, std::move(wrong));
  }
  log_.info("node.log", "the admin API set " + text);
  return json_answer(200, levels_json(log_));
}

} // namespace tandem::actors
