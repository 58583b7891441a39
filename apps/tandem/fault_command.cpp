#include "apps/tandem/fault_command.hpp"

#include "apps/tandem/table.hpp"
#include "apps/tandem/words.hpp"

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <memory>

namespace tandem {

namespace {

/// The words of one line, shared by the options that fill them and the callback that reads them.
struct fault_words {
  std::string path;
  std::string kind;
  std::string point;
  std::string number;
  std::uint64_t entry = 1;
  std::uint64_t times = 1;
  std::uint64_t freeze_ms = 0;
  std::uint64_t cost_ms = 0;
  bool after_commit = false;
};

constexpr const char* path_help =
    "actor of a call as in `tandem tree`: 'calls/KEY/leg 0/dialog'; * for any characters of the "
    "key or of a name, ** at the end for all below";

void add_target(CLI::App& verb, const std::shared_ptr<fault_words>& w) {
  verb.add_option("PATH", w->path, path_help)->required();
  verb.add_option("--kind", w->kind, "only app, leg, dialog, transaction or media_endpoint")
      ->type_name("KIND");
  verb.add_option("--entry", w->entry, "at which entry of its handlers")->capture_default_str();
  verb.add_option("--times", w->times, "at how many in a row, 0: without end")
      ->capture_default_str();
}

nlohmann::json body_of(const fault_words& w, const char* what) {
  nlohmann::json body{{"fault", what}, {"entry", w.entry}};
  if (!w.point.empty()) {
    body["point"] = w.point;
    return body;
  }
  if (w.cost_ms != 0) { // of every call from then on
    body["cost_ms"] = w.cost_ms;
    return body;
  }
  body["path"] = w.path;
  body["times"] = w.times;
  if (!w.kind.empty())
    body["kind"] = w.kind;
  if (w.after_commit)
    body["when"] = "after_commit";
  if (w.freeze_ms != 0)
    body["freeze_ms"] = w.freeze_ms;
  return body;
}

std::string words_of(const nlohmann::json& f) {
  auto out = text_of(f, "fault");
  if (has(f, "point"))
    out += " at " + text_of(f, "point");
  if (text_of(f, "when") == "after_commit")
    out += " after the commit";
  if (has(f, "freeze_ms"))
    out += " for " + duration_words(count_of(f, "freeze_ms"));
  if (has(f, "cost_ms"))
    out += " of " + duration_words(count_of(f, "cost_ms")) + " for each new call";
  return out;
}

std::string entries_of(const nlohmann::json& f) {
  auto out = grouped(count_of(f, "entry"));
  if (!has(f, "times") || count_of(f, "times") == 1)
    return out;
  return out + (count_of(f, "times") == 0 ? " on" : " + " + grouped(count_of(f, "times") - 1));
}

std::string target_of(const nlohmann::json& f) {
  const auto kind = text_of(f, "kind");
  return text_of(f, "path") + (kind.empty() ? "" : " (" + kind + ")");
}

} // namespace

void add_fault_verb(CLI::App& app, console_command& out) {
  auto* fault = app.add_subcommand("fault", "make actors fail on purpose, on a node under test");
  fault->fallthrough();
  fault->require_subcommand(1);
  fault->footer("The node's configuration must have [admin] fault_injection = true.");
  const auto words = std::make_shared<fault_words>();
  const auto verb = [&](const char* name, const char* about, auto&& says) {
    auto* sub = fault->add_subcommand(name, about);
    sub->fallthrough();
    sub->callback([&out, words, says] {
      out.verb = console_verb::fault;
      says(out.fault, *words);
    });
    return sub;
  };
  const auto arming = [](const char* what) {
    return [what](console_command::fault_request& f, const fault_words& w) {
      f.method = "POST";
      f.body = body_of(w, what).dump();
    };
  };
  verb("list", "what is armed, and how often it happened",
       [](auto& f, const auto&) { f.method = "GET"; });
  auto* throwing = verb("throw", "the actor's handler throws", arming("throw"));
  add_target(*throwing, words);
  throwing->add_flag("--after-commit", words->after_commit,
                     "its call loses its children once the input is stored, before it is sent");
  add_target(*verb("drop", "the actor does not get its message", arming("drop")), words);
  auto* freezing = verb("freeze", "the call takes no input for a while", arming("freeze"));
  add_target(*freezing, words);
  freezing->add_option("MS", words->freeze_ms, "milliseconds, 10000 at most")->required();
  auto* costing = verb("cost", "each new call keeps its shard busy for a while", arming("cost"));
  costing->add_option("MS", words->cost_ms, "milliseconds, 100 at most")->required();
  auto* exiting = verb("exit", "the process ends, as by kill -9", arming("exit"));
  exiting->add_option("POINT", words->point, "before_commit, after_commit or after_flush")
      ->required();
  exiting->add_option("--entry", words->entry, "when it comes to that point so many times")
      ->capture_default_str();
  auto* off = verb("off", "disarm one, or all", [](auto& f, const auto& w) {
    f.method = "DELETE";
    f.number = w.number;
  });
  off->add_option("ID", words->number, "its number; without it all are disarmed")
      ->check(CLI::PositiveNumber);
}

std::string render_faults(const nlohmann::json& answer, const terminal_view& v) {
  if (has(answer, "disarmed"))
    return counted(count_of(answer, "disarmed"), "fault") + " disarmed\n";
  if (has(answer, "id"))
    return "fault " + grouped(count_of(answer, "id")) + " is armed: " + words_of(answer)
           + (has(answer, "path") ? " in " + target_of(answer) : "") + "\n";
  const auto& faults = list_of(answer, "faults");
  if (faults.empty())
    return "no fault is armed\n";
  std::vector<std::vector<table_cell>> rows;
  for (const auto& f : faults)
    rows.push_back({{grouped(count_of(f, "id")), ink::bold},
                    {words_of(f)},
                    {target_of(f)},
                    {entries_of(f)},
                    {grouped(count_of(f, "seen"))},
                    {grouped(count_of(f, "fired"))}});
  return render_table(v,
                      {{"ID", align::right},
                       {"FAULT"},
                       {"ACTOR", align::left, true},
                       {"ENTRY", align::right},
                       {"SEEN", align::right},
                       {"FIRED", align::right}},
                      rows);
}

} // namespace tandem
