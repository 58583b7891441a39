#pragma once

#include "actors/call/services.hpp"
#include "runtime/actor/sharded.hpp"

#include <caf/actor.hpp>
#include <caf/event_based_actor.hpp>

namespace tandem::msg {

/// A request that belongs to no call of ours; `key` is that which its call would have.
struct unowned_request {
  using stays_local = void;
  key128 key;
  sip_input in;
};

} // namespace tandem::msg

namespace tandem::actors {

/// Decides what becomes of requests that belong to no call: an INVITE is routed to a call
/// application, OPTIONS is answered, all else is refused as RFC 3261 §8.2 asks.
class router final : public sharded<caf::event_based_actor> {
public:
  router(caf::actor_config&, shard&, tree_place, call_services&, caf::actor calls);

  caf::behavior make_behavior() override;
  void on_exit() override { calls_ = nullptr; }

private:
  void on_request(msg::unowned_request&);
  void on_invite(msg::unowned_request&);
  void answer(const msg::sip_input&, const key128&, std::uint16_t status);

  call_services& services_;
  caf::actor calls_;
};

} // namespace tandem::actors
