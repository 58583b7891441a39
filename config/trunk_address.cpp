#include "config/trunk_address.hpp"

#include <charconv>

namespace tandem {

namespace {

constexpr std::string_view shapes = "an address, a prefix or an address with a port, for example "
                                    "\"192.0.2.1\", \"192.0.2.0/24\" or \"192.0.2.1:5060\"";

std::uint8_t bits_of(ip_family f) {
  return f == ip_family::v4 ? 32 : 128;
}

/// `a` with all bits behind the first `length` cleared.
ip_address masked(ip_address a, std::size_t length) {
  for (std::size_t i = 0; i < a.bytes.size(); ++i) {
    const std::size_t kept = length > 8 * i ? std::min<std::size_t>(8, length - 8 * i) : 0;
    a.bytes[i] = static_cast<std::uint8_t>(a.bytes[i] & (0xff00U >> kept));
  }
  return a;
}

tl::unexpected<std::string> wrong(std::string_view text, std::string_view what) {
  return tl::unexpected{'"' + std::string{text} + "\" " + std::string{what}};
}

tl::expected<trunk_address, std::string> parse_prefix(std::string_view text, std::size_t slash) {
  const auto address = parse_ip_address(text.substr(0, slash));
  unsigned length = 0;
  const auto* end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data() + slash + 1, end, length);
  if (!address || error != std::errc{} || stopped != end)
    return wrong(text, "is not a prefix; " + std::string{shapes});
  if (length > bits_of(address->family))
    return wrong(text, "has too long a prefix; a length of at most "
                           + std::to_string(bits_of(address->family)));
  const trunk_address out{masked(*address, length), static_cast<std::uint8_t>(length),
                          std::nullopt};
  if (out.network != *address)
    return wrong(text, "has bits behind its prefix; \"" + to_string(out) + '"');
  return out;
}

} // namespace

bool trunk_address::matches(const ip_endpoint& source) const {
  return source.address.family == network.family && (!port || *port == source.port)
         && masked(source.address, prefix_length) == network;
}

tl::expected<trunk_address, std::string> parse_trunk_address(std::string_view text) {
  if (const auto slash = text.find('/'); slash != std::string_view::npos)
    return parse_prefix(text, slash);
  if (const auto a = parse_ip_address(text)) {
    if (a->is_unspecified())
      return wrong(text, "is nobody's address; " + std::string{shapes});
    return trunk_address{*a, bits_of(a->family), std::nullopt};
  }
  const auto e = parse_ip_endpoint(text);
  if (!e || e->port == 0 || e->address.is_unspecified())
    return wrong(text, "is not an address; " + std::string{shapes});
  return trunk_address{e->address, bits_of(e->address.family), e->port};
}

std::string to_string(const trunk_address& t) {
  if (t.port)
    return to_string(ip_endpoint{t.network, *t.port});
  if (t.prefix_length == bits_of(t.network.family))
    return to_string(t.network);
  return to_string(t.network) + '/' + std::to_string(t.prefix_length);
}

} // namespace tandem
