#include "apps/tandem/render_calls.hpp"

#include "apps/tandem/render_tree.hpp"
#include "apps/tandem/state_ink.hpp"
#include "apps/tandem/table.hpp"
#include "apps/tandem/words.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <cstdio>
#include <map>

namespace tandem {

namespace {

constexpr std::size_t shortest_key = 8;

/// How many digits it takes to tell these calls apart, so that what is shown can be typed.
std::size_t key_length(const nlohmann::json& calls) {
  std::vector<std::string> keys;
  for (const auto& c : calls)
    keys.push_back(text_of(c, "key"));
  std::ranges::sort(keys);
  std::size_t length = shortest_key;
  for (std::size_t i = 1; i < keys.size(); ++i) {
    const auto [a, b] = std::ranges::mismatch(keys[i - 1], keys[i]);
    if (a != keys[i - 1].end() && b != keys[i].end())
      length = std::max(length, static_cast<std::size_t>(b - keys[i].begin()) + 1);
  }
  return length;
}

std::string legs_in_words(const nlohmann::json& call) {
  std::string out;
  for (const auto& leg : list_of(call, "legs")) {
    out += out.empty() ? "" : ", ";
    out += text_of(leg, "direction") + " " + text_of(leg, "state");
  }
  return out;
}

/// "2,000 calls: 50 ringing, 1,950 talking".
std::string summary(const nlohmann::json& calls) {
  std::map<std::string, std::int64_t> states;
  for (const auto& c : calls)
    ++states[text_of(c, "state")];
  auto out = counted(static_cast<std::int64_t>(calls.size()), "call");
  const char* between = ": ";
  for (const auto& [state, count] : states) {
    out += between + grouped(count) + " " + state;
    between = ", ";
  }
  return out;
}

std::string talk_of(const nlohmann::json& call) {
  return has(call, "talk_ms") ? duration_words(count_of(call, "talk_ms")) : "-";
}

std::string percent(std::int64_t part, std::int64_t of) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.1f %%",
                of == 0 ? 0.0 : 100.0 * static_cast<double>(part) / static_cast<double>(of));
  return text.data();
}

std::string media_addresses(const nlohmann::json& m) {
  auto out = text_of(m, "local") + " ↔ " + text_of(m, "remote");
  const auto latched = text_of(m, "latched");
  return latched.empty() || latched == text_of(m, "remote") ? out : out + ", hears " + latched;
}

std::string media_figures(const nlohmann::json& m) {
  const auto lost = count_of(m, "lost");
  const auto in = count_of(m, "packets_in");
  std::array<char, 32> jitter{};
  std::snprintf(jitter.data(), jitter.size(), "%.1f ms", number_of(m, "jitter_ms"));
  return "in " + grouped(in) + ", out " + grouped(count_of(m, "packets_out")) + ", lost "
         + grouped(lost) + " (" + percent(lost, in + lost) + "), jitter " + jitter.data();
}

std::string field_line(const terminal_view& v, std::string_view name, std::string_view text,
                       ink colour = ink::plain) {
  constexpr std::size_t column = 10;
  const auto room = v.width > column ? v.width - column : 1;
  return "  " + painted(v, ink::dim, padded(name, column - 2))
         + painted(v, colour, clipped(text, room)) + "\n";
}

std::string render_leg(const nlohmann::json& leg, const terminal_view& v) {
  const auto state = text_of(leg, "state");
  auto out = "\n" + painted(v, ink::bold, text_of(leg, "name")) + " " + text_of(leg, "direction")
             + " " + painted(v, state_ink(state), state) + "\n";
  out += field_line(v, "remote", text_of(leg, "remote"));
  out += field_line(v, "peer", text_of(leg, "peer"));
  if (!has(leg, "media"))
    return out + field_line(v, "media", "none");
  const auto& m = leg["media"];
  out += field_line(v, "media", media_addresses(m));
  return out
         + field_line(v, "", media_figures(m), count_of(m, "lost") > 0 ? ink::yellow : ink::plain);
}

} // namespace

std::vector<std::string> shown_keys(const nlohmann::json& calls) {
  const auto digits = key_length(calls);
  std::vector<std::string> out;
  for (const auto& c : calls)
    out.push_back(text_of(c, "key").substr(0, digits));
  return out;
}

std::string render_call_rows(const nlohmann::json& calls, const terminal_view& v,
                             std::size_t shown) {
  const auto digits = key_length(calls);
  std::vector<std::vector<table_cell>> rows;
  for (std::size_t i = 0; i < shown; ++i) {
    const auto& c = calls[i];
    const auto state = text_of(c, "state");
    rows.push_back({{text_of(c, "key").substr(0, digits), ink::bold},
                    {state, state_ink(state)},
                    {text_of(c, "from")},
                    {text_of(c, "to")},
                    {text_of(c, "app")},
                    {duration_words(count_of(c, "age_ms"))},
                    {talk_of(c)},
                    {legs_in_words(c)}});
  }
  return render_table(v,
                      {{"KEY"},
                       {"STATE"},
                       {"FROM", align::left, true},
                       {"TO", align::left, true},
                       {"APP"},
                       {"AGE", align::right},
                       {"TALK", align::right},
                       {"LEGS"}},
                      rows);
}

std::string render_calls(const nlohmann::json& answer, const terminal_view& v, std::size_t limit) {
  const auto& calls = list_of(answer, "calls");
  if (calls.empty())
    return "no calls\n";
  const auto shown = limit == 0 ? calls.size() : std::min(limit, calls.size());
  auto out = render_call_rows(calls, v, shown);
  if (shown < calls.size()) {
    const auto hidden = static_cast<std::int64_t>(calls.size() - shown);
    out += painted(v, ink::dim, "… and " + counted(hidden, "more call")) + "\n";
  }
  return out + summary(calls) + "\n";
}

std::string render_call(const nlohmann::json& call, const terminal_view& v) {
  const auto state = text_of(call, "state");
  auto out = painted(v, ink::bold, "call " + text_of(call, "key")) + "\n";
  out += field_line(v, "state", state, state_ink(state));
  out += field_line(v, "from", text_of(call, "from"));
  out += field_line(v, "to", text_of(call, "to"));
  out += field_line(v, "app", text_of(call, "app"));
  out += field_line(v, "age", duration_words(count_of(call, "age_ms")));
  out += field_line(v, "talk", talk_of(call));
  for (const auto& leg : list_of(call, "legs"))
    out += render_leg(leg, v);
  if (has(call, "tree"))
    out += "\n" + render_tree(call["tree"], v, 0);
  return out;
}

} // namespace tandem
