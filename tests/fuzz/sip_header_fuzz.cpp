// The first byte names a header, each line behind it is one line of that header: what a typed
// reader accepts lies in the message, keeps its limits, and is read again as the same when it is
// written from its parts.
#include "protocols/sip/address_of_record.hpp"
#include "protocols/sip/limits.hpp"
#include "protocols/sip/parser.hpp"
#include "protocols/sip/route_uri.hpp"
#include "protocols/sip/session_timer.hpp"
#include "protocols/sip/typed_headers.hpp"
#include "protocols/sip/writer.hpp"
#include "tests/fuzz/fuzzing.hpp"

#include <string>

using namespace tandem;
using namespace tandem::sip;
using test::require;

namespace {

message_ptr message_with(header_id id, std::string_view lines) {
  std::string text = "OPTIONS sip:a@b.test SIP/2.0\r\n";
  for (auto left = lines;;) {
    const auto end = left.find('\n');
    text.append(to_string(id)).append(": ").append(left.substr(0, end)).append("\r\n");
    if (end == std::string_view::npos)
      break;
    left.remove_prefix(end + 1);
  }
  const auto m = parse_message(text + "\r\n");
  return m ? *m : nullptr;
}

bool lies_in(std::string_view part, const message& m) {
  const auto whole = m.raw();
  return part.empty()
         || (part.data() >= whole.data()
             && part.data() + part.size() <= whole.data() + whole.size());
}

void check_parameters(parameter_list p) {
  while (const auto one = p.next()) {
    require(!one->name.empty());
    require(unescape_quoted(one->value).size() <= one->value.size());
  }
  require(p.empty()); // it was found to be well-formed, so nothing is left over
}

std::string written(const name_addr& a) {
  std::string out;
  if (!a.display_name.empty())
    out.append("\"").append(a.display_name).append("\" ");
  return out.append("<").append(a.uri.text).append(">").append(a.parameters.text);
}

std::string written(const via& v) {
  std::string out;
  out.append(v.protocol_name).append("/").append(v.protocol_version).append("/");
  out.append(v.transport_name).append(" ").append(v.host);
  if (v.port != 0)
    out.append(":").append(std::to_string(v.port));
  return out.append(v.parameters.text);
}

std::string written(const media_type& t) {
  return std::string{t.type}.append("/").append(t.subtype).append(t.parameters.text);
}

bool same(const name_addr& a, const name_addr& b) {
  return a.display_name == b.display_name && a.uri == b.uri && a.parameters == b.parameters
         && a.tag == b.tag;
}

bool same(const via& a, const via& b) {
  auto x = a, y = b;
  x.text = y.text = {};
  return x == y;
}

void check_address(const name_addr& a, const message& m) {
  require(lies_in(a.text, m) && lies_in(a.uri.text, m) && lies_in(a.display_name, m));
  check_parameters(a.parameters);
  const auto text = written(a);
  const auto again = parse_name_addr(text);
  require(again && same(*again, a));
  // What a dialog keeps as text, it reads as the parser does.
  require(uri_of(a.text) == a.uri.text);
  const auto named = parse_name_addr(without_parameters(a.text));
  require(named && named->uri == a.uri && named->parameters.empty());
  if (a.uri.is_sip())
    require(is_loose_router(uri_of(a.text)) == a.uri.parameters.has("lr"));
}

template <class Elements, class Write>
std::string joined(const Elements& all, Write write) {
  std::string out;
  for (const auto& one : all)
    out += (out.empty() ? "" : ", ") + write(one);
  return out;
}

/// The whole list once more, on one line.
message_ptr rewritten(header_id id, const std::string& value) {
  const auto m = message_with(id, value);
  if (!m) // ", " is longer than the line break was
    require(value.size() + 64 > message_limits{}.line_bytes);
  return m;
}

void check_addresses(const message& m, header_id id,
                     header_result<route_list> (*read)(const message&)) {
  const auto list = read(m);
  if (!list)
    return;
  require(list->size() <= max_routes);
  for (const auto& a : *list)
    check_address(a, m);
  const auto m2 = rewritten(id, joined(*list, [](const auto& a) { return written(a); }));
  if (!m2 || list->empty())
    return;
  const auto again = read(*m2);
  require(again && again->size() == list->size());
  for (std::size_t i = 0; i < list->size(); ++i)
    require(same((*again)[i], (*list)[i]));
}

void check_vias(const message& m) {
  const auto list = read_vias(m);
  if (!list)
    return;
  require(!list->empty() && list->size() <= max_vias && (*list)[0] == *read_top_via(m));
  for (const auto& v : *list) {
    require(lies_in(v.text, m) && !v.host.empty() && v.port_or_default() != 0);
    check_parameters(v.parameters);
    const auto start = parse_via_start(v.text);
    require(start && start->host == v.host && start->port == v.port);
  }
  const auto m2 =
      rewritten(header_id::via, joined(*list, [](const auto& v) { return written(v); }));
  const auto again = m2 ? read_vias(*m2) : list;
  require(again && again->size() == list->size());
  for (std::size_t i = 0; i < list->size(); ++i)
    require(same((*again)[i], (*list)[i]));
}

std::string written(const contact& c) {
  auto out =
      written(c.address).substr(0, written(c.address).size() - c.address.parameters.text.size());
  out += kept_parameters(c);
  if (c.q)
    out += *c.q == 1000 ? ";q=1" : ";q=0." + std::to_string(1000 + *c.q).substr(1);
  if (c.expires)
    out += ";expires=" + std::to_string(*c.expires);
  return out;
}

void check_contacts(const message& m) {
  const auto set = read_contacts(m);
  if (!set)
    return;
  require(set->list.size() <= max_contacts && (!set->wildcard || set->list.empty()));
  for (const auto& c : set->list) {
    require(lies_in(c.address.text, m) && c.q.value_or(0) <= 1000);
    check_parameters(c.address.parameters);
    const auto text = written(c);
    std::string_view rest = text;
    contact again;
    require(take_contact(rest, again) && rest.empty());
    require(again.q == c.q && again.expires == c.expires && again.address.uri == c.address.uri);
    require(again.address.display_name == c.address.display_name);
    require(kept_parameters(again) == kept_parameters(c));
  }
}

void check_tokens(const message& m, header_id id) {
  const auto list = read_tokens(m, id);
  if (!list)
    return;
  require(list->size() <= max_tokens);
  for (const auto t : *list)
    require(!t.empty() && lies_in(t, m));
  const auto m2 = rewritten(id, joined(*list, [](auto t) { return std::string{t}; }));
  const auto again = m2 ? read_tokens(*m2, id) : list;
  require(again && *again == *list);
}

void check_accept(const message& m) {
  const auto list = read_accept(m);
  if (!list)
    return;
  require(list->size() <= max_media_types);
  for (const auto& t : *list) {
    check_parameters(t.parameters);
    require(t.is(t.type, t.subtype));
  }
  const auto m2 = rewritten(header_id::accept, joined(*list, [](auto& t) { return written(t); }));
  const auto again = m2 ? read_accept(*m2) : list;
  require(again && *again == *list);
}

void check_content_type(const message& m) {
  const auto t = read_content_type(m);
  if (!t)
    return;
  check_parameters(t->parameters);
  const auto m2 = rewritten(header_id::content_type, written(*t));
  require(!m2 || read_content_type(*m2) == t);
}

void check_reasons(const message& m) {
  const auto list = read_reasons(m);
  if (!list)
    return;
  require(list->size() <= max_reasons);
  const auto m2 = rewritten(header_id::reason, joined(*list, [](const reason_value& r) {
                              auto out = std::string{r.protocol};
                              if (r.cause)
                                out += ";cause=" + std::to_string(*r.cause);
                              if (!r.text.empty())
                                out.append(";text=\"").append(r.text).append("\"");
                              return out;
                            }));
  const auto again = m2 && !list->empty() ? read_reasons(*m2) : list;
  require(again && *again == *list);
}

void check_numbers(const message& m, header_id id) {
  if (const auto c = read_cseq(m)) {
    require(c->number <= 0x7fff'ffffU && !c->method_name.empty());
    const auto m2 = message_with(id, std::to_string(c->number) + " " + std::string{c->method_name});
    require(m2 && read_cseq(*m2) == c);
  }
  if (const auto n = read_max_forwards(m))
    require(read_max_forwards(*message_with(id, std::to_string(*n))) == n);
  if (const auto n = read_seconds(m, id))
    require(read_seconds(*message_with(id, std::to_string(*n)), id) == n);
  if (const auto text = read_call_id(m))
    require(!text->empty() && text->find_first_of(" \t\r\n") == std::string_view::npos);
}

void check_session_timer(const message& m) {
  const auto f = read_session_timer(m);
  if (!f)
    return;
  require(f->least >= std::chrono::seconds{90} && (!f->who || f->interval));
  message_writer w;
  w.request_line("UPDATE", "sip:a@b.test");
  write_session_timer(w, *f);
  const auto m2 = parse_message(*w.finish());
  require(m2 && read_session_timer(**m2) == f);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0)
    return 0;
  const auto id = static_cast<header_id>(data[0] % (header_id_count - 1));
  if (id == header_id::content_length)
    return 0; // the parser's: sip_message_fuzz
  const auto m = message_with(id, {reinterpret_cast<const char*>(data + 1), size - 1});
  if (!m)
    return 0;
  check_vias(*m);
  for (const auto one : {header_id::from, header_id::to, header_id::refer_to})
    if (const auto a = read_name_addr(*m, one))
      check_address(*a, *m);
  check_addresses(*m, header_id::route, read_routes);
  check_addresses(*m, header_id::record_route, read_record_routes);
  check_contacts(*m);
  check_tokens(*m, id);
  check_accept(*m);
  check_content_type(*m);
  check_reasons(*m);
  check_numbers(*m, id);
  check_session_timer(*m);
  return 0;
}
