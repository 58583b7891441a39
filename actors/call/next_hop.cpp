#include "actors/call/next_hop.hpp"

#include "protocols/sip/uri.hpp"

namespace tandem::actors {

std::optional<ip_endpoint> next_hop(std::string_view text) {
  const auto uri = sip::parse_uri(text);
  if (!uri || !uri->is_sip())
    return std::nullopt;
  const auto host = uri->parameters.find("maddr").value_or(uri->host);
  const auto address = sip::host_address(host);
  if (!address)
    return std::nullopt;
  constexpr std::uint16_t default_port = 5060;
  return ip_endpoint{*address, uri->port != 0 ? uri->port : default_port};
}

} // namespace tandem::actors
