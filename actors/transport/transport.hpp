#pragma once

#include "actors/call/scope.hpp"
#include "runtime/base/ip_endpoint.hpp"

#include <cstdint>
#include <optional>

namespace tandem::actors {

/// A listening socket of one shard, as the shard uses it.
class transport {
public:
  virtual ~transport() = default;
  [[nodiscard]] virtual ip_endpoint local() const = 0;
  /// Gathered until flush(), at the end of the turn.
  virtual void add(const outgoing&) = 0;
  virtual void flush() = 0;
  /// The shard that holds the connection to this peer, if it is another one.
  [[nodiscard]] virtual std::optional<std::uint32_t> held_by(const ip_endpoint&) const {
    return std::nullopt;
  }
  /// A call of another shard uses the connection to this peer.
  virtual void keep(const ip_endpoint&) {}
};

} // namespace tandem::actors
