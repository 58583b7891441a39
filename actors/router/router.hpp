#pragma once

#include "actors/auth/authenticator.hpp"
#include "actors/call/services.hpp"
#include "actors/registrar/registrar_door.hpp"
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

/// Decides what becomes of requests that belong to no call: OPTIONS is answered; who wants more has
/// to pass the authenticator first (RFC 3261 §8.2: before all other inspection); an INVITE is
/// routed to a call application or to a registered user, REGISTER goes to the registrar, all else
/// is refused as §8.2 asks. Nothing is kept for what is refused.
class router final : public sharded<caf::event_based_actor> {
public:
  router(caf::actor_config&, shard&, tree_place, call_services&, authenticator&, caf::actor calls,
         registrar_door&);

  caf::behavior make_behavior() override;
  void on_exit() override { calls_ = nullptr; }

private:
  void on_request(msg::unowned_request&);
  void on_invite(msg::unowned_request&, std::string proved);
  /// Whom the request's sender has proved to be, empty if he need not; nullopt: it has been
  /// answered or dropped.
  [[nodiscard]] std::optional<std::string> admit(const msg::unowned_request&);
  void on_found(msg::user_found&);
  void answer(const msg::sip_input&, const key128&, std::uint16_t status);
  void send_answer(const msg::sip_input&, std::uint16_t status, wire_bytes);

  call_services& services_;
  authenticator& auth_;
  caf::actor calls_;
  registrar_door& registrars_;
};

} // namespace tandem::actors
