#include "protocols/sip/request_builder.hpp"

#include "protocols/sip/typed_headers.hpp"
#include "runtime/base/check.hpp"

namespace tandem::sip {

namespace {

constexpr unsigned initial_max_forwards = 70; // §8.1.1.6

/// What ACK and CANCEL repeat of the INVITE that they belong to; To is the caller's.
void repeat(message_writer& w, const message& invite, method m) {
  const auto via = read_top_via(invite);
  const auto cseq = read_cseq(invite);
  TANDEM_CHECK(via && cseq); // we wrote it
  w.request_line(m, invite.request_uri());
  w.header(header_id::via, via->text);
  w.header(header_id::max_forwards, initial_max_forwards);
  w.copy(invite, header_id::route);
  w.copy(invite, header_id::from);
  w.copy(invite, header_id::call_id);
  w.header(header_id::cseq, cseq->number, " ", to_string(m));
}

} // namespace

void begin_request(message_writer& w, method m, const request_plan& plan, const own_via& via) {
  w.request_line(m, plan.request_uri);
  w.header(header_id::via, "SIP/2.0/", via.protocol, " ", via.sent_by, ";branch=", via.branch,
           ";rport");
  w.header(header_id::max_forwards, unsigned{plan.max_forwards});
  for (const auto& route : plan.routes)
    w.header(header_id::route, route);
  w.header(header_id::from, plan.from);
  w.header(header_id::to, plan.to);
  w.header(header_id::call_id, plan.call_id);
  w.header(header_id::cseq, plan.cseq, " ", to_string(m));
}

wire_ptr make_failure_ack(const message& invite, const message& response) {
  message_writer w;
  repeat(w, invite, method::ack);
  w.copy(response, header_id::to);
  return w.finish();
}

wire_ptr make_cancel(const message& invite, std::string_view reason) {
  message_writer w;
  repeat(w, invite, method::cancel);
  w.copy(invite, header_id::to);
  if (!reason.empty())
    w.header(header_id::reason, reason);
  return w.finish();
}

} // namespace tandem::sip
