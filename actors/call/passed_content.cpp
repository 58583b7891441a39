#include "actors/call/passed_content.hpp"

#include "actors/call/replies.hpp"
#include "protocols/sip/response_builder.hpp"

namespace tandem::actors {

namespace {

constexpr sip::header_id passed_on[]{sip::header_id::content_disposition,
                                     sip::header_id::content_encoding,
                                     sip::header_id::content_language,
                                     sip::header_id::date,
                                     sip::header_id::expires,
                                     sip::header_id::in_reply_to,
                                     sip::header_id::mime_version,
                                     sip::header_id::subject};

} // namespace

void copy_content(sip::message_writer& w, const sip::message& from) {
  for (const auto id : passed_on)
    w.copy(from, id);
  if (const auto package = from.header("Info-Package")) // RFC 6086 §7.2
    w.header("Info-Package", *package);
  if (!from.body().empty())
    w.body(from.header(sip::header_id::content_type).value_or(""), from.body());
}

wire_bytes passed_reply(const sip::message& request, const ip_endpoint& source,
                        std::uint16_t status, const sip::message* said, std::string_view to_tag) {
  sip::message_writer w;
  sip::begin_response(w, request,
                      {.status = status,
                       .reason = said != nullptr ? said->reason() : std::string_view{},
                       .to_tag = to_tag,
                       .source = source});
  if (status == 405 || status == 501)
    w.header(sip::header_id::allow, allowed_methods);
  if (said != nullptr) {
    for (const auto id : {sip::header_id::accept, sip::header_id::retry_after})
      w.copy(*said, id);
    copy_content(w, *said);
  }
  return w.finish();
}

} // namespace tandem::actors
