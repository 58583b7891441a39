#pragma once

#include "cluster/store/store.hpp"
#include "runtime/io/network.hpp"
#include "tests/sim/trace.hpp"

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace tandem::test {

/// Whether a life of the node still reaches the world. When it is off, the process is dead and has
/// not noticed yet: nothing that it does is seen by anybody.
struct power {
  bool on = true;
};

using notary = std::function<void(trace_line)>;

/// The node's cable during one life.
class edge_network final : public network {
public:
  edge_network(network& below, std::shared_ptr<const power> life, notary note)
    : below_(below), life_(std::move(life)), note_(std::move(note)) {}

  [[nodiscard]] tl::expected<std::unique_ptr<udp_socket>, std::string>
  open_udp(reactor&, const ip_endpoint&, port_sharing, datagram_handler) override;
  [[nodiscard]] tl::expected<std::unique_ptr<stream_listener>, std::string>
  listen_tcp(reactor& r, const ip_endpoint& local, port_sharing s, accept_handler h) override {
    return below_.listen_tcp(r, local, s, std::move(h));
  }
  [[nodiscard]] std::unique_ptr<stream_socket> connect_tcp(reactor& r, const ip_address& local,
                                                           const ip_endpoint& to,
                                                           stream_handlers h) override {
    return below_.connect_tcp(r, local, to, std::move(h));
  }

private:
  network& below_;
  std::shared_ptr<const power> life_;
  notary note_;
};

/// A disk: outlives the lives of the node, and forgets its last commits when the power fails.
class edge_disk {
public:
  struct batch {
    std::vector<std::pair<key128, std::optional<std::string>>> before; ///< what they replaced
  };

  /// Undoes the last commits; returns the keys that they were about.
  std::set<key128> tear(std::size_t commits);
  [[nodiscard]] std::size_t size() const { return records.size(); }
  void change(const key128&, const std::optional<std::string>&);

  std::map<key128, std::string> records;
  std::deque<batch> recent;
};

/// What a life of the node sees of it.
class edge_store final : public cluster::store {
public:
  edge_store(edge_disk& disk, std::shared_ptr<const power> life, notary note)
    : disk_(disk), life_(std::move(life)), note_(std::move(note)) {}

  [[nodiscard]] tl::expected<void, std::string>
      commit(std::span<const cluster::record_change>) override;
  [[nodiscard]] std::optional<std::string> read(const key128&) const override;
  [[nodiscard]] tl::expected<void, std::string> visit_all(const visitor&) const override;
  [[nodiscard]] std::size_t size() const override { return disk_.size(); }

private:
  edge_disk& disk_;
  std::shared_ptr<const power> life_;
  notary note_;
};

} // namespace tandem::test
