#pragma once

#include "actors/auth/authenticator.hpp"
#include "actors/call/fault_plan.hpp"
#include "actors/call/services.hpp"
#include "actors/calls/call_archive.hpp"
#include "actors/calls/directory.hpp"
#include "actors/messages/directory.hpp"
#include "actors/messages/limits.hpp"
#include "actors/messages/message_figures.hpp"
#include "actors/node/call_figures.hpp"
#include "actors/node/detail_desk.hpp"
#include "actors/node/stored_calls.hpp"
#include "actors/registrar/registrar.hpp"
#include "actors/transport/ingress.hpp"
#include "cluster/store/patient_store.hpp"
#include "config/configuration.hpp"
#include "runtime/actor/shard.hpp"
#include "runtime/actor/supervisor.hpp"
#include "runtime/actor/tree.hpp"
#include "runtime/io/network.hpp"
#include "runtime/telemetry/metrics.hpp"

#include <caf/actor.hpp>
#include <caf/actor_system.hpp>

#include <future>
#include <memory>
#include <string>
#include <vector>

namespace tandem::actors {

class transport;
struct stream_counters;

/// How many stores have calls or registrations that are not on disk.
[[nodiscard]] gauge& make_degraded_gauge(metrics&);

/// What all shards of a node share; outlives them.
struct node_environment {
  caf::actor_system& system;
  tree& actors;
  const configuration& settings;
  const node_facts& facts;
  const clock& time;
  network& net;
  media::engine& media;
  const keyed_hash& hash;
  const hash_functions& hashes;
  event_log& log;
  metrics& figures;
  detail_writer write_details;
  /// A supervisor gave up: the node cannot go on. In the shard's thread.
  std::function<void(const std::string& why)> give_up;
  flow_directory& flows;
  registrar_facts registrar{};
  std::size_t messages_per_shard = limits::messages_per_shard;
  fault_plan* faults = nullptr; ///< null: none are wanted
  /// Whether the CDR of this call stands in its file; for calls that are restored. Any thread.
  std::function<bool(const key128&, wall_time started)> has_detail{};
};

/// One shard with all that lives on it: transports, router, calls, and the two stages that end its
/// turn: the commit of what calls changed, and the write of what they send. It makes no thread.
class call_shard final : private turn_stage,
                         private outbox,
                         private commit_queue,
                         private registration_queue,
                         private call_archive,
                         private call_counters {
public:
  call_shard(node_environment&, std::uint32_t index, reactor&, const shard_stores&);
  ~call_shard() override;

  /// Spawns its supervisor, which starts calls, router and, last, the transports that bind every
  /// `[[sip.listen]]`. The error is a sentence. In the thread that steps the shard.
  [[nodiscard]] tl::expected<void, std::string> open(port_sharing);
  /// Brings the stored calls to life; once the node knows its transports and before its first
  /// datagram is read.
  void restore_calls();
  /// Ready when that is done, once.
  [[nodiscard]] std::future<void> restored() { return restored_.get_future(); }
  /// Gives the writer what waits for company; when the shard's thread has ended.
  void hand_over_details() { desk_.hand_over(); }
  /// All shards of the node in order, before the first datagram.
  void set_peers(const std::vector<std::unique_ptr<call_shard>>&);

  [[nodiscard]] shard& home() { return shard_; }
  [[nodiscard]] reactor& bell() { return bell_; }
  [[nodiscard]] ingress& way_in() { return ingress_; }
  [[nodiscard]] const caf::actor& root() const { return root_; }
  /// Where its transports really listen: a port of 0 was replaced.
  [[nodiscard]] std::vector<transport_facts> transports() const;

  /// Where its calls stand in the tree.
  [[nodiscard]] std::string calls_path() const;

  // Only in the shard's thread.
  /// Users, trunks and routes of these from now on; live calls are not touched.
  void apply(std::shared_ptr<const configuration> settings) {
    auth_.apply(settings);
    services_.settings = std::move(settings);
  }
  [[nodiscard]] std::vector<call_summary> summaries(std::size_t at_most) const;
  [[nodiscard]] std::optional<call_summary> summary(const key128&) const;
  [[nodiscard]] std::shared_ptr<const ladder> trace(const key128&) const;
  /// Keys of calls, live and ended, that begin with `digits`; two at most, which is one too many.
  [[nodiscard]] std::vector<key128> keys_like(std::string_view digits) const;
  /// False: no such call.
  [[nodiscard]] bool end_call(const key128&);
  void end_all_calls();
  /// Calls with a leg that is not over.
  [[nodiscard]] std::size_t live_calls() const;
  [[nodiscard]] std::size_t calls() const { return directory_.entries.size(); }
  [[nodiscard]] std::vector<user_summary> registrations(std::size_t at_most) const;
  /// Nullopt: not registered on this shard.
  [[nodiscard]] std::optional<user_summary> registration(const std::string& user) const;
  [[nodiscard]] std::size_t registered_users() const;
  /// Of the configuration in force.
  [[nodiscard]] bool has_user(std::string_view name) const {
    return find_user(*services_.settings, name) != nullptr;
  }
  [[nodiscard]] const registrar_door& door() const { return door_; }

private:
  [[nodiscard]] std::vector<child_row> rows(port_sharing);
  [[nodiscard]] caf::actor start_transport(std::size_t, port_sharing, tree_place);
  template <class Transport, class... Surroundings>
  [[nodiscard]] caf::actor start(std::size_t, tree_place, port_sharing, Surroundings&&...);
  bool commit() override;
  void flush() override;
  void send(const outgoing&) override;
  void add(call&, std::string record) override;
  void erase(const key128&) override;
  [[nodiscard]] std::optional<std::string> read(const key128&) const override;
  void change_registration(const key128&, std::optional<std::string>) override;
  [[nodiscard]] tl::expected<void, std::string>
  visit_registrations(const cluster::store::visitor&) const override;
  [[nodiscard]] duration downtime() const override { return stored_.downtime(); }
  [[nodiscard]] tl::expected<void, std::string> visit(const visitor& v) const override {
    return stored_.visit(v);
  }
  void visit(const key128& k, const visitor& v) const override { stored_.visit(k, v); }
  [[nodiscard]] std::uint32_t begin_attempt(const key128& k) override {
    return stored_.begin_attempt(k);
  }
  void end_attempts() override;
  void set_aside(const key128&, std::string_view bytes) override;
  [[nodiscard]] bool has_detail(const key128&, wall_time started) const override;
  void commit_registrations();
  void reach(turn_point);
  void commit_calls();
  void write_what_was_missed();
  void tell_overload();
  void stray_message() override { figures_.stray.add(); }
  void input_dropped() override { dropped_.add(); }
  void fault() override { faults_.add(); }
  void call_opened() override { call_figures_.opened(); }
  void call_answered() override { call_figures_.answered(); }

  node_environment& env_;
  reactor& bell_;
  cluster::patient_store registrations_;
  shard shard_;
  ladder_archive ladders_;
  call_directory directory_;
  message_directory messages_;
  ingress_counters figures_;
  std::unique_ptr<stream_counters> stream_figures_;
  call_figures call_figures_;
  counter& dropped_;
  counter& faults_;
  counter& commits_;
  histogram& commit_s_;
  counter& unrestored_;
  registrar_figures registrar_figures_;
  message_figures message_figures_;
  gauge& degraded_;
  stored_calls stored_;
  detail_desk desk_;
  call_services services_;
  authenticator auth_;
  registrar_door door_;
  ingress ingress_;
  std::vector<transport*> sockets_; ///< in the order of [[sip.listen]]; null while one is down
  registrar* registrar_ = nullptr;  ///< null while it is down
  std::string failure_;             ///< why a transport could not be opened, or all was given up
  caf::actor root_;
  caf::actor calls_;

  void record(call_detail);
  void keep_house();
  timer housekeeping_ = timer::calling<&call_shard::keep_house>(this);
  bool wrote_ = false;       ///< this turn has something committed or sent
  bool is_restored_ = false; ///< restore_calls() was called: from now on calls do it at their start
  bool told_restored_ = false;
  std::promise<void> restored_;

  std::vector<cluster::record_change> changes_;
  std::vector<cluster::record_change> registration_changes_;
  std::vector<caf::actor> waiting_; ///< calls whose records are in changes_
};

} // namespace tandem::actors
