#include "config/table_reader.hpp"

#include "config/limits.hpp"

#include <algorithm>
#include <numeric>

namespace tandem {

namespace {

const setting_table no_settings;

std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i);
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const auto replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, replaced});
    }
  }
  return row.back();
}

std::string joined(const std::vector<std::string>& words) {
  std::string out;
  for (const auto& w : words)
    out += (out.empty() ? "" : ", ") + w;
  return out;
}

/// As TOML writes it, so that a key with odd bytes cannot garble the message.
std::string printable(std::string_view key) {
  if (key.empty())
    return "''";
  std::string out;
  for (const char c : key.substr(0, 64))
    out += c > ' ' && c < 127 ? c : '?';
  return key.size() > 64 ? out + "…" : out;
}

/// [key] or [[key]].
bool is_table(const setting& s) {
  if (const auto* list = std::get_if<setting_list>(&s.value))
    return !list->empty() && is_table(list->front());
  return std::holds_alternative<setting_table>(s.value);
}

} // namespace

void error_list::add(std::size_t line, std::string key, std::string wrong, std::string right) {
  const auto is_control = [](char c) { return (c >= 0 && c < ' ') || c == 127; };
  std::ranges::replace_if(wrong, is_control, '?'); // one error, one line
  errors_.push_back({file_, line, std::move(key), std::move(wrong), std::move(right)});
}

void error_list::add(std::size_t line, std::string key, std::string_view sentence) {
  const auto middle = sentence.rfind("; ");
  if (middle == std::string_view::npos)
    return add(line, std::move(key), std::string{sentence}, "see docs/CONFIG.md");
  add(line, std::move(key), std::string{sentence.substr(0, middle)},
      std::string{sentence.substr(middle + 2)});
}

std::vector<config_error> error_list::take() {
  std::ranges::stable_sort(errors_, {}, &config_error::line);
  if (errors_.size() > max_config_errors)
    errors_.resize(max_config_errors);
  return std::move(errors_);
}

table_reader::table_reader(const setting_table& t, std::string path, std::size_t line,
                           error_list& errors)
  : table_{&t}, path_{std::move(path)}, line_{line}, errors_{&errors} {
}

std::optional<located_text> table_reader::text(std::string_view key, presence p,
                                               std::string_view example) {
  const auto* s = find(key);
  if (s == nullptr) {
    if (p == presence::required)
      errors_->add(line_, full_key(key), "missing",
                   "for example " + std::string{key} + " = \"" + std::string{example} + '"');
    return std::nullopt;
  }
  const auto* value = std::get_if<std::string>(&s->value);
  if (value == nullptr) {
    wrong_kind(key, *s, "a string such as \"" + std::string{example} + '"');
    return std::nullopt;
  }
  if (value->size() > max_config_string_bytes) {
    errors_->add(s->line, full_key(key), "has " + std::to_string(value->size()) + " bytes",
                 "at most " + std::to_string(max_config_string_bytes));
    return std::nullopt;
  }
  return located_text{*value, s->line, full_key(key)};
}

std::optional<std::int64_t> table_reader::integer(std::string_view key, integer_range range) {
  const auto* s = find(key);
  if (s == nullptr)
    return std::nullopt;
  const auto right =
      "an integer from " + std::to_string(range.lowest) + " to " + std::to_string(range.highest);
  const auto* value = std::get_if<std::int64_t>(&s->value);
  if (value == nullptr) {
    wrong_kind(key, *s, right);
    return std::nullopt;
  }
  if (*value < range.lowest || *value > range.highest) {
    errors_->add(s->line, full_key(key), std::to_string(*value) + " is out of range", right);
    return std::nullopt;
  }
  return *value;
}

std::optional<bool> table_reader::boolean(std::string_view key) {
  const auto* s = find(key);
  if (s == nullptr)
    return std::nullopt;
  const auto* value = std::get_if<bool>(&s->value);
  if (value == nullptr) {
    wrong_kind(key, *s, "true or false");
    return std::nullopt;
  }
  return *value;
}

std::optional<std::pair<std::int64_t, std::int64_t>>
table_reader::integer_pair(std::string_view key, std::string_view example) {
  const auto* s = find(key);
  if (s == nullptr)
    return std::nullopt;
  const auto* list = std::get_if<setting_list>(&s->value);
  if (list == nullptr) {
    wrong_kind(key, *s, "two integers such as " + std::string{example});
    return std::nullopt;
  }
  const auto is_integer = [](const setting& e) {
    return std::holds_alternative<std::int64_t>(e.value);
  };
  if (list->size() != 2 || !std::ranges::all_of(*list, is_integer)) {
    errors_->add(s->line, full_key(key), "is not two integers", "such as " + std::string{example});
    return std::nullopt;
  }
  return std::pair{std::get<std::int64_t>((*list)[0].value),
                   std::get<std::int64_t>((*list)[1].value)};
}

