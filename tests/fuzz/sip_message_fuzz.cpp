// Properties: nothing crashes the parser or a typed reader; a refused request is answerable without
// a crash; what was accepted, when written again, parses to the same; a frame never lies about
// size.
#include "protocols/sip/check.hpp"
#include "protocols/sip/parser.hpp"
#include "protocols/sip/response_builder.hpp"
#include "protocols/sip/tags.hpp"
#include "protocols/sip/typed_headers.hpp"
#include "protocols/sip/uri.hpp"
#include "protocols/sip/writer.hpp"
#include "tests/fuzz/fuzzing.hpp"

#include <cstdint>
#include <string_view>

using namespace tandem;
using namespace tandem::sip;
using test::require;

namespace {

void read_everything(const message& m) {
  for (std::size_t i = 0; i < header_id_count; ++i) {
    const auto id = static_cast<header_id>(i);
    (void) read_tokens(m, id);
    (void) read_seconds(m, id);
    if (const auto a = read_name_addr(m, id))
      require(unescape_quoted(a->display_name).size() <= a->display_name.size());
  }
  if (const auto vias = read_vias(m))
    require(!vias->empty() && (*vias)[0] == *read_top_via(m));
  (void) read_from(m);
  if (const auto to = read_to(m))
    require(to->tag == to_tag(m));
  (void) read_cseq(m);
  (void) read_call_id(m);
  (void) read_max_forwards(m);
  (void) read_contacts(m);
  (void) read_routes(m);
  (void) read_record_routes(m);
  (void) read_content_type(m);
  (void) read_accept(m);
  (void) read_reasons(m);
  if (const auto u = parse_uri(m.request_uri())) {
    require(equivalent(*u, *u) && u->text == m.request_uri());
    (void) u->unescaped_user();
    for (auto left = u->parameters; const auto p = left.next();)
      require(!p->name.empty());
  }
}

bool same(const message& a, const message& b) {
  if (a.is_request() != b.is_request() || a.body() != b.body())
    return false;
  if (a.is_request() && (a.method_name() != b.method_name() || a.request_uri() != b.request_uri()))
    return false;
  if (a.is_response() && a.status() != b.status())
    return false;
  auto y = b.headers().begin();
  for (const auto& x : a.headers()) {
    if (x.id == header_id::content_length) // the writer's own, at the end
      continue;
    if (y == b.headers().end() || (*y).name != x.name || (*y).value != x.value)
      return false;
    ++y;
  }
  return true;
}

void write_again(const message& m) {
  message_writer w{m.raw().size() + 64};
  if (m.is_request())
    w.request_line(m.method_name(), m.request_uri());
  else
    w.status_line(m.status(), m.reason());
  for (const auto& f : m.headers())
    if (f.id != header_id::content_length)
      w.header(f.name, f.value);
  w.body({}, m.body());
  const auto wire = w.finish();
  if (wire->size() > most_message_bytes)
    return; // Content-Length was not there before
  message_limits generous;
  generous.headers = most_headers;
  generous.line_bytes = most_message_bytes; // ": " may be longer than ":" was
  const auto again = parse_message(*wire, generous);
  require(again && same(m, **again));
}

void answer(const message& m, status_code status, std::string_view reason) {
  require(is_answerable(m));
  const ip_endpoint source{{ip_family::v4, {192, 0, 2, 1}}, 5070};
  message_writer w;
  begin_response(w, m, {status, reason, "ours", source});
  (void) response_destination(m, source);
  const auto wire = w.finish();
  if (wire->size() > most_message_bytes)
    return;
  message_limits generous;
  generous.line_bytes = most_message_bytes;
  const auto response = parse_message(*wire, generous);
  require(response && (*response)->status() == status);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  const auto frame = next_frame(text);
  if (frame.is == stream_frame::outcome::complete)
    require(frame.skip_bytes + frame.size_bytes <= size);

  const auto parsed = parse_message(text);
  if (!parsed) {
    const auto& e = parsed.error();
    if (e.answerable()) {
      read_everything(*e.partial);
      answer(*e.partial, e.status, e.reason);
    }
    return 0;
  }
  const auto& m = **parsed;
  read_everything(m);
  write_again(m);
  if (m.is_response())
    return (void) check_response(m), 0;
  const auto checked = check_request(m);
  if (is_answerable(m))
    answer(m, checked ? status_code{200} : checked.error().status,
           checked ? std::string_view{} : std::string_view{checked.error().reason});
  return 0;
}
