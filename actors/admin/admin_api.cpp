#include "actors/admin/admin_api.hpp"

#include "actors/admin/json.hpp"
#include "actors/admin/json_answer.hpp"
#include "actors/admin/limits.hpp"
#include "actors/admin/overview.hpp"
#include "actors/admin/request_text.hpp"
#include "runtime/base/version.hpp"

#include <nlohmann/json.hpp>

#include <future>
#include <optional>
#include <string>

namespace tandem::actors {

using json = nlohmann::ordered_json;

namespace {

/// Runs `question` on the shard's thread and waits; nullopt if the shard does not answer in time.
template <class F>
auto ask(call_shard& there, F question) -> std::optional<decltype(question(there))> {
  using result = decltype(question(there));
  struct exchange {
    F question;
    std::promise<result> promise;
  };
  auto shared = std::make_shared<exchange>(exchange{std::move(question), {}});
  auto future = shared->promise.get_future();
  if (!there.home().post([shared, &there] { shared->promise.set_value(shared->question(there)); }))
    return std::nullopt;
  if (future.wait_for(limits::answer_within) != std::future_status::ready)
    return std::nullopt;
  return future.get();
}

const char* const too_busy = "the node is too busy to answer; try again";

http_response no_such_call(std::string_view key) {
  return json_refusal(404, "no call " + std::string(key)
                               + ": none is live, and of ended ones what was known is kept for "
                                 "node.ladder_minutes");
}

} // namespace

admin_api::admin_api(node_environment& env, const std::vector<std::unique_ptr<call_shard>>& shards,
                     armed_faults* faults, std::function<void()> before_figures)
  : env_(env), shards_(shards), degraded_(make_degraded_gauge(env.figures)),
    live_calls_(env.figures.make_gauge("tandem_calls", "Calls that are not over")), faults_(faults),
    log_(env.log), before_figures_(std::move(before_figures)) {
  env.figures.make_gauge("tandem_calls_limit", "Calls that the node takes at a time")
      .set(static_cast<std::int64_t>(env.facts.calls_per_shard * shards.size()));
  env.figures
      .make_gauge("tandem_build_info", "Always 1",
                  {{"version", std::string(version())}, {"node", env.facts.name}})
      .set(1);
}

http_response admin_api::handle(const http_request& r) {
  constexpr std::string_view calls = "/api/v1/calls/";
  const std::string_view path = r.path;
  if (path == fault_api::path || path.starts_with(std::string(fault_api::path) + "/"))
    return faults_.handle(r);
  if (path == log_api::path)
    return log_.handle(r);
  const bool deleting = r.method == "DELETE" && path.starts_with(calls);
  if (r.method != "GET" && !deleting)
    return json_refusal(405, r.method + " is not possible here");
  if (path == "/healthz")
    return {200, "text/plain", "ok\n"};
  if (path == "/readyz")
    return get_readiness();
  if (path == "/metrics")
    return get_figures();
  if (path == "/api/v1/overview")
    return get_overview();
  if (path == "/api/v1/tree")
    return get_tree(r);
  if (path == "/api/v1/calls")
    return get_calls(r);
  if (path == "/api/v1/registrations")
    return get_registrations(r);
  if (constexpr std::string_view users = "/api/v1/users/"; path.starts_with(users))
    return get_user(path.substr(users.size()));
  if (path.starts_with(calls))
    return call_resource(r, path.substr(calls.size()));
  return json_refusal(404, "there is no " + r.path);
}

/// A shard that is too busy to be asked leaves its gauge as it was.
http_response admin_api::get_figures() const {
  std::size_t live = 0;
  bool all_answered = true;
  for (const auto& s : shards_) {
    const auto some = ask(*s, [](call_shard& there) { return there.live_calls(); });
    live += some.value_or(0);
    all_answered = all_answered && some;
  }
  if (all_answered)
    live_calls_.set(static_cast<std::int64_t>(live));
  before_figures_();
  return {200, "text/plain; version=0.0.4", env_.figures.serialize()};
}

/// Only the calls that it lists are asked of their shards.
http_response admin_api::get_overview() const {
  const auto nodes = env_.actors.snapshot(env_.time.now());
  const auto seen = look_over(nodes, limits::overview_rows);
  auto body = overview_json(seen);
  body["node"] = env_.facts.name;
  body["version"] = version();
  body["up_ms"] = std::chrono::duration_cast<std::chrono::milliseconds>(nodes.front().age).count();
  body["ready"] = ready_.load();
  body["degraded"] = degraded_.value() > 0;
  for (const auto& key : seen.newest) {
    const auto found = ask(owner(key), [key](call_shard& s) { return s.summary(key); });
    if (!found)
      return json_refusal(503, too_busy);
    if (*found)
      body["calls"].push_back(call_json(**found));
  }
  return json_answer(200, body);
}

/// A node whose disk fails takes calls all the same, so it is ready; but it says so.
http_response admin_api::get_readiness() const {
  if (!ready_.load())
    return {503, "text/plain", "not ready\n"};
  if (degraded_.value() > 0)
    return {200, "text/plain",
            "ready, degraded: calls or registrations are in memory, not on disk\n"};
  return {200, "text/plain", "ready\n"};
}

http_response admin_api::get_registrations(const http_request& r) const {
  const auto at_most = limit_in(r.query, limits::registrations_listed);
  json list = json::array();
  std::size_t users = 0;
  for (const auto& s : shards_) {
    const auto some = ask(*s, [at_most](call_shard& there) {
      return std::pair{there.registrations(at_most), there.registered_users()};
    });
    if (!some)
      return json_refusal(503, too_busy);
    users += some->second;
    for (const auto& u : some->first)
      if (list.size() < at_most)
        list.push_back(user_json(u));
  }
  return json_answer(200, {{"users", users}, {"registrations", std::move(list)}});
}

/// A user of the configuration without a binding is known, too.
http_response admin_api::get_user(std::string_view name) const {
  const auto user = unescaped(name);
  const auto unknown = [&] {
    return json_refusal(404, "no user " + std::string(name) + " in the configuration");
  };
  if (!user || user->empty())
    return unknown();
  auto& there = *shards_[shards_.front()->door().shard_of(*user)];
  const auto found = ask(there, [u = *user](call_shard& s) {
    return std::pair{s.registration(u), s.has_user(u)};
  });
  if (!found)
    return json_refusal(503, too_busy);
  if (found->first)
    return json_answer(200, user_json(*found->first));
  return found->second ? json_answer(200, {{"user", *user},
                                           {"user_agent", ""},
                                           {"registered_ms_ago", nullptr},
                                           {"bindings", json::array()}})
                       : unknown();
}

http_response admin_api::get_tree(const http_request&) const {
  return json_answer(200, tree_json(env_.actors.snapshot(env_.time.now())));
}

http_response admin_api::get_calls(const http_request& r) const {
  const auto at_most = limit_in(r.query, limits::calls_listed);
  json list = json::array();
  for (const auto& s : shards_) {
    const auto some = ask(*s, [at_most](call_shard& there) { return there.summaries(at_most); });
    if (!some)
      return json_refusal(503, too_busy);
    for (const auto& c : *some)
      if (list.size() < at_most)
        list.push_back(call_json(c));
  }
  return json_answer(200, {{"calls", std::move(list)}});
}

tl::expected<key128, http_response> admin_api::find_key(std::string_view digits) const {
  if (const auto whole = parse_key(digits))
    return *whole;
  if (digits.size() < limits::key_digits_asked || digits.size() > key_digits)
    return tl::unexpected(json_refusal(404, "a call's key has 32 hex digits; 4 of them may do"));
  std::vector<key128> found;
  for (const auto& s : shards_) {
    const auto some =
        ask(*s, [d = std::string(digits)](call_shard& there) { return there.keys_like(d); });
    if (!some)
      return tl::unexpected(json_refusal(503, too_busy));
    found.insert(found.end(), some->begin(), some->end());
  }
  if (found.size() == 1)
    return found.front();
  return tl::unexpected(found.empty()
                            ? no_such_call(digits)
                            : json_refusal(409, "several calls begin with " + std::string(digits)));
}

call_shard& admin_api::owner(const key128& key) const {
  return *shards_[key.high % shards_.size()];
}

http_response admin_api::call_resource(const http_request& r, std::string_view rest) const {
  const auto slash = rest.find('/');
  const auto key = find_key(rest.substr(0, slash));
  const auto what = slash == std::string_view::npos ? std::string_view{} : rest.substr(slash + 1);
  if (!key)
    return key.error();
  const auto unknown = [&] { return no_such_call(to_string(*key)); };
  auto& there = owner(*key);
  if (r.method == "DELETE" && what.empty()) {
    const auto done = ask(there, [k = *key](call_shard& s) { return s.end_call(k); });
    if (!done)
      return json_refusal(503, too_busy);
    return *done ? json_answer(202, {{"key", to_string(*key)}, {"result", "ending"}}) : unknown();
  }
  if (r.method == "GET" && what == "ladder") {
    // A copy: the call goes on writing while this thread reads.
    const auto lines = ask(there, [k = *key](call_shard& s) {
      const auto live = s.trace(k);
      return live ? std::optional{*live} : std::nullopt;
    });
    if (!lines)
      return json_refusal(503, too_busy);
    return *lines ? json_answer(200, ladder_json(**lines)) : unknown();
  }
  if (r.method == "GET" && what.empty()) {
    const auto found = ask(there, [k = *key](call_shard& s) { return s.summary(k); });
    if (!found)
      return json_refusal(503, too_busy);
    if (!*found)
      return unknown();
    auto body = call_json(**found);
    const auto place =
        env_.actors.snapshot(env_.time.now(), there.calls_path() + "/" + to_string(*key));
    body["tree"] = tree_json(place);
    return json_answer(200, body);
  }
  return json_refusal(404, "there is no " + r.path);
}

} // namespace tandem::actors
