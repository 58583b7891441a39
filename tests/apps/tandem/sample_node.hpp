#pragma once

#include <nlohmann/json.hpp>

#include <string>

namespace tandem::test {

/// What a node with one bridged call says, in the words of the HTTP interface.
inline const std::string key_a = "7f3a1b2c000000010000000000000001";
inline const std::string key_b = "7f3a1b2d000000010000000000000002";

inline nlohmann::json actor(const std::string& kind, const std::string& name,
                            const std::string& state, nlohmann::json children = {}) {
  if (children.is_null())
    children = nlohmann::json::array();
  return {{"kind", kind},    {"name", name},     {"state", state},
          {"age_ms", 61000}, {"messages", 12},   {"mailbox", 0},
          {"restarts", 0},   {"last_error", ""}, {"children", std::move(children)}};
}

inline nlohmann::json sample_call_tree() {
  auto dialog = actor("dialog", "dialog", "confirmed");
  auto media = actor("media_endpoint", "media endpoint", "relaying");
  auto leg = actor("leg", "leg 0", "talking", {dialog, media});
  auto failed = actor("leg", "leg 1", "restored", nlohmann::json::array());
  failed["restarts"] = 1;
  failed["last_error"] = "no route to \x1b[31mhost";
  return actor("call", key_a, "talking", {actor("app", "bridge", "bridged"), leg, failed});
}

inline nlohmann::json sample_tree() {
  auto udp = actor("transport", "udp:5060", "listening");
  udp["messages"] = 1'234'567;
  udp["mailbox"] = 3;
  auto calls = actor("calls", "calls", "running", {sample_call_tree()});
  auto root = actor("node", "a", "running", {udp, calls});
  root["age_ms"] = 187'200'000;
  return root;
}

inline nlohmann::json sample_call(const std::string& key = key_a) {
  const nlohmann::json media = {
      {"local", "127.0.0.1:20000"}, {"remote", "127.0.0.1:30000"}, {"latched", "127.0.0.1:30002"},
      {"packets_in", 6150},         {"packets_out", 6149},         {"lost", 31},
      {"jitter_ms", 0.34}};
  return {{"key", key},
          {"state", "talking"},
          {"from", "sip:1001@example.test"},
          {"to", "sip:7200@example.test"},
          {"app", "bridge"},
          {"age_ms", 123'000},
          {"talk_ms", 118'400},
          {"legs",
           {{{"name", "leg 0"},
             {"direction", "in"},
             {"state", "answered"},
             {"remote", "sip:1001@127.0.0.1:5061"},
             {"peer", "127.0.0.1:5061"},
             {"media", media}},
            {{"name", "leg 1"},
             {"direction", "out"},
             {"state", "ringing"},
             {"remote", "sip:200@127.0.0.1:5080"},
             {"peer", "127.0.0.1:5080"},
             {"media", nullptr}}}}};
}

inline nlohmann::json sample_calls() {
  auto ringing = sample_call(key_b);
  ringing["state"] = "ringing";
  ringing["talk_ms"] = nullptr;
  ringing["age_ms"] = 340;
  return {{"calls", {sample_call(), ringing}}};
}

inline nlohmann::json sample_user() {
  return {{"user", "1001"},
          {"user_agent", "phone/\x1b[31m1.0"},
          {"registered_ms_ago", 61'000},
          {"bindings",
           {{{"contact", "sip:1001@127.0.0.1:5070"},
             {"expires_s", 3'540},
             {"q", 0.5},
             {"transport", "UDP"},
             {"peer", "127.0.0.1:5070"},
             {"call_id", "abc@127.0.0.1"},
             {"cseq", 7}},
            {{"contact", "sip:1001@[::1]:5071"},
             {"expires_s", 59},
             {"q", nullptr},
             {"transport", "UDP"},
             {"peer", "[::1]:5071"},
             {"call_id", "def@[::1]"},
             {"cseq", 1}}}}};
}

inline nlohmann::json sample_registrations() {
  auto other = sample_user();
  other["user"] = "1000";
  other["bindings"].erase(1);
  return {{"users", 2}, {"registrations", {sample_user(), other}}};
}

inline nlohmann::json ladder_message(int at_ms, const std::string& from, const std::string& to,
                                     const std::string& summary) {
  return {{"at_ms", at_ms},     {"wall", "2026-11-22T12:00:00.000Z"},
          {"type", "sip"},      {"from", from},
          {"to", to},           {"leg", "leg 0"},
          {"summary", summary}, {"message", summary + "\r\n"}};
}

inline nlohmann::json ladder_note(int at_ms, const std::string& name, const std::string& state) {
  return {{"at_ms", at_ms},
          {"wall", "2026-11-22T12:00:00.000Z"},
          {"type", "state"},
          {"actor", name},
          {"state", state}};
}

inline nlohmann::json sample_ladder() {
  const std::string alice = "127.0.0.1:5061", node = "127.0.0.1:5060", bob = "127.0.0.1:5080",
                    carol = "[::1]:5090", node6 = "[::1]:5060";
  return {{"key", key_a},
          {"lines",
           {ladder_message(0, alice, node, "INVITE sip:7200@127.0.0.1:5060"),
            ladder_message(1, node, alice, "100 Trying"), ladder_note(1, "leg 0", "proceeding"),
            ladder_message(2, node, bob, "INVITE sip:200@127.0.0.1:5080"),
            ladder_message(3, node6, carol, "INVITE sip:300@[::1]:5090"),
            ladder_message(40, bob, node, "180 Ringing"),
            ladder_message(41, node, alice, "180 Ringing"),
            ladder_message(52, carol, node6, "486 Busy Here"),
            ladder_message(53, node6, carol, "ACK sip:300@[::1]:5090"),
            ladder_message(2100, bob, node, "200 OK"), ladder_message(2101, node, alice, "200 OK"),
            ladder_note(2101, "call", "talking"),
            ladder_message(2180, alice, node, "ACK sip:127.0.0.1:5060")}}};
}

inline nlohmann::json sample_log() {
  return {{"level", "info"},
          {"components", {{"sip", "debug"}}},
          {"calls", {{key_a.substr(0, 8), "trace"}}},
          {"known", {"call", "sip"}},
          {"suppressed", 0}};
}

inline nlohmann::json sample_overview() {
  return {{"node", "a"},
          {"version", "0.1.0"},
          {"up_ms", 187'200'000},
          {"ready", true},
          {"degraded", false},
          {"states", {{"talking", 1'200}, {"ringing", 34}}},
          {"mailboxes",
           {{{"path", "signalling/router"}, {"mailbox", 12}},
            {{"path", "signalling/calls"}, {"mailbox", 3}}}},
          {"restarts", 2},
          {"failed_actors", 1},
          {"calls", sample_calls()["calls"]}};
}

/// Of a node under load, so many seconds after the first look.
inline std::string sample_metrics(int seconds) {
  const auto line = [&](const std::string& name, double at_first, double per_second) {
    return name + " " + std::to_string(at_first + per_second * seconds) + "\n";
  };
  return line("tandem_calls", 1'234, 0) + line("tandem_calls_limit", 20'000, 0)
         + line("tandem_calls_opened_total", 1'000, 105.5)
         + line("tandem_calls_answered_total", 990, 104)
         + line(R"(tandem_calls_ended_total{answered="yes",cause="bye"})", 900, 100)
         + line(R"(tandem_calls_ended_total{answered="no",cause="cancelled"})", 10, 2)
         + line(R"(tandem_calls_ended_total{answered="no",cause="no response"})", 5, 1)
         + line(R"(tandem_calls_ended_total{answered="yes",cause="RTP timeout"})", 5, 0.5)
         + line("tandem_sip_received_total", 7'000, 1'250.4)
         + line(R"(tandem_sip_dropped_total{reason="malformed"})", 3, 0.5)
         + line("tandem_sip_connections", 3, 0) + line("tandem_registrar_users", 1'000, 0)
         + line("tandem_registrar_bindings", 1'020, 0)
         + line("tandem_rtp_packets_expected_total", 60'000, 20'000)
         + line("tandem_rtp_packets_received_total", 60'000, 19'800)
         + line("tandem_rtp_packets_sent_total", 60'000, 19'800)
         + line("tandem_rtp_datagrams_dropped_total", 12, 1.5) + line("tandem_rtp_streams", 400, 0)
         + line("tandem_rtp_jitter_mean_seconds", 0.0003, 0)
         + line("tandem_rtp_jitter_worst_seconds", 0.0021, 0)
         + line("tandem_media_slots_in_use", 800, 0) + line("tandem_media_pairs", 5'000, 0)
         + line("tandem_call_commits_total", 4'000, 451)
         + line("process_cpu_seconds_total", 100, 0.85)
         + line("process_resident_memory_bytes", 123'456'789, 0)
         + line("process_open_fds", 4'100, 0) + line("process_max_fds", 20'000, 0)
         + line("tandem_actors", 15'000, 0)
         + line(R"(tandem_thread_cpu_seconds_total{thread="shard/0"})", 60, 0.6)
         + line(R"(tandem_thread_cpu_seconds_total{thread="media/0"})", 20, 0.13)
         + line(R"(tandem_thread_cpu_seconds_total{thread="media/1"})", 20, 0.12)
         + line(R"(tandem_thread_cpu_seconds_total{thread="tandem-http"})", 1, 0);
}

/// To POST one that is armed, to DELETE how many are no more, else the list.
inline nlohmann::json sample_faults(const std::string& method) {
  const nlohmann::json fault{{"id", 7},
                             {"fault", "throw"},
                             {"when", "after_commit"},
                             {"path", "calls/*/leg 0"},
                             {"kind", "leg"},
                             {"times", 0},
                             {"entry", 3},
                             {"seen", 5},
                             {"fired", 3}};
  if (method == "POST")
    return fault;
  if (method == "DELETE")
    return {{"disarmed", 2}};
  return {{"faults", {fault}}};
}

} // namespace tandem::test
