#pragma once

#include "cluster/store/memory_store.hpp"
#include "protocols/sip/stream_session.hpp"
#include "runtime/io/simulated/simulated_clock.hpp"
#include "runtime/io/simulated/simulated_network.hpp"
#include "tests/actors/node_life.hpp"
#include "tests/actors/world.hpp"

#include <deque>

namespace tandem::test {

/// What the observers write to.
struct chronicle {
  const clock& time;
  time_point start = time.now();
  std::vector<happening> lines{};
  std::size_t life = 0;      ///< of `lines`, the first of the node's present life
  bool node_is_dead = false; ///< whatever it does now comes to nothing

  void add(happening h) {
    h.at = time.now() - start;
    lines.push_back(std::move(h));
  }
};

/// The node's network: notes what its sockets read and write.
class observed_network final : public network {
public:
  observed_network(network& below, chronicle& notes) : below_(below), notes_(notes) {}
  tl::expected<std::unique_ptr<udp_socket>, std::string>
  open_udp(reactor&, const ip_endpoint&, port_sharing, datagram_handler) override;
  tl::expected<std::unique_ptr<stream_listener>, std::string>
  listen_tcp(reactor&, const ip_endpoint&, port_sharing, accept_handler) override;
  std::unique_ptr<stream_socket> connect_tcp(reactor&, const ip_address&, const ip_endpoint&,
                                             stream_handlers) override;

private:
  network& below_;
  chronicle& notes_;
};

/// A store that notes each change, and fails when told to.
class observed_store final : public cluster::store {
public:
  explicit observed_store(chronicle& notes, happening::kind as = happening::kind::committed)
    : notes_(notes), as_(as) {}
  tl::expected<void, std::string> commit(std::span<const cluster::record_change>) override;
  [[nodiscard]] std::optional<std::string> read(const key128& k) const override {
    return below_.read(k);
  }
  [[nodiscard]] tl::expected<void, std::string> visit_all(const visitor& v) const override {
    return below_.visit_all(v);
  }
  [[nodiscard]] std::size_t size() const override { return below_.size(); }

  std::size_t failures = 0; ///< commits still to fail

private:
  [[nodiscard]] std::string text_of(const cluster::record_change&) const;

  cluster::memory_store below_;
  chronicle& notes_;
  happening::kind as_; ///< what a record written is noted as
};

struct world::parts {
  explicit parts(const world_settings&);

  [[nodiscard]] node_grounds grounds();

  sip_phone& add_phone(std::uint16_t port, ip_family, std::string protocol);
  [[nodiscard]] bool step();
  [[nodiscard]] std::optional<time_point> next() const;

  struct attached {
    std::unique_ptr<sip_phone> phone;
    std::unique_ptr<udp_socket> socket;
    std::unique_ptr<stream_listener> listener;
    stream_end line;
    sip::stream_session session{sip::stream_opener::ourselves, {}, {}};
  };
  void plug_in_udp(attached&);
  void plug_in_tcp(attached&);

  simulated_clock time;
  chronicle notes{time};
  simulated_network net;
  observed_network node_net{net, notes};
  simulated_reactor phones_bell{time};
  actors::fault_plan* faults = nullptr;
  std::deque<attached> phones;
  std::deque<stream_end> streams;
  strings log_lines;
  std::vector<actors::call_detail> details;
  std::vector<std::unique_ptr<observed_store>> stores;
  std::vector<std::unique_ptr<observed_store>> registrations;
  std::vector<std::unique_ptr<cluster::memory_store>> marks;
  std::vector<std::unique_ptr<cluster::memory_store>> damaged;
  node_shape shape;
  std::string boot_id = "boot";
  std::unique_ptr<node_life> node;
};

} // namespace tandem::test
