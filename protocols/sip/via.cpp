#include "protocols/sip/via.hpp"

#include "protocols/sip/grammar.hpp"
#include "protocols/sip/take_parameters.hpp"
#include "protocols/sip/uri.hpp"

namespace tandem::sip {

namespace {

via_transport transport_of(std::string_view name) {
  if (same_word(name, "UDP"))
    return via_transport::udp;
  if (same_word(name, "TCP"))
    return via_transport::tcp;
  if (same_word(name, "TLS"))
    return via_transport::tls;
  if (same_word(name, "SCTP"))
    return via_transport::sctp;
  if (same_word(name, "WS")) // RFC 7118 §5.2
    return via_transport::ws;
  return same_word(name, "WSS") ? via_transport::wss : via_transport::other;
}

/// sent-protocol, and the space behind it
bool take_protocol(cursor& in, via& v) {
  constexpr std::string_view usual = "SIP/2.0/UDP "; // a third of the work, letter by letter
  if (const auto text = in.rest(); text.starts_with(usual)) {
    v.protocol_name = text.substr(0, 3);
    v.protocol_version = text.substr(4, 3);
    v.transport_name = text.substr(8, 3);
    v.transport = via_transport::udp;
    in.advance(usual.size());
    return true;
  }
  v.protocol_name = in.take_run(token_chars);
  if (v.protocol_name.empty() || !in.take_separator('/'))
    return false;
  v.protocol_version = in.take_run(token_chars);
  if (v.protocol_version.empty() || !in.take_separator('/'))
    return false;
  v.transport_name = in.take_run(token_chars);
  v.transport = transport_of(v.transport_name);
  return !v.transport_name.empty() && is_space(in.peek());
}

/// sent-protocol LWS sent-by
bool take_start(cursor& in, via& v) {
  in.skip_spaces();
  if (!take_protocol(in, v))
    return false;
  in.skip_spaces();
  v.host = take_host(in);
  if (v.host.empty())
    return false;
  const auto after_host = in;
  if (in.take_separator(':'))
    return (v.port = take_port(in)) != 0;
  in = after_host;
  return true;
}

/// Stores a value that may stand only once (§7.3.1).
bool set_once(std::string_view& where, const parameter& p) {
  if (!where.empty() || p.form != parameter_form::token)
    return false;
  where = p.value;
  return true;
}

bool set_rport(via& v, const parameter& p) { // RFC 3581 §3
  if (v.rport_is != rport_form::absent)
    return false;
  v.rport_is = p.form == parameter_form::flag ? rport_form::requested : rport_form::valued;
  if (p.form == parameter_form::flag)
    return true;
  const auto port = parse_number(p.value, 65'535);
  v.rport = static_cast<std::uint16_t>(port.value_or(0));
  return p.form == parameter_form::token && port.has_value();
}

bool set_parameter(via& v, const parameter& p) {
  switch (p.name.size()) {
    case 3:
      if (same_word(p.name, "ttl")) {
        const auto ttl = parse_number(p.value, 255);
        if (!ttl || v.ttl)
          return false;
        v.ttl = static_cast<std::uint8_t>(*ttl);
      }
      return true;
    case 5:
      if (same_word(p.name, "rport"))
        return set_rport(v, p);
      return !same_word(p.name, "maddr") || set_once(v.maddr, p);
    case 6: return !same_word(p.name, "branch") || set_once(v.branch, p);
    case 8:
      if (!same_word(p.name, "received"))
        return true;
      // RFC 3261 has IPv6 without brackets here, RFC 5118 §4.5 wants both accepted
      return set_once(v.received, p) && (host_address(v.received) || parse_ip_address(v.received));
    default: return true;
  }
}

} // namespace

bool take_via(std::string_view& list, via& v) {
  cursor in{list};
  in.skip_spaces();
  const auto* begin = in.at();
  const auto on_parameter = [&](const parameter& p) { return set_parameter(v, p); };
  return take_start(in, v) && take_parameters(in, v.parameters, on_parameter)
         && end_element(in, begin, v.text, list);
}

std::optional<via> parse_via_start(std::string_view text) {
  via v;
  cursor in{text};
  if (!take_start(in, v))
    return std::nullopt;
  return v;
}

} // namespace tandem::sip
