#include "actors/admin/fault_api.hpp"

#include "actors/admin/json_answer.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <charconv>
#include <optional>
#include <string>
#include <vector>

namespace tandem::actors {

using json = nlohmann::ordered_json;

namespace {

using check = tl::expected<void, std::string>;

template <class T>
struct word {
  const char* text;
  T means;
};

enum class wanted : std::uint8_t { throw_it, drop, freeze, cost, exit };

constexpr word<wanted> kinds_of_fault[]{{"throw", wanted::throw_it},
                                        {"drop", wanted::drop},
                                        {"freeze", wanted::freeze},
                                        {"cost", wanted::cost},
                                        {"exit", wanted::exit}};
constexpr word<turn_point> points[]{{"before_commit", turn_point::before_commit},
                                    {"after_commit", turn_point::after_commit},
                                    {"after_flush", turn_point::after_flush}};
constexpr word<fault::kind> moments[]{{"before_commit", fault::kind::throw_before_commit},
                                      {"after_commit", fault::kind::throw_after_commit}};
/// The call itself has no child_kind.
constexpr word<child_kind> kinds_of_child[]{{"app", child_kind::app},
                                            {"leg", child_kind::leg},
                                            {"dialog", child_kind::dialog},
                                            {"transaction", child_kind::transaction},
                                            {"media_endpoint", child_kind::media_endpoint}};

template <class T, std::size_t N>
std::string words_of(const word<T> (&all)[N]) {
  std::string out;
  for (const auto& w : all)
    out.append(out.empty() ? "" : ", ").append(w.text);
  return out;
}

template <class T, std::size_t N>
const char* text_for(const word<T> (&all)[N], T meant) {
  return std::ranges::find(all, meant, &word<T>::means)->text;
}

/// The word of that field, if it is there.
template <class T, std::size_t N>
tl::expected<std::optional<T>, std::string> read_word(const json& body, const char* field,
                                                      const word<T> (&all)[N]) {
  if (!body.contains(field))
    return std::nullopt;
  const auto& value = body.at(field);
  for (const auto& w : all)
    if (value == w.text)
      return w.means;
  return tl::unexpected(std::string(field) + " is one of " + words_of(all));
}

check read_count(const json& body, const char* field, std::uint64_t& out) {
  if (!body.contains(field))
    return {};
  const auto& value = body.at(field);
  if (!value.is_number_unsigned())
    return tl::unexpected(std::string(field) + " is a whole number, from 0");
  out = value.get<std::uint64_t>();
  return {};
}

/// What a fault of this kind may say; nothing else is understood.
std::vector<std::string> fields_of(wanted what) {
  switch (what) {
    case wanted::throw_it: return {"fault", "path", "kind", "entry", "times", "when"};
    case wanted::drop: return {"fault", "path", "kind", "entry", "times"};
    case wanted::freeze: return {"fault", "path", "kind", "entry", "times", "freeze_ms"};
    case wanted::cost: return {"fault", "cost_ms", "entry", "times"};
    case wanted::exit: return {"fault", "point", "entry"};
  }
  return {};
}

check check_fields(const json& body, wanted what) {
  const auto known = fields_of(what);
  for (const auto& [name, value] : body.items())
    if (std::ranges::find(known, name) == known.end()) {
      std::string all;
      for (const auto& k : known)
        all.append(all.empty() ? "" : ", ").append(k);
      return tl::unexpected("nothing is known of \"" + name + "\"; known here: " + all);
    }
  return {};
}

/// Whose handler it is, and of which entries.
check read_target(const json& body, fault& f) {
  if (!body.contains("path") || !body["path"].is_string())
    return tl::unexpected(std::string("path is missing: an actor of a call as `tandem tree` shows "
                                      "it, such as calls/*/leg 0/dialog"));
  auto path = fault_path::parse(body["path"].get<std::string>());
  if (!path)
    return tl::unexpected(path.error());
  f.path = std::move(*path);
  const auto kind = read_word(body, "kind", kinds_of_child);
  if (!kind)
    return tl::unexpected(kind.error());
  f.who = *kind;
  return read_count(body, "times", f.times);
}

/// What is too long is said where it is armed.
check read_ms(const json& body, const char* field, duration& out) {
  std::uint64_t ms = 0;
  if (auto read = read_count(body, field, ms); !read)
    return read;
  constexpr std::uint64_t a_day = 86'400'000;
  out = std::chrono::milliseconds{std::min(ms, a_day)};
  return {};
}

check read_rest(const json& body, wanted what, fault& f) {
  if (what == wanted::exit) {
    f.what = fault::kind::exit;
    const auto point = read_word(body, "point", points);
    if (!point || !*point)
      return tl::unexpected(std::string("point is one of ") + words_of(points));
    f.point = **point;
    return {};
  }
  if (what == wanted::cost) {
    f.what = fault::kind::cost;
    f.times = 0;
    if (auto read = read_count(body, "times", f.times); !read)
      return read;
    return read_ms(body, "cost_ms", f.cost);
  }
  if (auto target = read_target(body, f); !target)
    return target;
  if (what == wanted::throw_it) {
    const auto when = read_word(body, "when", moments);
    if (!when)
      return tl::unexpected(when.error());
    f.what = when->value_or(fault::kind::throw_before_commit);
    return {};
  }
  f.what = what == wanted::drop ? fault::kind::drop : fault::kind::freeze;
  return read_ms(body, "freeze_ms", f.freeze);
}

tl::expected<fault, std::string> read_fault(const std::string& text) {
  const auto body = json::parse(text, nullptr, false);
  if (!body.is_object())
    return tl::unexpected(std::string("the body is no JSON object, such as {\"fault\":\"throw\","
                                      "\"path\":\"calls/*/leg 0/dialog\",\"entry\":3}"));
  const auto what = read_word(body, "fault", kinds_of_fault);
  if (!what || !*what)
    return tl::unexpected(std::string("fault is one of ") + words_of(kinds_of_fault));
  fault f;
  if (auto done = check_fields(body, **what); !done)
    return tl::unexpected(done.error());
  if (auto done = read_count(body, "entry", f.entry); !done)
    return tl::unexpected(done.error());
  if (auto done = read_rest(body, **what, f); !done)
    return tl::unexpected(done.error());
  return f;
}

json fault_json(const fault_report& r) {
  const auto& f = r.what;
  json out{{"id", r.id}};
  switch (f.what) {
    case fault::kind::throw_before_commit:
    case fault::kind::throw_after_commit:
      out["fault"] = "throw";
      out["when"] = text_for(moments, f.what);
      break;
    case fault::kind::drop: out["fault"] = "drop"; break;
    case fault::kind::freeze:
      out["fault"] = "freeze";
      out["freeze_ms"] = std::chrono::duration_cast<std::chrono::milliseconds>(f.freeze).count();
      break;
    case fault::kind::cost:
      out["fault"] = "cost";
      out["cost_ms"] = std::chrono::duration_cast<std::chrono::milliseconds>(f.cost).count();
      break;
    case fault::kind::exit:
      out["fault"] = "exit";
      out["point"] = text_for(points, f.point);
      break;
  }
  if (!f.path.text().empty()) {
    out["path"] = f.path.text();
    out["kind"] = f.who ? json(to_string(*f.who)) : json(nullptr);
  }
  if (f.what != fault::kind::exit)
    out["times"] = f.times;
  out["entry"] = f.entry;
  out["seen"] = r.seen;
  out["fired"] = r.fired;
  return out;
}

} // namespace

http_response fault_api::handle(const http_request& r) const {
  if (faults_ == nullptr)
    return json_refusal(
        403, "fault injection is off; [admin] fault_injection = true allows it, on a node "
             "whose admin.listen is loopback");
  auto rest = std::string_view(r.path).substr(path.size());
  if (!rest.empty() && rest.front() == '/')
    rest.remove_prefix(1);
  if (r.method == "POST" && rest.empty())
    return arm(r);
  if (r.method == "DELETE")
    return disarm(rest);
  if (r.method != "GET" || !rest.empty())
    return json_refusal(405, r.method + " is not possible here; GET and POST " + std::string(path)
                                 + ", DELETE it or one of its numbers");
  json list = json::array();
  for (const auto& report : faults_->list())
    list.push_back(fault_json(report));
  return json_answer(200, {{"faults", std::move(list)}});
}

http_response fault_api::arm(const http_request& r) const {
  auto read = read_fault(r.body);
  if (!read)
    return json_refusal(400, read.error());
  const auto id = faults_->arm(*read);
  if (!id)
    return json_refusal(400, id.error());
  return json_answer(201, fault_json({.id = *id, .what = std::move(*read)}));
}

http_response fault_api::disarm(std::string_view number) const {
  if (number.empty())
    return json_answer(200, {{"disarmed", faults_->disarm_all()}});
  std::uint32_t id = 0;
  const auto* end = number.data() + number.size();
  if (std::from_chars(number.data(), end, id).ptr != end || !faults_->disarm(id))
    return json_refusal(404, "no fault has the number " + std::string(number) + "; GET "
                                 + std::string(path) + " lists them");
  return json_answer(200, {{"disarmed", 1}});
}

} // namespace tandem::actors
