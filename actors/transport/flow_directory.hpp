#pragma once

#include "actors/call/ids.hpp"

#include <cstdint>
#include <mutex>
#include <optional>
#include <unordered_map>

namespace tandem::actors {

/// Which connections stand, and which shard of the node holds each. Any thread.
class flow_directory {
public:
  enum class opener : std::uint8_t { peer, ourselves };
  void add(const flow&, std::uint32_t shard, opener);
  /// Does nothing if another shard has added it since.
  void remove(const flow&, std::uint32_t shard);
  /// The shard that holds it.
  [[nodiscard]] std::optional<std::uint32_t> find(const flow&) const;
  /// It stands and its peer opened it: so it may be the only way to that peer.
  [[nodiscard]] bool opened_by_peer(const flow&) const;
  [[nodiscard]] std::size_t size() const;

private:
  struct flow_hash {
    std::size_t operator()(const flow& f) const noexcept {
      return std::hash<ip_endpoint>{}(f.peer) ^ f.transport.value;
    }
  };
  struct entry {
    std::uint32_t shard;
    opener by;
  };
  mutable std::mutex mutex_;
  std::unordered_map<flow, entry, flow_hash> entries_;
};

} // namespace tandem::actors
