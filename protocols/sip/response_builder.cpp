#include "protocols/sip/response_builder.hpp"

#include "protocols/sip/grammar.hpp"
#include "protocols/sip/typed_headers.hpp"

#include <array>
#include <optional>
#include <string>

namespace tandem::sip {

namespace {

/// §18.2.2: of a sent-by without one, whatever transport the Via names: it came as a datagram.
constexpr std::uint16_t default_port = 5060;

/// §18.2.1: `received` when sent-by is a name or another address than the packet's; RFC 3581 §4:
/// always together with rport.
bool needs_received(const via& v, const ip_endpoint& source) {
  if (v.rport_is == rport_form::requested)
    return true;
  const auto host = host_address(v.host);
  return !host || *host != source.address;
}

/// A Via element without the parameters that only a server may add: what its sender claims there
/// would mislead the next hop. At most two cuts leave three parts.
struct unstamped {
  std::array<std::string_view, 3> parts;
};

unstamped cut_stamps(const via& v) {
  unstamped u;
  const auto* begin = v.text.data();
  std::size_t part = 0;
  for (auto left = v.parameters;;) {
    const auto* from = left.text.data();
    const auto p = left.next();
    if (!p)
      break;
    if (!same_word(p->name, "received") && !same_word(p->name, "rport"))
      continue;
    u.parts[part++] = {begin, static_cast<std::size_t>(from - begin)};
    begin = left.text.data();
  }
  const auto* end = v.text.data() + v.text.size();
  u.parts[part] = {begin, static_cast<std::size_t>(end - begin)};
  return u;
}

void write_top_via(message_writer& out, std::string_view value, const ip_endpoint& source) {
  auto rest = value;
  via v;
  if (!take_via(rest, v)) { // a broken one goes back as it came
    out.header(header_id::via, value);
    return;
  }
  const auto [a, b, c] = cut_stamps(v).parts;
  const std::string_view comma = rest.empty() ? "" : ", ";
  const bool stamped = needs_received(v, source);
  const std::string_view received = stamped ? ";received=" : "";
  const auto address = stamped ? to_string(source.address) : std::string{};
  if (v.rport_is == rport_form::absent)
    out.header(header_id::via, a, b, c, received, address, comma, rest);
  else
    out.header(header_id::via, a, b, c, received, address, ";rport=", source.port, comma, rest);
}

void copy_first(message_writer& out, const message& request, header_id id) {
  if (const auto value = request.header(id))
    out.header(id, *value);
}

void write_to(message_writer& out, const message& request, const response_head& head) {
  const auto value = request.header(header_id::to);
  if (!value)
    return;
  const auto to = parse_name_addr(*value);
  if (to && to->tag.empty() && head.status != 100 && !head.to_tag.empty()) // §8.2.6.2
    out.header(header_id::to, *value, ";tag=", head.to_tag);
  else
    out.header(header_id::to, *value);
}

bool creates_dialogs(method m) {
  return m == method::invite || m == method::subscribe || m == method::refer;
}

} // namespace

void begin_response(message_writer& out, const message& request, const response_head& head) {
  out.status_line(head.status, head.reason);
  bool top = true;
  for (const auto& field : request.headers(header_id::via)) {
    if (top)
      write_top_via(out, field.value, head.source);
    else
      out.header(header_id::via, field.value);
    top = false;
  }
  if (head.status > 100 && head.status < 300 && creates_dialogs(request.get_method()))
    out.copy(request, header_id::record_route);
  copy_first(out, request, header_id::from);
  write_to(out, request, head);
  copy_first(out, request, header_id::call_id);
  copy_first(out, request, header_id::cseq);
  if (head.status == 100)
    copy_first(out, request, header_id::timestamp);
}

ip_endpoint response_destination(const message& request, const ip_endpoint& source) {
  const auto value = request.header(header_id::via);
  if (!value)
    return source;
  auto list = *value;
  via top;
  if (!take_via(list, top)) {
    const auto start = parse_via_start(*value);
    return {source.address, start && start->port != 0 ? start->port : source.port};
  }
  const auto port = top.port != 0 ? top.port : default_port;
  if (!top.maddr.empty())
    if (const auto address = host_address(top.maddr))
      return {*address, port};
  return top.rport_is == rport_form::absent ? ip_endpoint{source.address, port} : source;
}

} // namespace tandem::sip
