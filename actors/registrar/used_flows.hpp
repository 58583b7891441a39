#pragma once

#include "actors/call/ids.hpp"
#include "actors/node/facts.hpp"
#include "protocols/sip/address_of_record.hpp"

#include <cstdint>
#include <unordered_map>

namespace tandem::actors {

/// The connections by which phones of one shard are registered: they are not to be closed for being
/// silent, since a call may have no other way to its phone. Bindings heard by UDP are not counted.
class used_flows {
public:
  explicit used_flows(const node_facts& node) : node_(node) {}

  void add(const sip::address_of_record& aor) { count(aor, 1); }
  /// What was added before.
  void remove(const sip::address_of_record& aor) { count(aor, -1); }
  void clear() { counts_.clear(); }
  [[nodiscard]] bool has(const flow& f) const { return counts_.contains(f); }
  [[nodiscard]] std::size_t size() const { return counts_.size(); }

private:
  struct flow_hash {
    std::size_t operator()(const flow& f) const noexcept {
      return std::hash<ip_endpoint>{}(f.peer) ^ f.transport.value;
    }
  };

  void count(const sip::address_of_record&, int by);

  const node_facts& node_;
  std::unordered_map<flow, int, flow_hash> counts_;
};

} // namespace tandem::actors
