#pragma once

#include "protocols/sip/dialog.hpp"
#include "protocols/sip/message.hpp"
#include "protocols/sip/method.hpp"
#include "protocols/sip/writer.hpp"

#include <string_view>

namespace tandem::sip {

/// The Via that a request of ours carries (RFC 3261 §8.1.1.7, RFC 3581 §3).
struct own_via {
  std::string_view protocol; ///< "UDP"
  std::string_view sent_by;  ///< "127.0.0.1:5060"
  std::string_view branch;
};

/// Writes what every request of a UAC has (RFC 3261 §8.1.1): request line, Via, Max-Forwards,
/// Route, From, To, Call-ID, CSeq. The caller adds Contact and the like, and finishes.
void begin_request(message_writer&, method, const request_plan&, const own_via&);

/// §17.1.1.3: the ACK for a 300-699 to this INVITE of ours, which the client transaction sends.
[[nodiscard]] wire_ptr make_failure_ack(const message& invite, const message& response);

/// §9.1: the CANCEL of this INVITE of ours, with a Reason (RFC 3326) unless that is empty.
[[nodiscard]] wire_ptr make_cancel(const message& invite, std::string_view reason = {});

} // namespace tandem::sip
