#include "actors/node/call_shard.hpp"

#include "actors/calls/calls.hpp"
#include "actors/router/router.hpp"
#include "actors/transport/udp_transport.hpp"
#include "runtime/telemetry/event_log.hpp"

#include <algorithm>

namespace tandem::actors {

namespace {

ingress_counters counters_for(metrics& m) {
  const auto dropped = [&m](const char* why) -> counter& {
    return m.make_counter("tandem_sip_dropped_total", "SIP messages not processed, by reason",
                          {{"reason", why}});
  };
  return {m.make_counter("tandem_sip_received_total", "SIP datagrams read"), dropped("malformed"),
          dropped("stray"),
          m.make_counter("tandem_sip_crossed_total",
                         "Messages read by another shard than their call's"),
          m.make_counter("tandem_sip_unsent_total", "Datagrams that the kernel did not take")};
}

/// Names are unique in the tree: with several shards each has its own row.
std::string numbered(std::string name, std::uint32_t index, std::size_t shards) {
  return shards == 1 ? name : name + "/" + std::to_string(index);
}

} // namespace

call_shard::call_shard(node_environment& env, std::uint32_t index, reactor& bell,
                       cluster::store& store)
  : env_(env), bell_(bell), store_(store), shard_(env.system, index, env.time, bell),
    ladders_(env.settings.node.ladder), figures_(counters_for(env.figures)),
    dropped_(env.figures.make_counter("tandem_call_inputs_dropped_total",
                                      "Inputs of a call that could not wait")),
    faults_(env.figures.make_counter("tandem_call_faults_total",
                                     "Inputs that made an actor of a call throw")),
    commits_(env.figures.make_counter("tandem_call_commits_total", "Records committed")),
    services_{env.facts, env.time, env.media,        *this, *this, ladders_,
              *this,     env.log,  env.record_detail},
    ingress_(shard_, directory_, *this, env.hash, figures_) {
  shard_.set_stage(this);
}

call_shard::~call_shard() {
  router_ = nullptr;
  calls_ = nullptr;
  waiting_.clear();
  transports_.clear();
  ingress_.close();
  directory_.entries.clear();
  shard_.close();
}

tl::expected<void, std::string> call_shard::listen(port_sharing sharing) {
  const auto shards = env_.settings.sip.shards;
  std::uint8_t index = 0;
  for (const auto& l : env_.settings.sip.listens) {
    auto name = numbered("udp:" + to_string(l.address), shard_.index(), shards);
    const auto made = env_.system.spawn<udp_transport, caf::lazy_init>(
        shard_, tree_place{env_.actors.root(), "transport", std::move(name)},
        transport_index{index++}, ingress_);
    auto* socket = static_cast<udp_transport*>(caf::actor_cast<caf::abstract_actor*>(made));
    transports_.push_back(made);
    sockets_.push_back(socket);
    if (auto opened = socket->open(env_.net, bell_, l.address, sharing); !opened)
      return opened;
  }
  return {};
}

void call_shard::open(const std::vector<std::unique_ptr<call_shard>>& all) {
  calls_ = env_.system.spawn<actors::calls, caf::lazy_init>(
      shard_,
      tree_place{env_.actors.root(), "supervisor", numbered("calls", shard_.index(), all.size())},
      services_, directory_);
  router_ = env_.system.spawn<router, caf::lazy_init>(
      shard_,
      tree_place{env_.actors.root(), "router", numbered("router", shard_.index(), all.size())},
      services_, env_.settings.routes, calls_);
  ingress_.set_router(router_);
  std::vector<ingress*> peers;
  for (const auto& other : all)
    peers.push_back(&other->ingress_);
  ingress_.set_peers(std::move(peers));
}

std::vector<caf::actor> call_shard::residents() const {
  std::vector<caf::actor> out{calls_, router_};
  out.insert(out.end(), transports_.begin(), transports_.end());
  return out;
}

std::string call_shard::calls_path() const {
  return numbered("calls", shard_.index(), env_.settings.sip.shards);
}

std::vector<ip_endpoint> call_shard::addresses() const {
  std::vector<ip_endpoint> out;
  for (const auto* s : sockets_)
    out.push_back(s->local());
  return out;
}

bool call_shard::commit() {
  if (changes_.empty())
    return false;
  if (const auto done = store_.commit(changes_); !done)
    env_.log.error("store", done.error() + "; calls go on without being durable");
  commits_.add(changes_.size());
  changes_.clear();
  auto told = std::move(waiting_);
  waiting_.clear();
  for (const auto& address : told) {
    msg::committed done;
    (void) static_cast<call*>(caf::actor_cast<caf::abstract_actor*>(address))->run_self(done);
  }
  return !told.empty();
}

void call_shard::flush() {
  for (auto* s : sockets_)
    s->flush();
}

void call_shard::send(const outgoing& out) {
  sockets_[out.transport.value]->add(out);
}

void call_shard::add(call& whose, std::string record) {
  changes_.push_back({whose.key(), std::move(record)});
  waiting_.push_back(caf::actor_cast<caf::actor>(&whose));
}

void call_shard::erase(const key128& key) {
  changes_.push_back({key, std::nullopt});
}

std::optional<std::string> call_shard::read(const key128& key) const {
  return store_.read(key);
}

std::vector<call_summary> call_shard::summaries(std::size_t at_most) const {
  std::vector<call_summary> out;
  for (const auto& [key, known] : directory_.entries) {
    if (out.size() >= at_most)
      break;
    if (!known.here->over())
      out.push_back(known.here->summary());
  }
  return out;
}

std::optional<call_summary> call_shard::summary(const key128& key) const {
  const auto* known = directory_.find(key);
  return known != nullptr ? std::optional{known->here->summary()} : std::nullopt;
}

std::shared_ptr<const ladder> call_shard::trace(const key128& key) const {
  const auto* known = directory_.find(key);
  auto live = known != nullptr ? known->here->trace() : nullptr;
  return live ? live : ladders_.find(key);
}

void call_shard::end_all_calls() {
  for (const auto& [key, known] : directory_.entries)
    caf::anon_send(known.address, msg::end_call{.cause = sip::end_cause::hung_up});
}

std::size_t call_shard::live_calls() const {
  return static_cast<std::size_t>(std::ranges::count_if(
      directory_.entries, [](const auto& e) { return !e.second.here->over(); }));
}

bool call_shard::end_call(const key128& key) {
  const auto* known = directory_.find(key);
  if (known == nullptr || known->here->over())
    return false;
  caf::anon_send(known->address, msg::end_call{});
  return true;
}

} // namespace tandem::actors
