#pragma once

#include "runtime/io/network.hpp"

namespace tandem {

/// The kernel's sockets. The reactors given to it must be `asio_reactor`s.
class system_network final : public network {
public:
  [[nodiscard]] tl::expected<std::unique_ptr<udp_socket>, std::string>
  open_udp(reactor&, const ip_endpoint& local, port_sharing, datagram_handler) override;
};

} // namespace tandem
