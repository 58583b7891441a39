#pragma once

#include "runtime/io/network.hpp"
#include "runtime/io/simulated/simulated_random.hpp"
#include "runtime/io/simulated/simulated_reactor.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

namespace tandem {

/// How a path treats its datagrams; probabilities are 0 to 1. Two datagrams overtake each other
/// when `jitter` gives the second the shorter way, or when `reorder` holds the first back.
struct path_conditions {
  duration latency = std::chrono::microseconds{200};
  duration jitter{}; ///< Added evenly from 0 up to this.
  double loss = 0;
  double duplication = 0;
  double reorder = 0;
  duration reorder_delay = std::chrono::milliseconds{10};
  /// Streams are cut into segments of 1 up to this many bytes, drawn; 0: as they were written.
  /// What arrives at one moment is read in one piece. Nothing of a stream is lost or reordered.
  std::size_t segment_bytes = 0;
};

/// Datagrams and streams between sockets of one process, drawn from a seed. The reactors given to
/// it must be `simulated_reactor`s; a datagram arrives in the receiver's `poll()` once its clock
/// has reached the moment. Hosts share one time line here. One thread.
class simulated_network final : public network {
public:
  explicit simulated_network(std::uint64_t seed, const path_conditions& = {});
  ~simulated_network() override;

  /// The address must be a concrete one: the simulation has no interfaces to stand for 0.0.0.0.
  [[nodiscard]] tl::expected<std::unique_ptr<udp_socket>, std::string>
  open_udp(reactor&, const ip_endpoint& local, port_sharing, datagram_handler) override;

  [[nodiscard]] tl::expected<std::unique_ptr<stream_listener>, std::string>
  listen_tcp(reactor&, const ip_endpoint& local, port_sharing, accept_handler) override;
  [[nodiscard]] std::unique_ptr<stream_socket>
  connect_tcp(reactor&, const ip_address& local, const ip_endpoint& to, stream_handlers) override;

  /// For every path that has none of its own.
  void set_conditions(const path_conditions&);
  /// For datagrams from one address to another, that way only.
  void set_path(const ip_address& from, const ip_address& to, const path_conditions&);
  /// Cuts or restores an address, both ways: the host or its cable. Streams wait and go on.
  void set_cut(const ip_address&, bool cut);
  /// Every stream of this address is reset, as a firewall that lost its table does it.
  void reset_streams(const ip_address&);

  struct counts {
    std::size_t sent = 0;        ///< Datagrams given to `send()` and taken.
    std::size_t delivered = 0;   ///< Datagrams handed to a handler, duplicates included.
    std::size_t lost = 0;        ///< Drawn to be lost, or cut.
    std::size_t duplicated = 0;  ///< Extra copies.
    std::size_t unreachable = 0; ///< No socket at the destination when it arrived.
  };
  [[nodiscard]] counts counted() const;
  /// Hash of every delivery so far: when, from, to, bytes. Two runs are the same run if and only
  /// if (to 64 bits) these agree.
  [[nodiscard]] std::uint64_t trace_hash() const;

private:
  class socket;
  struct medium;
  std::shared_ptr<medium> medium_;
};

} // namespace tandem
