#include "apps/tandem/render_calls.hpp"
#include "apps/tandem/top.hpp"
#include "apps/tandem/words.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

namespace tandem {

namespace {

using nlohmann::json;

constexpr std::size_t name_cells = 11;

std::string rate(const json& j, const char* field) {
  const auto value = number_of(j, field);
  if (value >= 1000)
    return grouped(std::llround(value)) + "/s";
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.1f/s", value);
  return text.data();
}

std::string fixed(double value, int digits, const char* unit) {
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%.*f%s", digits, value, unit);
  return text.data();
}

std::string whole(const json& j, const char* field) {
  return grouped(count_of(j, field));
}

/// "live 12": a word and its figure, which is what one looks for.
std::string pair_of(const terminal_view& v, std::string_view word, std::string_view figure,
                    ink colour = ink::bold) {
  return std::string{word} + " " + painted(v, colour, figure);
}

ink alarming(double value) {
  return value > 0 ? ink::red : ink::bold;
}

/// Figures that fit in the line; the last ones give way.
class line {
public:
  line(const terminal_view& v, std::string_view name)
    : v_(v), text_(painted(v, ink::dim, padded(name, name_cells))), used_(name_cells) {}

  line& add(std::string_view word, std::string_view figure, ink colour = ink::bold) {
    const auto room = cells(word) + 1 + cells(figure) + (is_first_ ? 0 : 3);
    if (is_full_ || used_ + room > v_.width) {
      is_full_ = true;
      return *this;
    }
    text_ += (std::exchange(is_first_, false) ? "" : "   ") + pair_of(v_, word, figure, colour);
    used_ += room;
    return *this;
  }
  [[nodiscard]] std::string end() const { return text_ + "\n"; }

private:
  const terminal_view& v_;
  std::string text_;
  std::size_t used_;
  bool is_first_ = true, is_full_ = false;
};

std::string head(const json& n, const terminal_view& v) {
  const auto text = "tandem " + text_of(n, "version") + ", node " + text_of(n, "node") + ", up "
                    + duration_words(count_of(n, "up_ms"));
  const bool ready = flag_of(n, "ready");
  const auto state =
      ready ? flag_of(n, "degraded") ? "ready, but not all is on disk" : "ready" : "not ready";
  const auto colour = !ready ? ink::red : flag_of(n, "degraded") ? ink::yellow : ink::green;
  const auto room = v.width > cells(state) + 2 ? v.width - cells(state) - 2 : 1;
  return painted(v, ink::bold, padded(clipped(text, room), room)) + "  " + painted(v, colour, state)
         + "\n";
}

std::string calls_lines(const json& c, const terminal_view& v) {
  line first{v, "calls"};
  const auto limit = number_of(c, "limit");
  first.add("live", whole(c, "live"), number_of(c, "live") >= 0.9 * limit ? ink::red : ink::bold)
      .add("opened", rate(c, "opened_per_s"))
      .add("answered", rate(c, "answered_per_s"))
      .add("failed", rate(c, "failed_per_s"), alarming(number_of(c, "failed_per_s")));
  if (has(c, "refused_per_s"))
    first.add("refused", rate(c, "refused_per_s"), alarming(number_of(c, "refused_per_s")));
  first.add("ended", rate(c, "ended_per_s")).add("limit", whole(c, "limit"));
  line second{v, ""};
  if (has(c, "states") && c["states"].is_object())
    for (const auto& [state, count] : c["states"].items())
      second.add(printable(state), grouped(count.is_number() ? count.get<std::int64_t>() : 0));
  return first.end() + (has(c, "states") && !c["states"].empty() ? second.end() : "");
}

std::string traffic_lines(const json& n, const terminal_view& v) {
  const auto part = [&](const char* name) { return n.value(name, json::object()); };
  const auto sip = part("sip"), m = part("media"), store = part("store"), p = part("process");
  auto out = line{v, "SIP"}
                 .add("in", rate(sip, "received_per_s"))
                 .add("dropped", rate(sip, "dropped_per_s"))
                 .add("connections", whole(sip, "connections"))
                 .add("users", whole(sip, "users"))
                 .add("contacts", whole(sip, "contacts"))
                 .end();
  const auto lost = number_of(m, "lost_percent");
  out += line{v, "media"}
             .add("in", rate(m, "packets_in_per_s"))
             .add("out", rate(m, "packets_out_per_s"))
             .add("lost", fixed(lost, 2, " %"), lost >= 1 ? ink::red : ink::bold)
             .add("dropped", rate(m, "dropped_per_s"))
             .add("jitter", fixed(number_of(m, "jitter_mean_ms"), 1, " ms"))
             .add("worst", fixed(number_of(m, "jitter_worst_ms"), 1, " ms"))
             .end();
  out += line{v, ""}
             .add("streams", whole(m, "streams"))
             .add("port pairs", whole(m, "ports_in_use") + " of " + whole(m, "ports"))
             .add("commits", rate(store, "commits_per_s"))
             .end();
  return out
         + line{v, "process"}
               .add("CPU", fixed(number_of(p, "cpu_percent"), 1, " %"))
               .add("memory", fixed(number_of(p, "resident_bytes") / 1e6, 1, " MB"))
               .add("actors", whole(p, "actors"))
               .add("restarts", whole(p, "restarts"), alarming(number_of(p, "restarts")))
               .add("descriptors", whole(p, "descriptors") + " of " + whole(p, "descriptors_limit"))
               .end();
}

std::string threads_line(const json& n, const terminal_view& v) {
  line out{v, "threads"};
  for (const auto& t : list_of(n, "threads"))
    out.add(text_of(t, "name"), fixed(number_of(t, "cpu_percent"), 1, " %"));
  return out.end();
}

std::string mailboxes_line(const json& n, const terminal_view& v) {
  line out{v, "mailboxes"};
  for (const auto& m : list_of(n, "mailboxes"))
    out.add(text_of(m, "path"), whole(m, "mailbox"));
  return list_of(n, "mailboxes").empty() ? line{v, "mailboxes"}.add("all", "empty").end()
                                         : out.end();
}

} // namespace

std::string render_top(const json& n, const terminal_view& v) {
  auto out = head(n, v) + calls_lines(n.value("calls", json::object()), v) + traffic_lines(n, v)
             + threads_line(n, v) + mailboxes_line(n, v);
  const auto above = static_cast<std::size_t>(std::ranges::count(out, '\n'));
  constexpr std::size_t around_a_table = 3; // an empty line, the titles, the last line
  const auto& calls = list_of(n, "newest");
  const auto room = v.height == 0                       ? calls.size()
                    : v.height > above + around_a_table ? v.height - above - around_a_table
                                                        : 0;
  if (calls.empty() || room == 0)
    return out;
  return out + "\n" + render_call_rows(calls, v, std::min(room, calls.size()));
}

} // namespace tandem
