#include "actors/call/replies.hpp"

#include "protocols/sip/outside_request.hpp"
#include "protocols/sip/response_builder.hpp"

namespace tandem::actors {

namespace {

constexpr std::string_view accepted_types = "application/sdp, multipart/mixed";

} // namespace

void write_accepted(sip::message_writer& w, const sip::message& request) {
  w.header(sip::header_id::accept, accepted_types);
  if (request.header(sip::header_id::content_encoding))
    w.header(sip::header_id::accept_encoding, "identity"); // §20.2: none at all
}

wire_bytes plain_reply(const sip::message& request, const ip_endpoint& source, std::uint16_t status,
                       std::string_view to_tag, std::string_view reason) {
  sip::message_writer w;
  sip::begin_response(w, request,
                      {.status = status, .reason = reason, .to_tag = to_tag, .source = source});
  const bool capabilities = request.get_method() == sip::method::options && status == 200; // §11.2
  const bool no_reader = request.get_method() == sip::method::message && status == 405;
  if (no_reader) // §20.5: what is allowed for this Request-URI
    w.header(sip::header_id::allow, application_methods);
  else if (status == 405 || status == 501 || capabilities)
    w.header(sip::header_id::allow, allowed_methods);
  if (status == 415)
    write_accepted(w, request);
  if (capabilities) {
    w.header(sip::header_id::accept, accepted_types);
    w.header(sip::header_id::accept_encoding, "identity");
    w.header(sip::header_id::accept_language, "en");
    w.header(sip::header_id::supported, "timer");
  }
  if (status == 420)
    w.header(sip::header_id::unsupported, sip::unsupported_options(request));
  return w.finish();
}

ip_endpoint reply_destination(const node_facts& node, transport_index by,
                              const sip::message& request, const ip_endpoint& source) {
  const bool stream = node.transports[by.value].kind == sip::transport_kind::reliable;
  return stream ? source : sip::response_destination(request, source);
}

wire_bytes too_small_interval(const sip::message& request, const ip_endpoint& source,
                              std::uint32_t min_se_s, std::string_view to_tag) {
  sip::message_writer w;
  sip::begin_response(w, request, {.status = 422, .to_tag = to_tag, .source = source});
  w.header(sip::header_id::min_se, min_se_s);
  return w.finish();
}

} // namespace tandem::actors
