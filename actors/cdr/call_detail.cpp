#include "actors/cdr/call_detail.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <concepts>
#include <utility>

namespace tandem::actors {

std::string_view to_string(ended_by who) {
  switch (who) {
    case ended_by::calling_party: return "caller";
    case ended_by::called_party: return "callee";
    case ended_by::node: return "node";
    case ended_by::console: return "operator";
  }
  return "";
}

std::string_view cause_text(const call_detail& d) {
  switch (d.closed) {
    case closing::by_its_end: break;
    case closing::orphaned: return "node was down";
    case closing::unreadable: return "record unreadable";
  }
  return sip::to_string(d.cause);
}

std::string utc_text(wall_time t) {
  using namespace std::chrono;
  const auto day = floor<days>(t);
  const year_month_day date{day};
  const hh_mm_ss time{floor<milliseconds>(t - day)};
  std::string out = "0000-00-00T00:00:00.000Z";
  const auto put = [&out](std::size_t at, std::size_t digits, auto n) {
    for (; digits > 0; n /= 10)
      out[at + --digits] = static_cast<char>('0' + n % 10);
  };
  put(0, 4, static_cast<int>(date.year()));
  put(5, 2, static_cast<unsigned>(date.month()));
  put(8, 2, static_cast<unsigned>(date.day()));
  put(11, 2, time.hours().count());
  put(14, 2, time.minutes().count());
  put(17, 2, time.seconds().count());
  put(20, 3, time.subseconds().count());
  return out;
}

std::string utc_date(wall_time t) {
  constexpr std::size_t digits = 10; // "2026-11-22"
  return utc_text(t).substr(0, digits);
}

namespace {

/// An object's text, written as its members come: a tree of values that is then written costs ten
/// times as much, and every call has such a line.
class json_object {
public:
  void add(std::string_view name, std::string_view text) {
    begin(name);
    const auto is_plain = [](char c) { return c >= ' ' && c <= '~' && c != '"' && c != '\\'; };
    if (std::ranges::all_of(text, is_plain))
      out_.append(1, '"').append(text).append(1, '"');
    else
      out_ += nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  }
  void add(std::string_view name, std::integral auto number) {
    add_raw(name, fmt::format_int(number).c_str());
  }
  /// `json` as it stands.
  void add_raw(std::string_view name, std::string_view json) {
    begin(name);
    out_ += json;
  }
  [[nodiscard]] std::string end() && {
    out_ += '}';
    return std::move(out_);
  }

private:
  void begin(std::string_view name) {
    out_ += out_.empty() ? "{\"" : ",\"";
    out_.append(name).append("\":");
  }

  std::string out_;
};

std::string legs_of(const call_detail& d) {
  std::string out = "[";
  for (const auto& l : d.legs) {
    json_object leg;
    leg.add("name", l.name);
    leg.add("direction", l.incoming ? "in" : "out");
    leg.add("remote", l.remote);
    if (d.media == media_path::anchored) {
      leg.add("packets_in", l.packets_in);
      leg.add("packets_out", l.packets_out);
      leg.add("lost", l.lost);
    }
    out += out.size() == 1 ? "" : ",";
    out += std::move(leg).end();
  }
  return out + "]";
}

} // namespace

std::string to_json(const call_detail& d) {
  json_object line;
  line.add("key", to_string(d.key));
  line.add("node", d.node);
  line.add("from", d.from);
  line.add("to", d.to);
  line.add("app", d.app);
  line.add("start", utc_text(d.start));
  if (d.answer)
    line.add("answer", utc_text(*d.answer));
  else
    line.add_raw("answer", "null");
  line.add("end", utc_text(d.end));
  line.add("duration_ms", std::chrono::duration_cast<std::chrono::milliseconds>(d.length).count());
  line.add("cause", cause_text(d));
  line.add("status", d.status);
  line.add("hung_up_by", to_string(d.by));
  line.add_raw("legs", legs_of(d));
  return std::move(line).end();
}

} // namespace tandem::actors
