#pragma once

#include "actors/auth/authenticator.hpp"
#include "actors/call/services.hpp"
#include "actors/messages/directory.hpp"
#include "actors/messages/message_figures.hpp"
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
/// routed to a call application or to a registered user, a MESSAGE likewise to a route's target or
/// to a user, REGISTER goes to the registrar, all else is refused as §8.2 asks. Nothing is kept for
/// what is refused.
class router final : public sharded<caf::event_based_actor> {
public:
  router(caf::actor_config&, shard&, tree_place, call_services&, authenticator&, caf::actor calls,
         registrar_door&, const message_directory&, message_figures&);

  caf::behavior make_behavior() override;
  void on_exit() override { calls_ = nullptr; }

private:
  /// Where a request goes: as a route says, or to a user of ours.
  struct destination {
    route_match route;
    std::optional<std::string> user; ///< whose phones are meant
  };

  void on_request(msg::unowned_request&);
  void on_invite(msg::unowned_request&, std::string proved);
  void on_message(msg::unowned_request&, std::string proved);
  /// Nullopt: there is no such number or user.
  [[nodiscard]] std::optional<destination> destination_of(const sip::message&) const;
  /// Whom the request's sender has proved to be, empty if he need not; nullopt: it has been
  /// answered or dropped.
  [[nodiscard]] std::optional<std::string> admit(const msg::unowned_request&);
  void on_found(msg::user_found&);
  void answer(const msg::sip_input&, const key128&, std::uint16_t status);
  void answer(const msg::sip_input&, const key128&, message_result, std::uint16_t status);
  void send_answer(const msg::sip_input&, std::uint16_t status, wire_bytes);

  call_services& services_;
  authenticator& auth_;
  caf::actor calls_;
  registrar_door& registrars_;
  const message_directory& messages_;
  message_figures& message_figures_;
};

} // namespace tandem::actors
