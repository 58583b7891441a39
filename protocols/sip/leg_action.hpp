#pragma once

#include "runtime/base/actions.hpp"

#include <cstdint>
#include <string_view>

namespace tandem::sip {

/// Why a leg ended, as CDRs and applications name it.
enum class end_cause : std::uint8_t {
  bye,                ///< the peer hung up
  hung_up,            ///< we hung up because the other leg, or the application, did
  cancelled,          ///< the caller gave up before the answer
  rejected,           ///< a final answer of 300 to 699
  no_answer,          ///< it rang too long
  no_response,        ///< the INVITE was never answered at all
  unreachable,        ///< the transport failed
  ack_timeout,        ///< our 2xx was never acknowledged
  rtp_timeout,        ///< the media fell silent
  answered_elsewhere, ///< a further 2xx to the same INVITE
  operator_request,   ///< by the console or the API
  failure,            ///< a bug ended the call
  session_expired,    ///< nobody refreshed the session (RFC 4028)
  dialog_gone,        ///< a request inside the dialog got 481, 408 or no answer
  bad_description,    ///< an answer was missing, or did not fit its offer
};

[[nodiscard]] std::string_view to_string(end_cause);

/// What a leg machine asks of its host, in order.
struct leg_action {
  enum class kind : std::uint8_t {
    send_provisional, ///< 1xx with `status`
    send_2xx,         ///< 200 with the answer; the dialog is confirmed
    send_final,       ///< 300 to 699 with `status`
    send_invite,      ///< the INVITE again, with credentials (RFC 3261 §22.2)
    send_cancel,      ///< CANCEL of the pending INVITE (RFC 3261 §9.1)
    acknowledge,      ///< confirm the dialog of this 2xx and send its ACK
    release_surplus,  ///< confirm the dialog of this 2xx, send ACK, then BYE (§13.2.2.4)
    send_bye,         ///< BYE in the confirmed dialog
    report_progress,  ///< tell the application: 1xx with `status`
    report_answered,  ///< tell the application: this leg is up
    report_ended,     ///< tell the application: over, with `status` if there was one
  };
  kind what;
  std::uint16_t status = 0;

  bool operator==(const leg_action&) const = default;
};

} // namespace tandem::sip
