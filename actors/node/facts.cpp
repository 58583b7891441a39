#include "actors/node/facts.hpp"

namespace tandem::actors {

transport_facts facts_of(listen_transport kind, const ip_endpoint& local) {
  switch (kind) {
    case listen_transport::udp: break;
    case listen_transport::tcp:
      return {"TCP", local, to_string(local), sip::transport_kind::reliable};
  }
  return {"UDP", local, to_string(local), sip::transport_kind::unreliable};
}

std::string contact_of(const transport_facts& by, std::string_view user) {
  std::string out = "<sip:";
  out.append(user).append("@").append(by.sent_by);
  if (by.kind == sip::transport_kind::reliable)
    out += ";transport=tcp";
  return out += '>';
}

std::optional<transport_index> transport_for(const node_facts& node, ip_family family,
                                             std::string_view protocol) {
  for (std::size_t i = 0; i < node.transports.size(); ++i)
    if (node.transports[i].local.address.family == family
        && node.transports[i].protocol == protocol)
      return transport_index{static_cast<std::uint8_t>(i)};
  return std::nullopt;
}

} // namespace tandem::actors
