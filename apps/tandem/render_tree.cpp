#include "apps/tandem/render_tree.hpp"

#include "apps/tandem/state_ink.hpp"
#include "apps/tandem/table.hpp"
#include "apps/tandem/words.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace tandem {

namespace {

constexpr std::size_t columns = 7;
using rows = std::vector<std::vector<table_cell>>;

/// "transport udp:5060", "leg 0", "call 7f3a1b2c": the kind is not said twice.
std::string label_of(const nlohmann::json& node) {
  auto kind = text_of(node, "kind");
  const auto name = short_key(text_of(node, "name"));
  std::ranges::replace(kind, '_', ' ');
  if (name.empty() || name == kind)
    return kind;
  if (kind.empty())
    return name;
  const auto spoken = kind + " ";
  return spoken + short_key(name.starts_with(spoken) ? name.substr(spoken.size()) : name);
}

bool has_error_below(const nlohmann::json& node) {
  return !text_of(node, "last_error").empty()
         || std::ranges::any_of(list_of(node, "children"), has_error_below);
}

std::vector<table_cell> row_of(const nlohmann::json& node, const std::string& branch) {
  const auto mailbox = count_of(node, "mailbox");
  const auto restarts = count_of(node, "restarts");
  const auto error = text_of(node, "last_error");
  return {{branch + label_of(node)},
          {text_of(node, "state"), state_ink(text_of(node, "state"))},
          {duration_words(count_of(node, "age_ms"))},
          {grouped(count_of(node, "messages"))},
          {grouped(mailbox), mailbox > 0 ? ink::yellow : ink::plain},
          {grouped(restarts), restarts > 0 ? ink::yellow : ink::plain},
          {error, ink::red}};
}

/// "… and 1,960 more calls" and, as their error, "3 with errors". The noun is the kind of these
/// children if they have one.
std::vector<table_cell> rest_row(const nlohmann::json& children, std::size_t shown,
                                 const std::string& branch) {
  const auto hidden = static_cast<std::int64_t>(children.size() - shown);
  const auto first = children.begin() + static_cast<std::ptrdiff_t>(shown);
  auto kind = text_of(*first, "kind");
  if (!std::all_of(first, children.end(), [&](auto& c) { return text_of(c, "kind") == kind; }))
    kind = "actor";
  std::ranges::replace(kind, '_', ' ');
  const auto failed = std::count_if(first, children.end(), has_error_below);
  std::vector<table_cell> row(columns, table_cell{});
  row.front() = {branch + "… and " + counted(hidden, "more " + kind), ink::dim};
  if (failed > 0)
    row.back() = {grouped(failed) + " with errors", ink::red};
  return row;
}

void add_rows(const nlohmann::json& node, const std::string& branch, const std::string& indent,
              std::size_t limit, rows& out) {
  out.push_back(row_of(node, branch));
  const auto& children = list_of(node, "children");
  const auto shown = limit == 0 ? children.size() : std::min(limit, children.size());
  for (std::size_t i = 0; i < shown; ++i) {
    const bool last = i + 1 == children.size();
    add_rows(children[i], indent + (last ? "└─ " : "├─ "), indent + (last ? "   " : "│  "), limit,
             out);
  }
  if (shown < children.size())
    out.push_back(rest_row(children, shown, indent + "└─ "));
}

} // namespace

std::string render_tree(const nlohmann::json& root, const terminal_view& v, std::size_t limit) {
  rows all;
  add_rows(root, "", "", limit, all);
  return render_table(v,
                      {{"ACTOR", align::left, true},
                       {"STATE"},
                       {"AGE", align::right},
                       {"MESSAGES", align::right},
                       {"MAILBOX", align::right},
                       {"RESTARTS", align::right},
                       {"LAST ERROR"}},
                      all);
}

} // namespace tandem
