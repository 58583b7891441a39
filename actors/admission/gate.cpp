#include "actors/admission/gate.hpp"

#include <algorithm>
#include <utility>

namespace tandem::actors {

namespace {

counter& refused_for(metrics& m, const char* why) {
  return m.make_counter("tandem_admission_refused_total",
                        "Requests answered 503 before anything was begun, by reason",
                        {{"reason", why}});
}

} // namespace

gate_counters::gate_counters(metrics& m)
  : admitted(m.make_counter("tandem_admission_admitted_total",
                            "Requests outside any dialog that were begun")),
    absorbed(m.make_counter("tandem_admission_absorbed_total",
                            "Retransmissions of requests that wait to be begun")),
    waited(refused_for(m, "waited")), full(refused_for(m, "full")), again(refused_for(m, "again")),
    waiting(m.make_gauge("tandem_admission_waiting", "Requests that wait to be begun")),
    wait_s(m.make_histogram("tandem_admission_wait_seconds", "How long requests waited to be begun",
                            {0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.4})) {
}

std::vector<newcomer> gate::arrive(newcomer who, std::size_t share, time_point now) {
  std::vector<newcomer> gone;
  if (room_.holds(who.id)) {
    count_.absorbed.add();
  } else if (refused_.contains(who.id)) {
    count_.again.add();
    gone.push_back(std::move(who));
  } else {
    gone = room_.add(std::move(who), share, now);
    for (const auto& one : gone)
      refuse(one, count_.full, now);
    count_.waiting.add(1 - static_cast<std::int64_t>(gone.size()));
  }
  return gone;
}

void gate::refuse(const newcomer& who, counter& why, time_point now) {
  why.add();
  refused_.add(who.id, now);
  last_refusal_ = now;
  if (!overload_)
    overload_ = overload{.since = now};
  ++overload_->refused;
  overload_->admitted += std::exchange(overload_->admitted_since, 0);
}

/// A queue that stands is cut short (as CoDel has it, RFC 8289 §3: what was a burst is gone after
/// one interval; what is still there is only delay), each source by itself (as RFC 8290 §4.2 has
/// it), and only behind those whose turn it is: who asks little would else pay for a long turn, or
/// for a moment in which the whole node stood still.
auto gate::draw(time_point now) -> draft {
  draft out;
  while (out.admitted.size() < quota_) {
    auto next = room_.next();
    if (!next)
      break;
    count_.wait_s.observe(std::chrono::duration<double>(now - next->since).count());
    out.admitted.push_back(std::move(next->who));
  }
  while (auto late = room_.overdue(now)) {
    refuse(*late, count_.waited, now);
    out.refused.push_back(std::move(*late));
  }
  drawn_ = out.admitted.size();
  count_.admitted.add(drawn_);
  count_.waiting.add(-static_cast<std::int64_t>(drawn_ + out.refused.size()));
  if (overload_)
    overload_->admitted_since += drawn_;
  return out;
}

void gate::spent(duration time) {
  if (time <= limits::turn_budget && drawn_ < quota_)
    return; // there were no more
  const auto per_turn = static_cast<std::size_t>(duration{limits::turn_budget}.count());
  const auto taken = static_cast<std::size_t>(std::max(time, duration{1}).count());
  const auto most = std::min(2 * quota_, limits::largest_quota);
  quota_ = std::clamp<std::size_t>(drawn_ * per_turn / taken, 1, most);
}

std::optional<std::string> gate::news(time_point now) {
  refused_.age(now);
  if (!overload_)
    return std::nullopt;
  if (!std::exchange(overload_->is_told, true))
    return "more is asked for than this node can serve: new requests are refused with 503, calls "
           "in progress go on";
  if (now - last_refusal_ < limits::overload_quiet)
    return std::nullopt;
  const auto was = *std::exchange(overload_, std::nullopt);
  const auto lasted = std::chrono::duration_cast<std::chrono::seconds>(last_refusal_ - was.since);
  return "the overload is over after " + std::to_string(lasted.count())
         + " s: " + std::to_string(was.admitted) + " requests were begun, "
         + std::to_string(was.refused) + " refused";
}

} // namespace tandem::actors
