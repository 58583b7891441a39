#pragma once

#include "runtime/base/ip_endpoint.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace tandem {

/// Several sockets may share one address; the kernel spreads sources over them.
enum class port_sharing : std::uint8_t { exclusive, shared };

/// What a stream tells its owner, in the reactor's poll(), never from inside a call of the owner.
/// Destroying the stream inside one of them is allowed.
struct stream_handlers {
  /// The connection stands; only of those that we opened.
  std::function<void()> on_open{};
  /// Bytes in order, in pieces that mean nothing; at most `stream_read_bytes` (limits.hpp). They
  /// live until the handler returns.
  std::function<void(std::string_view)> on_bytes{};
  /// The peer has closed its half (`why` is empty) or the connection is gone (`why` says it:
  /// "Connection refused"). Told once, and nothing after it.
  std::function<void(std::string_view why)> on_end{};
};

/// One connection. The destructor closes it; what was not yet written is lost.
class stream_socket {
public:
  virtual ~stream_socket() = default;
  /// Takes the place of the handlers; the first thing that whoever accepted a connection does.
  virtual void set_handlers(stream_handlers) = 0;
  [[nodiscard]] virtual ip_endpoint local() const = 0;
  [[nodiscard]] virtual ip_endpoint peer() const = 0;
  /// Queues; nothing is written before flush(). False if more than `max_stream_queue_bytes` would
  /// wait: the peer reads too slowly, and its owner had better close.
  [[nodiscard]] virtual bool send(std::shared_ptr<const std::string>) = 0;
  /// Writes what the peer takes, without blocking; the rest follows when there is room.
  virtual void flush() = 0;
  /// No more is sent: once all is written, the peer reads the end. Reading goes on.
  virtual void finish() = 0;
  [[nodiscard]] virtual std::size_t queued_bytes() const = 0;
};

using accept_handler = std::function<void(std::unique_ptr<stream_socket>)>;

/// Accepts connections for as long as it lives.
class stream_listener {
public:
  virtual ~stream_listener() = default;
  [[nodiscard]] virtual ip_endpoint local() const = 0;
};

} // namespace tandem
