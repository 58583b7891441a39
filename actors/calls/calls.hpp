#pragma once

#include "actors/call/services.hpp"
#include "actors/calls/directory.hpp"

#include <caf/event_based_actor.hpp>

#include <unordered_map>

namespace tandem::msg {

/// The router has decided what this INVITE is for.
struct open_call {
  using stays_local = void;
  key128 key;
  sip_input invite;
  actors::app_record application;
};

} // namespace tandem::msg

namespace tandem::actors {

/// Dynamic supervisor of one shard's calls: starts them, knows them by key, and notices each end.
/// Calls are temporary: what a call can recover from it recovers itself, from its last commit.
class calls final : public sharded<caf::event_based_actor> {
public:
  calls(caf::actor_config&, shard&, tree_place, call_services&, call_directory&);

  caf::behavior make_behavior() override;
  void on_exit() override;

private:
  void open(msg::open_call&);
  void refuse(const msg::sip_input&, std::uint16_t status);
  void on_down(const caf::down_msg&);
  void close();

  call_services& services_;
  call_directory& directory_;
  std::unordered_map<caf::actor_id, key128> keys_;
  bool closing_ = false;
};

} // namespace tandem::actors
