#include "actors/cdr/call_detail.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

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
  const auto ms = std::chrono::floor<std::chrono::milliseconds>(t.time_since_epoch());
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03}Z",
                     fmt::gmtime(std::chrono::system_clock::to_time_t(t)), ms.count() % 1000);
}

std::string utc_date(wall_time t) {
  return fmt::format("{:%Y-%m-%d}", fmt::gmtime(std::chrono::system_clock::to_time_t(t)));
}

std::string to_json(const call_detail& d) {
  using json = nlohmann::ordered_json;
  json legs = json::array();
  for (const auto& l : d.legs) {
    json leg{{"name", l.name}, {"direction", l.incoming ? "in" : "out"}, {"remote", l.remote}};
    if (d.media == media_path::anchored) {
      leg["packets_in"] = l.packets_in;
      leg["packets_out"] = l.packets_out;
      leg["lost"] = l.lost;
    }
    legs.push_back(std::move(leg));
  }
  const json line{
      {"key", to_string(d.key)},
      {"node", d.node},
      {"from", d.from},
      {"to", d.to},
      {"app", d.app},
      {"start", utc_text(d.start)},
      {"answer", d.answer ? json(utc_text(*d.answer)) : json(nullptr)},
      {"end", utc_text(d.end)},
      {"duration_ms", std::chrono::duration_cast<std::chrono::milliseconds>(d.length).count()},
      {"cause", cause_text(d)},
      {"status", d.status},
      {"hung_up_by", to_string(d.by)},
      {"legs", std::move(legs)}};
  return line.dump(-1, ' ', false, json::error_handler_t::replace);
}

} // namespace tandem::actors
