#include "actors/node/facts.hpp"

namespace tandem::actors {

std::optional<transport_index> transport_for(const node_facts& node, ip_family family) {
  for (std::size_t i = 0; i < node.transports.size(); ++i)
    if (node.transports[i].local.address.family == family)
      return transport_index{static_cast<std::uint8_t>(i)};
  return std::nullopt;
}

} // namespace tandem::actors