std::optional<std::vector<std::string>> table_reader::texts(std::string_view key,
                                                            std::string_view example) {
  const auto* s = find(key);
  if (s == nullptr)
    return std::nullopt;
  const auto* list = std::get_if<setting_list>(&s->value);
  if (list == nullptr) {
    wrong_kind(key, *s, "a list such as " + std::string{example});
    return std::nullopt;
  }
  std::vector<std::string> out;
  for (const auto& entry : *list)
    if (const auto* text = std::get_if<std::string>(&entry.value))
      out.push_back(*text);
  if (out.empty() || out.size() != list->size()) {
    errors_->add(s->line, full_key(key), "is not a list of strings",
                 "such as " + std::string{example});
    return std::nullopt;
  }
  return out;
}

std::optional<table_reader> table_reader::table(std::string_view key, presence p) {
  const auto* s = find(key);
  if (s == nullptr) {
    if (p == presence::required)
      errors_->add(line_, full_key(key), "missing", "add a table [" + full_key(key) + "]");
    return p == presence::required
               ? std::nullopt
               : std::optional{table_reader{no_settings, full_key(key), line_, *errors_}};
  }
  const auto* t = std::get_if<setting_table>(&s->value);
  if (t == nullptr) {
    wrong_kind(key, *s, "a table, written [" + full_key(key) + "]");
    return std::nullopt;
  }
  return table_reader{*t, full_key(key), s->line, *errors_};
}

std::vector<table_reader> table_reader::tables(std::string_view key, std::size_t limit) {
  const auto* s = find(key);
  if (s == nullptr)
    return {};
  const auto right = "tables, each written [[" + full_key(key) + "]]";
  const auto* list = std::get_if<setting_list>(&s->value);
  if (list == nullptr) {
    wrong_kind(key, *s, right);
    return {};
  }
  if (list->size() > limit) {
    errors_->add((*list)[limit].line, full_key(key), std::to_string(list->size()) + " entries",
                 "at most " + std::to_string(limit));
    return {};
  }
  std::vector<table_reader> out;
  for (std::size_t i = 0; i < list->size(); ++i) {
    const auto& entry = (*list)[i];
    const auto path = full_key(key) + '[' + std::to_string(i + 1) + ']';
    if (const auto* t = std::get_if<setting_table>(&entry.value))
      out.emplace_back(*t, path, entry.line, *errors_);
    else
      errors_->add(entry.line, path, "is " + std::string{kind_of(entry)}, right);
  }
  return out;
}

void table_reader::finish() {
  for (const auto& [key, value] : *table_) {
    if (std::ranges::find(known_, key) != known_.end())
      continue;
    const auto near = nearest(key, known_);
    errors_->add(value.line, full_key(printable(key)),
                 is_table(value) ? "unknown table" : "unknown key",
                 near ? "did you mean " + full_key(*near) + '?' : "known here: " + joined(known_));
  }
}

std::size_t table_reader::line_of(std::string_view key) const {
  const auto* s = peek(key);
  return s == nullptr ? line_ : s->line;
}

std::string table_reader::full_key(std::string_view key) const {
  return path_.empty() ? std::string{key} : path_ + '.' + std::string{key};
}

const setting* table_reader::find(std::string_view key) {
  known_.emplace_back(key);
  return peek(key);
}

const setting* table_reader::peek(std::string_view key) const {
  const auto found = std::ranges::find(*table_, key, &setting_entry::key);
  return found == table_->end() ? nullptr : &found->value;
}

void table_reader::wrong_kind(std::string_view key, const setting& s, std::string right) {
  errors_->add(s.line, full_key(key), "is " + std::string{kind_of(s)}, std::move(right));
}

std::optional<std::string> nearest(std::string_view word, const std::vector<std::string>& known) {
  if (word.size() > 64)
    return std::nullopt;
  std::optional<std::string> best;
  std::size_t least = 0;
  for (const auto& k : known) {
    const auto distance = edit_distance(word, k);
    if (distance <= std::max<std::size_t>(2, k.size() / 3) && distance < k.size()
        && (!best || distance < least)) {
      best = k;
      least = distance;
    }
  }
  return best;
}

} // namespace tandem
