#include "actors/calls/calls.hpp"

#include "actors/call/fault_plan.hpp"
#include "actors/call/identity.hpp"
#include "actors/call/replies.hpp"
#include "actors/calls/caller.hpp"
#include "protocols/sip/response_builder.hpp"
#include "runtime/telemetry/event_log.hpp"

namespace tandem::actors {

calls::calls(caf::actor_config& cfg, shard& home, tree_place place, call_services& services,
             call_directory& directory, call_archive& archive)
  : sharded(cfg, home, std::move(place)), services_(services), directory_(directory),
    archive_(archive) {
  entry().set_state("open");
  set_down_handler([this](caf::scheduled_actor*, caf::down_msg& d) { on_down(d); });
  set_exit_handler([this](caf::scheduled_actor*, caf::exit_msg&) { close(); });
}

caf::behavior calls::make_behavior() {
  return {
      [this](msg::open_call& m) { open(m); },
      [this](msg::restore_calls) { restore(); },
  };
}

void calls::open(msg::open_call& m) {
  if (const auto* known = directory_.find(m.key)) { // a retransmission overtook the call's birth
    send(known->address, std::move(m.invite));
    return;
  }
  if (closing_ || directory_.entries.size() >= services_.facts.calls_per_shard)
    return refuse(m, 503);
  const auto who = caller_of(*services_.settings, services_.facts.callers, m.invite.source, m.user);
  auto pending = pending_.take(who.name, who.may.pending);
  auto claim = standing_.take(who.name, who.may.calls);
  if (!pending || !claim) {
    services_.log.warning("call.limit", who.name + " has too many calls", m.key);
    return refuse(m, 503);
  }
  if (services_.faults != nullptr)
    services_.faults->on_call();
  call_start fresh{.key = m.key};
  fresh.pending = std::move(pending);
  fresh.record.next_child = app_child.value + 1;
  fresh.record.root.media = m.media;
  auto name = "app " + m.application.app;
  m.application.legs.push_back({.leg = child_id{fresh.record.next_child}, .incoming = true});
  fresh.record.children.push_back({app_child, the_call, std::move(name), m.application});
  services_.counters.call_opened();
  send(start(std::move(fresh), std::move(claim)), std::move(m.invite));
}

const caf::actor& calls::start(call_start from, claims::token claim) {
  const auto key = from.key;
  tree_place place{entry().branch(), "call", to_string(key)};
  const auto address = spawn<call, caf::monitored + caf::lazy_init>(home(), std::move(place),
                                                                    services_, std::move(from));
  auto* here = static_cast<call*>(caf::actor_cast<caf::abstract_actor*>(address));
  keys_.emplace(address.id(), key);
  return directory_.entries.emplace(key, call_directory::entry{address, here, std::move(claim)})
      .first->second.address;
}

void calls::refuse(const msg::open_call& m, std::uint16_t status) {
  const auto& in = m.invite;
  const auto tag = make_tag({m.key, no_leg, services_.facts.name}); // RFC 3261 §8.2.6.2
  services_.wire.send({in.transport,
                       reply_destination(services_.facts, in.transport, *in.message, in.source),
                       plain_reply(*in.message, in.source, status, tag), std::to_string(status)});
}

void calls::on_down(const caf::down_msg& d) {
  const auto known = keys_.find(d.source.id());
  if (known == keys_.end())
    return;
  const auto key = known->second;
  keys_.erase(known);
  directory_.entries.erase(key);
  if (const auto why = exit_text(d.reason); !why.empty() && !closing_) {
    services_.log.error("call.end", why, key);
    entry().set_restarts(0, why);
    bring_back_alone(key);
  } else {
    revived_.erase(key);
  }
  if (closing_ && keys_.empty())
    quit();
}

/// The node stops: every call is hung up at once and forgotten.
void calls::close() {
  closing_ = true;
  entry().set_state("closing");
  if (keys_.empty())
    return quit();
  for (const auto& [key, known] : directory_.entries)
    send_exit(known.address, caf::exit_reason::user_shutdown);
}

/// Ended in order there is nobody left; after a failure of its own the calls go with it, since
/// nobody would find them.
void calls::on_exit() {
  reinvite_timer_.stop();
  for (const auto& [key, known] : directory_.entries)
    caf::anon_send_exit(known.address, caf::exit_reason::kill);
  directory_.entries.clear();
}

} // namespace tandem::actors
