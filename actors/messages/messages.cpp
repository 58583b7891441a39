#include "actors/messages/messages.hpp"

#include "actors/call/identity.hpp"
#include "actors/call/replies.hpp"
#include "actors/calls/caller.hpp"
#include "actors/messages/limits.hpp"
#include "runtime/telemetry/event_log.hpp"

namespace tandem::actors {

messages::messages(caf::actor_config& cfg, shard& home, tree_place place, call_services& services,
                   message_directory& directory, message_figures& figures, std::size_t most)
  : sharded(cfg, home, std::move(place)), services_(services), directory_(directory),
    figures_(figures), most_(most) {
  entry().set_state("open");
  set_down_handler([this](caf::scheduled_actor*, caf::down_msg& d) { on_down(d); });
}

caf::behavior messages::make_behavior() {
  return {[this](msg::open_message& m) { open(m); }};
}

void messages::open(msg::open_message& m) {
  if (const auto* known = directory_.find(m.key)) { // a retransmission overtook its birth
    send(known->address, std::move(m.request));
    return;
  }
  const auto& in = m.request;
  if (directory_.entries.size() >= most_)
    return refuse(m.key, in, message_result::over_limit, 503);
  const auto who = caller_of(*services_.settings, limits::message_senders, in.source, m.user);
  auto pending = pending_.take(who.name, who.may.pending);
  auto claim = all_.take(who.name, who.may.calls);
  if (!pending || !claim) {
    services_.log.warning("message.limit", who.name + " has too many messages", m.key);
    return refuse(m.key, in, message_result::over_limit, 503);
  }
  const auto key = m.key;
  auto request = m.request;
  tree_place place{entry().branch(), "message", to_string(key)};
  const auto address = spawn<message_exchange, caf::monitored + caf::lazy_init>(
      home(), std::move(place), services_, figures_, std::move(m), std::move(pending));
  auto* here = static_cast<message_exchange*>(caf::actor_cast<caf::abstract_actor*>(address));
  keys_.emplace(address.id(), key);
  directory_.entries.emplace(key, message_directory::entry{address, here, std::move(claim)});
  send(address, std::move(request));
}

void messages::refuse(const key128& key, const msg::sip_input& in, message_result why,
                      std::uint16_t status) {
  figures_.count(why);
  const auto tag = make_tag({key, no_leg, services_.facts.name});
  services_.wire.send({in.transport,
                       reply_destination(services_.facts, in.transport, *in.message, in.source),
                       plain_reply(*in.message, in.source, status, tag), std::to_string(status)});
}

void messages::on_down(const caf::down_msg& d) {
  const auto known = keys_.find(d.source.id());
  if (known == keys_.end())
    return;
  const auto key = known->second;
  keys_.erase(known);
  const auto gone = directory_.entries.extract(key);
  const auto why = exit_text(d.reason);
  if (why.empty())
    return;
  services_.log.error("message.end", why, key);
  entry().set_restarts(0, why);
  if (const auto* in = gone.mapped().here->unanswered())
    refuse(key, *in, message_result::failed, 500);
}

/// Nobody would find them any more.
void messages::on_exit() {
  for (const auto& [key, known] : directory_.entries) {
    if (const auto* in = known.here->unanswered())
      refuse(key, *in, message_result::failed, 500);
    caf::anon_send_exit(known.address, caf::exit_reason::kill);
  }
  directory_.entries.clear();
}

} // namespace tandem::actors
