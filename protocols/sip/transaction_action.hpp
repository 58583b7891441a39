#pragma once

#include "protocols/sip/status.hpp"
#include "protocols/sip/timer_values.hpp"
#include "runtime/base/actions.hpp"

#include <cstdint>

namespace tandem::sip {

/// What a transaction machine of RFC 3261 §17 asks of its host, in order. One vocabulary for all
/// four, so that one host can run any of them.
enum class transaction_action : std::uint8_t {
  // server transactions
  send_trying,     ///< Build and send 100 Trying: the TU was silent for 200 ms.
  send_response,   ///< Send the response just given by the TU.
  resend_response, ///< Send the last response again.
  pass_ack,        ///< Give the TU this ACK: it acknowledges a 2xx.

  // client transactions
  send_request,     ///< Send the request.
  resend_request,   ///< Send the request again, the very same bytes.
  pass_provisional, ///< Give the TU this 1xx.
  pass_final,       ///< Give the TU this final response: the only one of this transaction.
  pass_2xx,   ///< Give the TU this 2xx to INVITE: the first or a further one (RFC 6026 §7.2).
  send_ack,   ///< Build the ACK for this 3xx-6xx (§17.1.1.3) and send it.
  resend_ack, ///< Send that ACK again.

  // all
  report_timeout,         ///< Tell the TU: the answer (client) or the ACK (server) never came.
  report_transport_error, ///< Tell the TU: the transport could not send.
  destroy,                ///< The machine is Terminated: forget it. Always the last action.
};

using transaction_actions = actions<transaction_action>;

} // namespace tandem::sip
