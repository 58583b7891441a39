#include "actors/node/call_shard.hpp"

#include "actors/calls/calls.hpp"
#include "actors/messages/messages.hpp"
#include "actors/node/limits.hpp"
#include "actors/router/router.hpp"
#include "actors/transport/tcp_transport.hpp"
#include "actors/transport/udp_transport.hpp"
#include "runtime/telemetry/event_log.hpp"

#include <algorithm>
#include <stdexcept>

namespace tandem::actors {

namespace {

ingress_counters counters_for(metrics& m) {
  const auto dropped = [&m](const char* why) -> counter& {
    return m.make_counter("tandem_sip_dropped_total", "SIP messages not processed, by reason",
                          {{"reason", why}});
  };
  return {m.make_counter("tandem_sip_received_total", "SIP messages read"), dropped("malformed"),
          dropped("stray"),
          m.make_counter("tandem_sip_crossed_total",
                         "Messages read by another shard than their call's"),
          m.make_counter("tandem_sip_unsent_total", "Datagrams that the kernel did not take")};
}

const char* prefix_of(listen_transport t) {
  switch (t) {
    case listen_transport::udp: return "udp:";
    case listen_transport::tcp: return "tcp:";
  }
  return "";
}

stream_settings streams_of(const sip_settings& s) {
  stream_settings out;
  out.connections = s.connections;
  out.connections_per_peer = s.connections_per_peer;
  out.times.idle = s.connection_idle;
  return out;
}

/// Names are unique in the tree: with several shards each has its own row.
std::string numbered(std::string name, std::uint32_t index, std::size_t shards) {
  return shards == 1 ? name : name + " " + std::to_string(index);
}

} // namespace

gauge& make_degraded_gauge(metrics& m) {
  return m.make_gauge("tandem_store_degraded",
                      "Stores of calls or registrations that are not all on disk");
}

call_shard::call_shard(node_environment& env, std::uint32_t index, reactor& bell,
                       const shard_stores& stores)
  : env_(env), bell_(bell), registrations_(stores.registrations),
    shard_(env.system, index, env.time, bell),
    ladders_(env.settings.node.ladder, limits::archive_bytes,
             &env.figures.make_gauge("tandem_trace_bytes",
                                     "Bytes of the ladders of calls, live and ended")),
    figures_(counters_for(env.figures)),
    stream_figures_(std::make_unique<stream_counters>(env.figures)), call_figures_(env.figures),
    dropped_(env.figures.make_counter("tandem_call_inputs_dropped_total",
                                      "Inputs of a call that could not wait")),
    faults_(env.figures.make_counter("tandem_call_faults_total",
                                     "Inputs that made an actor of a call throw")),
    commits_(env.figures.make_counter("tandem_call_commits_total", "Records committed")),
    commit_s_(env.figures.make_histogram("tandem_call_commit_seconds",
                                         "How long the calls of a turn waited for their commit",
                                         {1e-5, 2e-5, 5e-5, 1e-4, 2e-4, 5e-4, 1e-3, 1e-2, 0.1})),
    unrestored_(env.figures.make_counter("tandem_calls_unrestored_total",
                                         "Stored calls that could not be brought to life")),
    registrar_figures_(env.figures), message_figures_(env.figures),
    degraded_(make_degraded_gauge(env.figures)),
    stored_(stores, env.registrar.boot_id, env.time, degraded_, env.log),
    desk_(shard_, env.write_details, [this](const key128& key) { erase(key); }),
    services_{env.facts,  env.time,
              env.media,  *this,
              *this,      ladders_,
              *this,      env.log,
              env.flows,  [this](call_detail d) { record(std::move(d)); },
              env.hashes, std::make_shared<const configuration>(env.settings),
              env.faults},
    auth_(env.hashes, static_cast<std::uint8_t>(index), auth_counters{env.figures}),
    door_(shard_, env.hash), ingress_(shard_, env.facts, directory_, messages_, *this, env.hash,
                                      figures_, gate_counters{env.figures}) {
  auth_.apply(services_.settings);
  ingress_.set_keeper([this](const flow& f) {
    if (auto* held = sockets_[f.transport.value]; held != nullptr)
      held->keep(f.peer);
  });
  ingress_.set_share([this](const ip_endpoint& from) {
    return find_trunk(*services_.settings, from) != nullptr ? limits::trunk_share : std::size_t{1};
  });
  ingress_.set_registered(
      [this](const flow& f) { return registrar_ != nullptr && registrar_->is_reached_by(f); });
  shard_.set_stage(this);
}

call_shard::~call_shard() {
  desk_.hand_over();
  root_ = nullptr;
  calls_ = nullptr;
  waiting_.clear();
  door_.close();
  messages_.messages = nullptr;
  ingress_.close();
  shard_.close();
  directory_.entries.clear();
  messages_.entries.clear();
}

/// The way in opens last and closes first; when one of these fails, those after it are started anew
/// with it, since they hold its address.
std::vector<child_row> call_shard::rows(port_sharing sharing) {
  std::vector<child_row> out;
  const auto row = [&](std::string name, const char* kind, child_starter start) {
    out.push_back({.name = std::move(name), .kind = kind, .start = std::move(start)});
  };
  row("calls", "supervisor", [this](tree_place place) {
    calls_ = env_.system.spawn<actors::calls, caf::lazy_init>(
        shard_, std::move(place), services_, directory_, static_cast<call_archive&>(*this));
    if (is_restored_)
      restore_calls();
    return calls_;
  });
  row("router", "router", [this](tree_place place) {
    auto made = env_.system.spawn<router, caf::lazy_init>(
        shard_, std::move(place), services_, auth_, calls_, door_, messages_, message_figures_);
    ingress_.set_router(made);
    return made;
  });
  const auto& listens = env_.settings.sip.listens;
  sockets_.assign(listens.size(), nullptr);
  for (std::size_t i = 0; i < listens.size(); ++i)
    row(prefix_of(listens[i].transport) + to_string(listens[i].address), "transport",
        [this, i, sharing](tree_place place) {
          return start_transport(i, sharing, std::move(place));
        });
  // These two last, though the router sends to them: no connection of a phone is lost with them.
  row("registrar", "registrar", [this](tree_place place) {
    auto made = env_.system.spawn<registrar, caf::lazy_init>(
        shard_, std::move(place), services_, static_cast<registration_queue&>(*this), env_.hash,
        env_.registrar, registrar_figures_);
    registrar_ = static_cast<registrar*>(caf::actor_cast<caf::abstract_actor*>(made));
    registrar_->attach_functor([this, here = registrar_](const caf::error&) {
      if (registrar_ == here)
        registrar_ = nullptr;
    });
    door_.set_registrar(made);
    return made;
  });
  row("messages", "supervisor", [this](tree_place place) {
    messages_.messages = env_.system.spawn<actors::messages, caf::lazy_init>(
        shard_, std::move(place), services_, messages_, message_figures_, env_.messages_per_shard);
    return messages_.messages;
  });
  return out;
}

template <class Transport, class... Surroundings>
caf::actor call_shard::start(std::size_t i, tree_place place, port_sharing sharing,
                             Surroundings&&... around) {
  sockets_[i] = nullptr;
  auto made = env_.system.spawn<Transport, caf::lazy_init>(
      shard_, std::move(place), transport_index{static_cast<std::uint8_t>(i)},
      std::forward<Surroundings>(around)...);
  auto* socket = static_cast<Transport*>(caf::actor_cast<caf::abstract_actor*>(made));
  if (auto opened = socket->open(env_.settings.sip.listens[i].address, sharing); !opened) {
    failure_ = opened.error();
    caf::anon_send_exit(made, caf::exit_reason::user_shutdown);
    throw std::runtime_error(failure_);
  }
  sockets_[i] = socket;
  socket->attach_functor([this, i, socket](const caf::error&) {
    if (sockets_[i] == socket)
      sockets_[i] = nullptr;
  });
  return made;
}

caf::actor call_shard::start_transport(std::size_t i, port_sharing sharing, tree_place place) {
  switch (env_.settings.sip.listens[i].transport) {
    case listen_transport::udp: break;
    case listen_transport::tcp:
      return start<tcp_transport>(i, std::move(place), sharing,
                                  tcp_transport::surroundings{env_.net, bell_, ingress_, env_.flows,
                                                              *stream_figures_,
                                                              streams_of(env_.settings.sip)});
  }
  return start<udp_transport>(i, std::move(place), sharing,
                              udp_transport::surroundings{env_.net, bell_, ingress_});
}

tl::expected<void, std::string> call_shard::open(port_sharing sharing) {
  constexpr restart_limit patience{.intensity = 5, .period = std::chrono::seconds{10}};
  const auto name = numbered("signalling", shard_.index(), env_.settings.sip.shards);
  root_ = env_.system.spawn<supervisor>(shard_, tree_place{env_.actors.root(), "supervisor", name},
                                        restart_strategy::rest_for_one, patience, rows(sharing));
  caf::actor_cast<caf::abstract_actor*>(root_)->attach_functor([this](const caf::error& why) {
    if (exit_kind(why) != child_exit::failure)
      return;
    failure_ = exit_text(why) + (failure_.empty() ? "" : ": " + failure_);
    env_.give_up(failure_);
  });
  while (shard_.turn()) {
  }
  if (std::ranges::find(sockets_, nullptr) != sockets_.end())
    return tl::unexpected(failure_.empty() ? "the transports did not start" : failure_);
  keep_house();
  return {};
}

void call_shard::restore_calls() {
  is_restored_ = true;
  caf::anon_send(calls_, msg::restore_calls{});
}

void call_shard::end_attempts() {
  stored_.end_attempts();
  if (!std::exchange(told_restored_, true))
    restored_.set_value();
}

void call_shard::set_aside(const key128& key, std::string_view bytes) {
  unrestored_.add();
  stored_.set_aside(key, bytes);
}

void call_shard::record(call_detail d) {
  if (d.again && has_detail(d.key, d.start))
    return;
  call_figures_.ended(d);
  desk_.add(std::move(d));
}

/// Of a call that has just ended it may be on its way.
bool call_shard::has_detail(const key128& key, wall_time started) const {
  return desk_.holds(key) || (env_.has_detail && env_.has_detail(key, started));
}

/// Old ladders go even when no call comes.
void call_shard::keep_house() {
  ladders_.expire(shard_.now());
  stored_.keep_house(!directory_.entries.empty());
  write_what_was_missed();
  tell_overload();
  housekeeping_.start(shard_.timers(), shard_.now() + limits::housekeeping);
}

void call_shard::set_peers(const std::vector<std::unique_ptr<call_shard>>& all) {
  std::vector<ingress*> peers;
  std::vector<registrar_door*> doors;
  for (const auto& other : all) {
    peers.push_back(&other->ingress_);
    doors.push_back(&other->door_);
  }
  ingress_.set_peers(std::move(peers));
  door_.set_peers(std::move(doors));
}

std::string call_shard::calls_path() const {
  return numbered("signalling", shard_.index(), env_.settings.sip.shards) + "/calls";
}

std::vector<transport_facts> call_shard::transports() const {
  std::vector<transport_facts> out;
  for (std::size_t i = 0; i < sockets_.size(); ++i)
    out.push_back(facts_of(env_.settings.sip.listens[i].transport, sockets_[i]->local()));
  return out;
}

/// The answers of this turn are written after this, whatever comes of it: registrations that cannot
/// be kept on disk are kept in memory.
void call_shard::commit_registrations() {
  if (registration_changes_.empty())
    return;
  if (const auto done = registrations_.commit(registration_changes_); !done) {
    degraded_.add(1);
    env_.log.error("store", done.error() + "; degraded: registrations stay in memory meanwhile");
  }
  commits_.add(registration_changes_.size());
  registration_changes_.clear();
}

void call_shard::write_what_was_missed() {
  if (!registrations_.degraded() || !registrations_.retry())
    return;
  degraded_.add(-1);
  env_.log.info("store", "all registrations are on disk again");
}

void call_shard::tell_overload() {
  if (const auto news = ingress_.overload_news())
    env_.log.warning("sip.overload", *news);
}

void call_shard::reach(turn_point where) {
  if (env_.faults != nullptr)
    env_.faults->on_point(where);
}

bool call_shard::commit() {
  commit_registrations();
  if (changes_.empty())
    return false;
  wrote_ = true;
  reach(turn_point::before_commit);
  commit_calls();
  reach(turn_point::after_commit);
  auto told = std::move(waiting_);
  waiting_.clear();
  for (const auto& address : told) {
    msg::committed done;
    (void) static_cast<call*>(caf::actor_cast<caf::abstract_actor*>(address))->run_self(done);
  }
  return !told.empty();
}

/// The record of a call that has ended waits for its CDR.
void call_shard::commit_calls() {
  std::erase_if(changes_, [this](const cluster::record_change& c) {
    return !c.bytes && desk_.puts_off_erasing(c.key);
  });
  for (const auto& c : changes_)
    if (c.bytes)
      desk_.lives_again(c.key);
  if (!changes_.empty()) {
    const auto from = env_.time.now();
    stored_.commit(changes_);
    commit_s_.observe(std::chrono::duration<double>(env_.time.now() - from).count());
  }
  commits_.add(changes_.size());
  changes_.clear();
}

void call_shard::flush() {
  for (auto* s : sockets_)
    if (s != nullptr)
      s->flush();
  if (ingress_.has_drawn()) {
    ingress_.end_turn(env_.time.now() - shard_.now());
    tell_overload();
  }
  if (std::exchange(wrote_, false))
    reach(turn_point::after_flush);
}

void call_shard::send(const outgoing& out) {
  wrote_ = true;
  auto* s = sockets_[out.transport.value];
  if (s == nullptr)
    return ingress_.on_undeliverable(out);
  if (const auto other = s->held_by(out.to))
    return ingress_.pass_on(*other, out);
  s->add(out);
}

void call_shard::add(call& whose, std::string record) {
  changes_.push_back({whose.key(), std::move(record)});
  waiting_.push_back(caf::actor_cast<caf::actor>(&whose));
}

void call_shard::erase(const key128& key) {
  changes_.push_back({key, std::nullopt});
}

std::optional<std::string> call_shard::read(const key128& key) const {
  return stored_.read(key);
}

void call_shard::change_registration(const key128& key, std::optional<std::string> record) {
  registration_changes_.push_back({key, std::move(record)});
}

tl::expected<void, std::string>
call_shard::visit_registrations(const cluster::store::visitor& visit) const {
  return registrations_.visit_all(visit);
}

std::vector<user_summary> call_shard::registrations(std::size_t at_most) const {
  return registrar_ != nullptr ? registrar_->summaries(at_most) : std::vector<user_summary>{};
}

std::optional<user_summary> call_shard::registration(const std::string& user) const {
  return registrar_ != nullptr ? registrar_->summary(user) : std::nullopt;
}

std::size_t call_shard::registered_users() const {
  return registrar_ != nullptr ? registrar_->users() : 0;
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

std::vector<key128> call_shard::keys_like(std::string_view digits) const {
  std::vector<key128> found;
  for (const auto& [key, known] : directory_.entries)
    if (found.size() < 2 && to_string(key).starts_with(digits))
      found.push_back(key);
  ladders_.find_keys(digits, found);
  return found;
}

bool call_shard::end_call(const key128& key) {
  const auto* known = directory_.find(key);
  if (known == nullptr || known->here->over())
    return false;
  caf::anon_send(known->address, msg::end_call{});
  return true;
}

} // namespace tandem::actors
