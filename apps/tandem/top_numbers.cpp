#include "apps/tandem/top.hpp"
#include "apps/tandem/words.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

namespace tandem {

namespace {

/// Causes of a CDR that speak of something broken, here or at a peer; config/prometheus has them,
/// too.
constexpr std::array failure_causes = {"no response",     "unreachable",      "no ACK",
                                       "RTP timeout",     "internal failure", "dialog gone",
                                       "bad description", "node was down",    "record unreadable"};

double rounded(double value) {
  return std::round(value * 1000) / 1000;
}

class rates {
public:
  rates(const top_sample& before, const top_sample& now) : before_(before), now_(now) {
    const auto age = [](const top_sample& s) { return number_of(s.overview, "up_ms") / 1000; };
    is_same_process_ = age(now) > age(before);
    seconds_ = is_same_process_ ? age(now) - age(before) : age(now);
  }

  [[nodiscard]] double seconds() const { return seconds_; }
  /// Of a counter; what began anew was 0 before.
  [[nodiscard]] double of(std::string_view name, const figures::labels& where = {}) const {
    return per_second(before_.numbers.sum(name, where), now_.numbers.sum(name, where));
  }
  [[nodiscard]] double per_second(double was, double is) const {
    if (!is_same_process_ || is < was)
      was = 0;
    return seconds_ > 0 ? rounded((is - was) / seconds_) : 0;
  }
  [[nodiscard]] double now(std::string_view name, double times = 1) const {
    return rounded(times * now_.numbers.sum(name));
  }

private:
  const top_sample& before_;
  const top_sample& now_;
  bool is_same_process_ = true;
  double seconds_ = 0;
};

nlohmann::json calls_of(const rates& r, const top_sample& now) {
  double failed = 0;
  for (const auto* cause : failure_causes)
    failed += r.of("tandem_calls_ended_total", {{"cause", cause}});
  nlohmann::json out{
      {"live", r.now("tandem_calls")},
      {"limit", r.now("tandem_calls_limit")},
      {"opened_per_s", r.of("tandem_calls_opened_total")},
      {"answered_per_s", r.of("tandem_calls_answered_total")},
      {"ended_per_s", r.of("tandem_calls_ended_total")},
      {"failed_per_s", rounded(failed)},
      {"faults", r.now("tandem_call_faults_total")},
      {"states", has(now.overview, "states") ? now.overview["states"] : nlohmann::json::object()}};
  if (now.numbers.has("tandem_admission_refused_total"))
    out["refused_per_s"] = r.of("tandem_admission_refused_total");
  return out;
}

nlohmann::json media_of(const rates& r) {
  const auto expected = r.of("tandem_rtp_packets_expected_total");
  const auto received = r.of("tandem_rtp_packets_received_total");
  const auto lost = expected > 0 ? std::max(0.0, (expected - received) / expected) : 0;
  return {{"streams", r.now("tandem_rtp_streams")},
          {"packets_in_per_s", received},
          {"packets_out_per_s", r.of("tandem_rtp_packets_sent_total")},
          {"dropped_per_s", r.of("tandem_rtp_datagrams_dropped_total")},
          {"lost_percent", rounded(100 * lost)},
          {"jitter_mean_ms", r.now("tandem_rtp_jitter_mean_seconds", 1000)},
          {"jitter_worst_ms", r.now("tandem_rtp_jitter_worst_seconds", 1000)},
          {"ports_in_use", r.now("tandem_media_slots_in_use")},
          {"ports", r.now("tandem_media_pairs")}};
}

/// The busiest first.
nlohmann::json threads_of(const rates& r, const top_sample& before, const top_sample& now) {
  constexpr const char* name = "tandem_thread_cpu_seconds_total";
  auto was = before.numbers.by(name, "thread");
  std::vector<std::pair<double, std::string>> busy;
  for (const auto& [thread, seconds] : now.numbers.by(name, "thread"))
    busy.emplace_back(100 * r.per_second(was[thread], seconds), thread);
  std::ranges::sort(busy, [](const auto& a, const auto& b) {
    return a.first != b.first ? a.first > b.first : a.second < b.second;
  });
  auto out = nlohmann::json::array();
  for (const auto& [percent, thread] : busy)
    out.push_back({{"name", thread}, {"cpu_percent", rounded(percent)}});
  return out;
}

} // namespace

nlohmann::json top_numbers(const top_sample& before, const top_sample& now) {
  const rates r{before, now};
  const auto& o = now.overview;
  return {{"node", text_of(o, "node")},
          {"version", text_of(o, "version")},
          {"up_ms", count_of(o, "up_ms")},
          {"interval_ms", std::llround(1000 * r.seconds())},
          {"ready", flag_of(o, "ready")},
          {"degraded", flag_of(o, "degraded")},
          {"calls", calls_of(r, now)},
          {"sip",
           {{"received_per_s", r.of("tandem_sip_received_total")},
            {"dropped_per_s", r.of("tandem_sip_dropped_total")},
            {"connections", r.now("tandem_sip_connections")},
            {"users", r.now("tandem_registrar_users")},
            {"contacts", r.now("tandem_registrar_bindings")}}},
          {"media", media_of(r)},
          {"store", {{"commits_per_s", r.of("tandem_call_commits_total")}}},
          {"process",
           {{"cpu_percent", rounded(100 * r.of("process_cpu_seconds_total"))},
            {"resident_bytes", r.now("process_resident_memory_bytes")},
            {"descriptors", r.now("process_open_fds")},
            {"descriptors_limit", r.now("process_max_fds")},
            {"actors", r.now("tandem_actors")},
            {"restarts", count_of(o, "restarts")},
            {"failed_actors", count_of(o, "failed_actors")}}},
          {"threads", threads_of(r, before, now)},
          {"mailboxes", list_of(o, "mailboxes")},
          {"newest", list_of(o, "calls")}};
}

} // namespace tandem
