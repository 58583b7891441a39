#pragma once

#include "runtime/io/network.hpp"

namespace tandem {

/// The kernel's sockets. The reactors given to it must be `asio_reactor`s.
class system_network final : public network {
public:
  [[nodiscard]] tl::expected<std::unique_ptr<udp_socket>, std::string>
  open_udp(reactor&, const ip_endpoint& local, port_sharing, datagram_handler) override;
  [[nodiscard]] tl::expected<std::unique_ptr<stream_listener>, std::string>
  listen_tcp(reactor&, const ip_endpoint& local, port_sharing, accept_handler) override;
  [[nodiscard]] std::unique_ptr<stream_socket>
  connect_tcp(reactor&, const ip_address& local, const ip_endpoint& to, stream_handlers) override;
};

} // namespace tandem
