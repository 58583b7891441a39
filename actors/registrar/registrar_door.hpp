#pragma once

#include "actors/calls/calls.hpp"
#include "actors/messages/message_exchange.hpp"
#include "runtime/actor/shard.hpp"
#include "runtime/base/key.hpp"

#include <caf/actor.hpp>

#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace tandem::msg {

/// What waits until somebody is found.
using waiting_request = std::variant<open_call, open_message>;

/// Where is this user? The answer goes to `asker` as user_found, with what waits for it.
struct find_user {
  using stays_local = void;
  std::string user;
  caf::actor asker;
  waiting_request waiting;
};

/// The user's contacts, best first; none: he is not registered.
struct user_found {
  using stays_local = void;
  waiting_request waiting;
  std::vector<actors::contact> contacts;
};

} // namespace tandem::msg

namespace tandem::actors {

/// The way to the registrars of one shard and, through it, to those of the others: a user belongs
/// to the shard that the key of its address-of-record names.
class registrar_door {
public:
  registrar_door(shard& home, const keyed_hash& hash) : home_(home), hash_(hash) {}

  /// At each start of the actor.
  void set_registrar(caf::actor here) { here_ = std::move(here); }
  void set_peers(std::vector<registrar_door*> by_shard) { peers_ = std::move(by_shard); }
  void close() { here_ = nullptr; }

  [[nodiscard]] std::size_t shard_of(std::string_view user) const;
  /// To the shard that owns the user, and into its registrar's mailbox. In this shard's thread.
  void deliver(msg::find_user);
  /// REGISTER is read by whichever shard the kernel chose; the ingress has brought it to the
  /// owner's.
  [[nodiscard]] const caf::actor& here() const { return here_; }

private:
  shard& home_;
  const keyed_hash& hash_;
  caf::actor here_;
  std::vector<registrar_door*> peers_;
};

} // namespace tandem::actors
