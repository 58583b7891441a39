#include "actors/admin/json.hpp"

#include "actors/cdr/call_detail.hpp"
#include "protocols/digest/redaction.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <unordered_map>

namespace tandem::actors {

using json = nlohmann::ordered_json;

namespace {

auto ms(duration d) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(d).count();
}

json node_json(const node_view& n) {
  return {{"kind", n.kind},           {"name", n.name},
          {"state", n.state},         {"age_ms", ms(n.age)},
          {"messages", n.messages},   {"mailbox", n.mailbox},
          {"restarts", n.restarts},   {"last_error", n.last_error},
          {"children", json::array()}};
}

json media_json(const leg_summary::media_view& m) {
  const auto& c = m.counters;
  const auto known = [](const ip_endpoint& e) {
    return e.port != 0 ? json(to_string(e)) : json(nullptr);
  };
  return {{"local", to_string(m.local)},
          {"remote", m.remote ? known(*m.remote) : json(nullptr)},
          {"latched", known(c.source)},
          {"packets_in", c.rtp_packets_received},
          {"packets_out", c.rtp_packets_sent},
          {"lost", c.rtp_packets_lost},
          {"jitter_ms", std::chrono::duration<double, std::milli>(c.jitter).count()}};
}

} // namespace

json tree_json(const std::vector<node_view>& nodes) {
  if (nodes.empty())
    return json::object();
  // Parents come before their children, so going backwards every child is complete when it is
  // moved into its parent.
  std::unordered_map<std::uint64_t, std::size_t> at;
  std::vector<json> made;
  made.reserve(nodes.size());
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    at.emplace(nodes[i].id, i);
    made.push_back(node_json(nodes[i]));
  }
  for (std::size_t i = nodes.size(); i-- > 0;) {
    std::ranges::reverse(made[i]["children"].get_ref<json::array_t&>());
    if (const auto parent = at.find(nodes[i].parent_id); parent != at.end() && parent->second < i)
      made[parent->second]["children"].push_back(std::move(made[i]));
  }
  return std::move(made.front());
}

json overview_json(const overview& o) {
  json states = json::object();
  for (const auto& [state, count] : o.states)
    states[std::string(state)] = count;
  json mailboxes = json::array();
  for (const auto& m : o.mailboxes)
    mailboxes.push_back({{"path", m.path}, {"mailbox", m.mailbox}});
  return {{"states", std::move(states)},
          {"mailboxes", std::move(mailboxes)},
          {"restarts", o.restarts},
          {"failed_actors", o.failed},
          {"calls", json::array()}};
}

json call_json(const call_summary& c) {
  json legs = json::array();
  for (const auto& l : c.legs)
    legs.push_back({{"name", l.name},
                    {"direction", l.incoming ? "in" : "out"},
                    {"state", l.state},
                    {"remote", l.remote},
                    {"peer", to_string(l.peer)},
                    {"media", l.media ? media_json(*l.media) : json(nullptr)}});
  return {{"key", to_string(c.key)},
          {"state", c.state},
          {"from", c.from},
          {"to", c.to},
          {"app", c.app},
          {"age_ms", ms(c.age)},
          {"talk_ms", c.talking ? json(ms(*c.talking)) : json(nullptr)},
          {"legs", std::move(legs)}};
}

json user_json(const user_summary& u) {
  json bindings = json::array();
  for (const auto& b : u.bindings)
    bindings.push_back(
        {{"contact", b.uri},
         {"expires_s", std::chrono::ceil<std::chrono::seconds>(b.expires_in).count()},
         {"q", b.q_thousandths ? json(*b.q_thousandths / 1000.0) : json(nullptr)},
         {"transport", b.transport},
         {"peer", b.peer},
         {"call_id", b.call_id},
         {"cseq", b.cseq}});
  return {{"user", u.user},
          {"user_agent", u.user_agent},
          {"registered_ms_ago", ms(u.since_register)},
          {"bindings", std::move(bindings)}};
}

json ladder_json(const ladder& l) {
  json lines = json::array();
  for (const auto& line : l.lines()) {
    json row{{"at_ms", ms(line.at)}, {"wall", utc_text(l.started() + line.at)}};
    if (const auto* sip = line.sip()) {
      row["type"] = "sip";
      row["direction"] = sip->received ? "in" : "out";
      row["from"] = to_string(sip->from);
      row["to"] = to_string(sip->to);
      row["leg"] = sip->leg;
      row["summary"] = sip->summary;
      row["message"] = sip::without_proofs(sip->message);
    } else {
      const auto& state = std::get<state_line>(line.what);
      row["type"] = "state";
      row["actor"] = state.actor;
      row["state"] = state.state;
    }
    lines.push_back(std::move(row));
  }
  return {{"key", to_string(l.key())}, {"dropped", l.dropped()}, {"lines", std::move(lines)}};
}

} // namespace tandem::actors
