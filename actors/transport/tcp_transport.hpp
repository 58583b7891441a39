#pragma once

#include "actors/transport/flow_directory.hpp"
#include "actors/transport/ingress.hpp"
#include "actors/transport/transport.hpp"
#include "protocols/sip/stream_session.hpp"
#include "runtime/actor/sharded.hpp"
#include "runtime/io/network.hpp"
#include "runtime/time/timer_wheel.hpp"

#include <caf/event_based_actor.hpp>

#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

namespace tandem::actors {

/// Figures of all streams of a node.
struct stream_counters {
  explicit stream_counters(metrics&);
  counter& accepted;
  counter& opened;
  counter& refused;       ///< beyond a limit of connections
  counter& failed;        ///< opened by us in vain
  counter& never_spoke;   ///< closed: no message came
  counter& half_message;  ///< closed: a message was begun and not ended
  counter& idle;          ///< closed: nobody used it
  counter& broken;        ///< closed: its bytes could not be framed
  counter& slow;          ///< closed: its peer did not read
  counter& crowded;       ///< closed to make room for another peer
  counter& undeliverable; ///< messages that reached no connection

private:
  [[nodiscard]] static counter& closed(metrics&, const char* why);
};

/// How many connections one listening socket of one shard holds, and for how long.
struct stream_settings {
  std::size_t connections = 4096;
  std::size_t connections_per_peer = 256; ///< accepted from one address (IPv6: one /64)
  sip::stream_times times;
};

/// One listening TCP address of one shard with its connections, those that peers opened and those
/// that we did (RFC 3261 §18). Each stands in the tree below it. A message goes over the connection
/// to its peer while that stands, else a new one is opened (§18.1.1); a response whose connection
/// is gone goes to the sent-by of its Via (§18.2.2). Who sent a request that cannot leave is told.
class tcp_transport final : public sharded<caf::event_based_actor>, public transport {
public:
  struct surroundings {
    network& net;
    reactor& bell;
    ingress& in;
    flow_directory& flows;
    stream_counters& figures;
    stream_settings settings;
  };
  tcp_transport(caf::actor_config&, shard&, tree_place, transport_index, const surroundings&);
  ~tcp_transport() override;

  caf::behavior make_behavior() override;
  void on_exit() override;

  /// Listens. The error is a sentence.
  [[nodiscard]] tl::expected<void, std::string> open(const ip_endpoint& local, port_sharing);
  [[nodiscard]] ip_endpoint local() const override { return listener_->local(); }
  void add(const outgoing&) override;
  void flush() override;
  [[nodiscard]] std::optional<std::uint32_t> held_by(const ip_endpoint&) const override;
  void keep(const ip_endpoint&) override;

private:
  struct connection;

  void accept(std::unique_ptr<stream_socket>);
  [[nodiscard]] bool make_room(const ip_endpoint& newcomer);
  void connect(const ip_endpoint& to, const outgoing& first);
  [[nodiscard]] connection* find(const ip_endpoint& peer) const;
  void insert(std::unique_ptr<connection>, std::unique_ptr<stream_socket>);
  void give(connection&, const outgoing&);
  void on_open(connection&);
  void on_bytes(connection&, std::string_view);
  void on_end(connection&, std::string_view why);
  void on_timer(connection&);
  void on_fault(connection&, sip::stream_fault);
  /// False: its peer does not read; it is cut when this turn ends.
  [[nodiscard]] bool say(connection&, std::shared_ptr<const std::string>);
  void arm(connection&);
  void refuse(connection&);
  void forget(const ip_endpoint& peer);
  void undeliverable(const outgoing&);

  transport_index index_;
  surroundings around_;
  std::unique_ptr<stream_listener> listener_;
  std::unordered_map<ip_endpoint, std::unique_ptr<connection>> connections_;
  std::unordered_map<ip_endpoint, std::vector<connection*>> accepted_from_; ///< by site
  std::vector<ip_endpoint> refused_; ///< connections to close once this turn has written
  std::vector<ip_endpoint> written_; ///< connections with something to flush
  std::vector<ip_endpoint> cut_;     ///< connections to close when this turn ends
};

} // namespace tandem::actors
