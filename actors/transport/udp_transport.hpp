#pragma once

#include "actors/transport/ingress.hpp"
#include "actors/transport/transport.hpp"
#include "runtime/actor/sharded.hpp"
#include "runtime/io/network.hpp"

#include <caf/event_based_actor.hpp>

#include <memory>
#include <string>
#include <vector>

namespace tandem::actors {

/// One listening UDP socket of one shard. What arrives is parsed once and handed to the ingress;
/// what is to be sent is gathered and written at the end of the turn.
class udp_transport final : public sharded<caf::event_based_actor>, public transport {
public:
  struct surroundings {
    network& net;
    reactor& bell;
    ingress& in;
  };
  udp_transport(caf::actor_config&, shard&, tree_place, transport_index, const surroundings&);

  caf::behavior make_behavior() override;
  void on_exit() override;

  /// Binds. The error is a sentence.
  [[nodiscard]] tl::expected<void, std::string> open(const ip_endpoint& local, port_sharing);
  [[nodiscard]] ip_endpoint local() const override { return socket_->local(); }

  void add(const outgoing& out) override { batch_.push_back({out.to, out.bytes}); }
  void flush() override;

private:
  void on_batch(std::span<const received_datagram>);

  transport_index index_;
  surroundings around_;
  std::unique_ptr<udp_socket> socket_;
  std::vector<outgoing_datagram> batch_;
};

} // namespace tandem::actors
