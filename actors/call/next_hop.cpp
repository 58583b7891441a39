#include "actors/call/next_hop.hpp"

#include "protocols/sip/grammar.hpp"
#include "protocols/sip/uri.hpp"

namespace tandem::actors {

namespace {

bool says_no_transport(std::string_view text) {
  const auto uri = sip::parse_uri(text);
  return uri && !uri->parameters.find("transport");
}

} // namespace

std::optional<hop> hop_of(std::string_view text) {
  const auto uri = sip::parse_uri(text);
  if (!uri || !uri->is_sip())
    return std::nullopt;
  const auto address = sip::host_address(uri->parameters.find("maddr").value_or(uri->host));
  const auto protocol = uri->parameters.find("transport").value_or("udp");
  const bool tcp = sip::same_word(protocol, "tcp");
  if (!address || (!tcp && !sip::same_word(protocol, "udp")))
    return std::nullopt;
  constexpr std::uint16_t default_port = 5060;
  return hop{{*address, uri->port != 0 ? uri->port : default_port}, tcp ? "TCP" : "UDP"};
}

std::optional<flow> way_to(const node_facts& node, std::string_view uri,
                           std::optional<transport_index> preferred) {
  const auto hop = hop_of(uri);
  if (!hop)
    return std::nullopt;
  const auto family = hop->to.address.family;
  if (preferred && preferred->value < node.transports.size()) {
    const auto& usual = node.transports[preferred->value];
    if (usual.protocol == hop->protocol && usual.local.address.family == family)
      return flow{*preferred, hop->to};
  }
  const auto by = transport_for(node, family, hop->protocol);
  return by ? std::optional{flow{*by, hop->to}} : std::nullopt;
}

flow way_inside(const call_scope& call, const sip::request_plan& plan, const flow& usual) {
  const auto& node = call.node();
  // A route set names its own next hop; without one, whoever is at the other end is the peer.
  const auto hop = hop_of(plan.next_hop);
  const bool elsewhere = !plan.routes.empty() && hop && hop->to.address != usual.peer.address;
  if (!elsewhere && call.opened_by_peer(usual))
    return usual;
  // A Contact that names the other end of our connection and no transport means that connection:
  // many phones leave transport=tcp out.
  if (hop && hop->to == usual.peer && says_no_transport(plan.next_hop))
    return usual;
  return way_to(node, plan.next_hop, usual.transport).value_or(usual);
}

} // namespace tandem::actors
