#pragma once

#include "actors/call/services.hpp"
#include "actors/calls/call_archive.hpp"
#include "actors/calls/claims.hpp"
#include "actors/calls/directory.hpp"
#include "runtime/time/timer_wheel.hpp"

#include <caf/event_based_actor.hpp>

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace tandem::msg {

/// The router has decided what this INVITE is for.
struct open_call {
  using stays_local = void;
  key128 key;
  sip_input invite;
  actors::app_record application;
  std::string user; ///< who has proved to be the caller; empty: nobody was asked
  media_path media = media_path::anchored;
};

/// Bring to life what is stored; before anything is read from the wire.
struct restore_calls {
  using stays_local = void;
};

} // namespace tandem::msg

namespace tandem::actors {

/// Dynamic supervisor of one shard's calls: starts them, knows them by key, and notices each end.
/// What a call can recover from it recovers itself, from its last commit; one that dies as an actor
/// (somebody killed it) is brought back here, limits::revivals_per_call times at most. What was
/// stored when it starts (the process was restarted, or this actor) is restored from there.
class calls final : public sharded<caf::event_based_actor> {
public:
  calls(caf::actor_config&, shard&, tree_place, call_services&, call_directory&, call_archive&);

  caf::behavior make_behavior() override;
  void on_exit() override;

private:
  /// What a restore came to.
  struct outcome_count {
    std::size_t restored = 0;
    std::size_t ended = 0;   ///< their CDR was written, only the erasure of the record was not
    std::size_t orphans = 0; ///< closed: nobody was there for too long
    std::size_t broken = 0;  ///< could not be restored
  };

  void open(msg::open_call&);
  const caf::actor& start(call_start, claims::token = nullptr);
  void restore();
  void bring_back_alone(const key128&);
  void revive(const stored_call&, duration downtime, outcome_count&);
  void bring_back(const stored_call&, call_record, outcome_count&);
  void give_up(const stored_call&, std::string_view why, outcome_count&);
  void say(const outcome_count&, time_point began);
  void reinvite_some();
  void refuse(const msg::open_call&, std::uint16_t status);
  void on_down(const caf::down_msg&);
  void close();

  call_services& services_;
  call_directory& directory_;
  call_archive& archive_;
  claims pending_;  ///< calls that are not answered yet. Restored ones count for nobody
  claims standing_; ///< all of them
  std::unordered_map<caf::actor_id, key128> keys_;
  std::vector<key128> to_reinvite_;
  std::unordered_map<key128, std::uint32_t> revived_; ///< how often one died as an actor
  timer reinvite_timer_ = timer::calling<&calls::reinvite_some>(this);
  bool closing_ = false;
};

} // namespace tandem::actors
