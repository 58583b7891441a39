#pragma once

#include "actors/call/services.hpp"
#include "actors/registrar/limits.hpp"
#include "actors/registrar/record/registration_codec.hpp"
#include "actors/registrar/registrar_door.hpp"
#include "actors/registrar/used_flows.hpp"
#include "cluster/store/store.hpp"
#include "protocols/sip/address_of_record.hpp"
#include "runtime/actor/sharded.hpp"
#include "runtime/telemetry/metrics.hpp"
#include "runtime/time/timer_wheel.hpp"

#include <caf/event_based_actor.hpp>

#include <array>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace tandem::msg {

/// A REGISTER whose sender has proved to be `user`; empty: nobody asked him, so he is whom To
/// names.
struct register_request {
  using stays_local = void;
  sip_input in;
  std::string user;
};

} // namespace tandem::msg

namespace tandem::actors {

/// Where registrations commit. A change is durable before what the same turn sends is written.
class registration_queue {
public:
  virtual ~registration_queue() = default;
  /// Nullopt: the user has no binding any more.
  virtual void change_registration(const key128&, std::optional<std::string> record) = 0;
  [[nodiscard]] virtual tl::expected<void, std::string>
  visit_registrations(const cluster::store::visitor&) const = 0;
};

/// What a registrar knows of its node.
struct registrar_facts {
  std::string boot_id; ///< of the machine's boot, from which the clock counts
  std::size_t bindings_per_node = limits::bindings_per_node;
};

/// Of all registrars of a node.
struct registrar_figures {
  explicit registrar_figures(metrics&);

  enum class result : std::uint8_t {
    ok,
    fetched,
    brief,
    refused,
    stranger,
    forbidden,
    full,
    count
  };
  void count(result r) { requests[static_cast<std::size_t>(r)]->add(); }

  gauge& bindings;
  gauge& users;
  std::array<counter*, static_cast<std::size_t>(result::count)> requests;
};

/// A user at the registrar, for the console.
struct user_summary {
  struct row {
    std::string uri;
    std::optional<std::uint16_t> q_thousandths;
    duration expires_in{};
    std::string peer;      ///< where its REGISTER came from
    std::string transport; ///< "UDP"
    std::string call_id;
    std::uint32_t cseq = 0;
  };
  std::string user;
  std::string user_agent; ///< of the last REGISTER
  duration since_register{};
  std::vector<row> bindings;
};

/// The registrar of one shard (RFC 3261 §10.3): owns the users whose keys name this shard.
class registrar final : public sharded<caf::event_based_actor> {
public:
  registrar(caf::actor_config&, shard&, tree_place, call_services&, registration_queue&,
            const keyed_hash&, const registrar_facts&, registrar_figures&);

  caf::behavior make_behavior() override;
  void on_exit() override;

  // In the shard's thread, for the console.
  [[nodiscard]] std::vector<user_summary> summaries(std::size_t at_most) const;
  /// Nullopt: not registered here.
  [[nodiscard]] std::optional<user_summary> summary(const std::string& user) const;
  [[nodiscard]] std::size_t users() const { return users_.size(); }
  /// A phone is registered by that connection.
  [[nodiscard]] bool is_reached_by(const flow& f) const { return flows_.has(f); }

private:
  struct user_entry {
    std::string user;
    std::string user_agent;
    sip::address_of_record aor;
    time_point last_register{};
    time_point armed{}; ///< of its entry in the heap of deadlines
  };
  using user_map = std::unordered_map<key128, user_entry>;
  struct deadline {
    time_point at;
    key128 key;
    bool operator>(const deadline& other) const { return at > other.at; }
  };

  void restore();
  void on_register(const msg::register_request&);
  void apply(const msg::sip_input&, const std::string& user);
  void on_find(msg::find_user&);
  void on_timer();
  void commit(const key128&, const user_entry&);
  /// After anything that may have moved the first deadline of an entry, or emptied it.
  void settle(user_map::iterator);
  void arm(const key128&, user_entry&);
  void start_timer();
  void rebuild_deadlines();
  void answer(const msg::sip_input&, const std::string& user, sip::register_answer,
              const user_entry* = nullptr);
  [[nodiscard]] sip::registrar_rules rules(std::size_t bindings_now) const;
  [[nodiscard]] moment this_moment() const;
  [[nodiscard]] user_summary describe(const user_entry&) const;

  call_services& services_;
  registration_queue& queue_;
  const keyed_hash& hash_;
  const registrar_facts& facts_;
  registrar_figures& figures_;
  user_map users_;
  used_flows flows_;
  std::vector<deadline> deadlines_; ///< a heap; entries that are not `armed` ones are stale
  timer timer_ = timer::calling<&registrar::on_timer>(this);
};

} // namespace tandem::actors
