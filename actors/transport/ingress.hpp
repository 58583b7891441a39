#pragma once

#include "actors/admission/gate.hpp"
#include "actors/call/services.hpp"
#include "actors/calls/directory.hpp"
#include "actors/messages/directory.hpp"
#include "runtime/actor/shard.hpp"
#include "runtime/io/network.hpp"
#include "runtime/telemetry/metrics.hpp"

#include <caf/actor.hpp>

#include <functional>
#include <vector>

namespace tandem::actors {

/// Figures of what came by wire.
struct ingress_counters {
  counter& received;
  counter& malformed;
  counter& stray;
  counter& crossed; ///< read by another shard than the call's
  counter& unsent;
};

/// The way in of one shard: reads a message once, tells whose it is by key, and hands it to that
/// call's mailbox, here or on the shard that owns the call. What would begin something waits at the
/// gate of that shard until a turn draws it.
class ingress {
public:
  ingress(shard& home, const node_facts&, call_directory&, const message_directory&, outbox&,
          const keyed_hash&, ingress_counters, const gate_counters&);

  /// Set once, before the first datagram.
  void set_router(caf::actor router) { router_ = std::move(router); }
  void set_peers(std::vector<ingress*> by_shard) { peers_ = std::move(by_shard); }
  /// Says what share a source has of what is begun.
  void set_share(std::function<std::size_t(const ip_endpoint&)> asked) {
    share_ = std::move(asked);
  }
  void close() { router_ = nullptr; }

  /// One datagram, or one whole message of a stream.
  void on_datagram(transport_index, const received_datagram&);
  /// What a stream delivered and cannot be framed: answered as far as it can be.
  void on_broken(transport_index, const received_datagram&);
  /// The call that sent this request is told that it cannot leave (RFC 3261 §18.4).
  void on_undeliverable(const outgoing&);

  /// In this turn the gate was asked.
  [[nodiscard]] bool has_drawn() const { return has_drawn_; }
  /// The turn is over and has taken so long.
  void end_turn(duration spent) {
    has_drawn_ = false;
    gate_.spent(spent);
  }
  [[nodiscard]] std::optional<std::string> overload_news() { return gate_.news(home_.now()); }

  /// A call or registration of this shard holds on to that connection.
  [[nodiscard]] bool uses(const flow&) const;
  /// Says whether a phone is registered by that connection.
  void set_registered(std::function<bool(const flow&)> asked) { registered_ = std::move(asked); }
  /// Asks the other shards; one that uses it has its keeper told. False: there are none.
  [[nodiscard]] bool ask_others(const flow&);
  void set_keeper(std::function<void(const flow&)> keeper) { keeper_ = std::move(keeper); }
  /// The connection is that shard's.
  void pass_on(std::uint32_t shard, const outgoing&);
  void count_unsent(std::size_t n) { counters_.unsent.add(n); }
  /// To the call of that key, whichever shard reads this. For media events.
  void deliver(const key128&, msg::media_event);

private:
  [[nodiscard]] std::optional<key128> key_of(const sip::message&) const;
  [[nodiscard]] key128 among_retries(const key128& first, const sip::message&) const;
  [[nodiscard]] ingress& owner(const key128&);
  /// The call or message of that key to which this belongs; null: there is none.
  [[nodiscard]] const caf::actor* find(const key128&, const sip::message&) const;
  void accept(const key128&, msg::sip_input);
  void tell(const key128&, msg::undeliverable);
  [[nodiscard]] std::uint64_t id_of(const sip::message&) const;
  void wait(const key128&, msg::sip_input);
  void draw();
  void begin(newcomer);
  void refuse(const newcomer&);
  void answer(const sip::message&, transport_index, const ip_endpoint& source, std::uint16_t status,
              std::string_view reason, std::string_view to_tag = "bad");

  shard& home_;
  const node_facts& facts_;
  call_directory& directory_;
  const message_directory& messages_;
  outbox& wire_;
  const keyed_hash& hash_;
  ingress_counters counters_;
  gate gate_;
  bool will_draw_ = false; ///< in the next turn
  bool has_drawn_ = false; ///< in this turn
  std::function<std::size_t(const ip_endpoint&)> share_;
  caf::actor router_;
  std::vector<ingress*> peers_;
  std::function<void(const flow&)> keeper_;
  std::function<bool(const flow&)> registered_;
};

} // namespace tandem::actors
