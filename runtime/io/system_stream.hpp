#pragma once

// Private to this folder: TCP on the kernel's sockets.
#include "runtime/io/asio_reactor.hpp"
#include "runtime/io/stream.hpp"

#include <tl/expected.hpp>

#include <memory>
#include <string>

namespace tandem {

[[nodiscard]] tl::expected<std::unique_ptr<stream_listener>, std::string>
listen_system_tcp(asio_reactor&, const ip_endpoint& local, port_sharing, accept_handler);

[[nodiscard]] std::unique_ptr<stream_socket>
connect_system_tcp(asio_reactor&, const ip_address& local, const ip_endpoint& to, stream_handlers);

} // namespace tandem
