#pragma once

#include "runtime/base/ip_endpoint.hpp"
#include "runtime/io/reactor.hpp"
#include "runtime/io/stream.hpp"

#include <tl/expected.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace tandem {

/// A datagram as it was read; `bytes` lives until the handler returns.
struct received_datagram {
  ip_endpoint from;
  std::string_view bytes;
};

/// A datagram to be sent; the bytes are shared with whoever may send them again.
struct outgoing_datagram {
  ip_endpoint to;
  std::shared_ptr<const std::string> bytes;
};

class udp_socket {
public:
  virtual ~udp_socket() = default;
  [[nodiscard]] virtual ip_endpoint local() const = 0;
  /// Writes the batch in order, without blocking. Returns how many the kernel took. What it did not
  /// take (no route, buffer full, too long) is dropped, as the network might have done; the caller
  /// counts the difference.
  virtual std::size_t send(std::span<const outgoing_datagram>) = 0;
};

/// Called with each batch that was read, in wire order; at most `max_datagrams_per_batch` of them
/// (limits.hpp). Closing the socket inside its own handler is allowed.
using datagram_handler = std::function<void(std::span<const received_datagram>)>;

/// The way to the outside. Two implementations: `system_network` and `simulated_network`.
class network {
public:
  virtual ~network() = default;
  /// Port 0 takes a free port. IPv6 sockets carry IPv6 only (RFC 3493 §5.3). The reactor outlives
  /// the socket. Errors are sentences: "cannot bind udp 127.0.0.1:5060: Address already in use".
  [[nodiscard]] virtual tl::expected<std::unique_ptr<udp_socket>, std::string>
  open_udp(reactor&, const ip_endpoint& local, port_sharing, datagram_handler) = 0;
  /// Likewise: "cannot listen on tcp 127.0.0.1:5060: Address already in use".
  [[nodiscard]] virtual tl::expected<std::unique_ptr<stream_listener>, std::string>
  listen_tcp(reactor&, const ip_endpoint& local, port_sharing, accept_handler) = 0;
  /// A connection from a free port of `local`. It is there at once; on_open or on_end tells later
  /// whether it stands.
  [[nodiscard]] virtual std::unique_ptr<stream_socket>
  connect_tcp(reactor&, const ip_address& local, const ip_endpoint& to, stream_handlers) = 0;
};

} // namespace tandem
