#pragma once

#include "protocols/sip/message.hpp"
#include "protocols/sip/status.hpp"
#include "protocols/sip/writer.hpp"
#include "runtime/base/ip_endpoint.hpp"

#include <string_view>

namespace tandem::sip {

struct response_head {
  status_code status;
  std::string_view reason; ///< Empty: the default one.
  std::string_view to_tag; ///< Added when To has no tag and the status is not 100; may be empty.
  ip_endpoint source;      ///< Where the request came from.
};

/// Writes what every response repeats of its request (RFC 3261 §8.2.6.2): the status line, Vias in
/// order (the top one stamped), From, To with our tag, Call-ID, CSeq; Timestamp in a 100
/// (§8.2.6.1); Record-Route in 101..299 to requests that can create a dialog (§12.1.1). The caller
/// adds Contact and so on, and finishes. Works on what `parse_error::partial` holds, too.
void begin_response(message_writer&, const message& request, const response_head&);

/// Where the response goes over UDP (§18.2.2, RFC 3581 §4): maddr, else the source address with
/// the source port (rport) or the port of sent-by. A maddr that is a name is not resolved here:
/// the source address stands in.
[[nodiscard]] ip_endpoint response_destination(const message& request, const ip_endpoint& source);

} // namespace tandem::sip
