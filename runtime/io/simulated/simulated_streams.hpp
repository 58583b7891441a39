#pragma once

// Private to this folder: the streams of simulated_network.
#include "runtime/io/simulated/simulated_network.hpp"
#include "runtime/io/simulated/trace.hpp"

#include <functional>
#include <map>
#include <vector>

namespace tandem {

struct simulated_connection;

class simulated_streams : public std::enable_shared_from_this<simulated_streams> {
public:
  using path_of = std::function<path_conditions(const ip_address& from, const ip_address& to)>;
  using cut_between = std::function<bool(const ip_endpoint&, const ip_endpoint&)>;

  simulated_streams(simulated_random& draw, simulated_trace& seen, path_of, cut_between);

  [[nodiscard]] tl::expected<std::unique_ptr<stream_listener>, std::string>
  listen(simulated_reactor&, const ip_endpoint& local, port_sharing, accept_handler);
  [[nodiscard]] std::unique_ptr<stream_socket> connect(simulated_reactor&, const ip_address& local,
                                                       const ip_endpoint& to, stream_handlers);
  /// A path was restored: what waited goes on.
  void wake();
  void reset(const ip_address&);

private:
  class socket;
  class listener;
  struct accepting {
    simulated_reactor& host;
    port_sharing sharing;
    accept_handler on_accept;
  };
  using connection_ptr = std::shared_ptr<simulated_connection>;

  void arrive(const connection_ptr&);
  void open(const connection_ptr&);
  [[nodiscard]] std::shared_ptr<accepting> find(const ip_endpoint& to, const ip_endpoint& from);
  void carry(const connection_ptr&, std::size_t from_side);
  void launch(const connection_ptr&, std::size_t to_side, std::string bytes);
  void deliver(const connection_ptr&, std::size_t side);
  void close(const connection_ptr&, std::size_t from_side);
  void tell_end(const connection_ptr&, std::size_t side, const std::string& why);

  simulated_random& draw_;
  simulated_trace& seen_;
  path_of path_;
  cut_between is_cut_;
  std::multimap<ip_endpoint, std::weak_ptr<accepting>> listeners_;
  std::vector<std::weak_ptr<simulated_connection>> connections_;
  std::uint16_t next_port_ = 32'768; // the kernel's own choice begins there
};

} // namespace tandem
