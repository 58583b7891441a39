#pragma once

#include "protocols/sip/invite_client_transaction.hpp"
#include "protocols/sip/invite_server_transaction.hpp"
#include "protocols/sip/non_invite_client_transaction.hpp"
#include "protocols/sip/non_invite_server_transaction.hpp"

#include <string_view>
#include <variant>

namespace tandem::sip {

/// Any of the four machines of RFC 3261 §17, so that one host runs them all.
using any_transaction = std::variant<invite_server_transaction, invite_client_transaction,
                                     non_invite_server_transaction, non_invite_client_transaction>;

/// Alternatives in the order of any_transaction.
using transaction_snapshot =
    std::variant<invite_server_transaction::snapshot, invite_client_transaction::snapshot,
                 non_invite_server_transaction::snapshot, non_invite_client_transaction::snapshot>;

// Each verb forwards to the machine. An input that the machine does not have (an ACK for a client
// transaction) is a bug of the host: matching (§17.1.3, §17.2.3) never yields it.

[[nodiscard]] transaction_actions on_start(any_transaction&); // servers: nothing to do
[[nodiscard]] transaction_actions on_request_again(any_transaction&);
[[nodiscard]] transaction_actions on_ack(any_transaction&, time_point now);
/// The host was away and cannot know whether what it committed last was sent: who waits for
/// something sends again, as for a retransmission; the other end absorbs it (§17.1, §17.2).
[[nodiscard]] transaction_actions on_resumed(any_transaction&);
[[nodiscard]] transaction_actions on_user_response(any_transaction&, status_code, time_point now);
[[nodiscard]] transaction_actions on_response(any_transaction&, status_code, time_point now);
void on_cancel_sent(any_transaction&, time_point now);
[[nodiscard]] transaction_actions on_transport_error(any_transaction&);
[[nodiscard]] transaction_actions on_deadline(any_transaction&, time_point now);

[[nodiscard]] std::optional<time_point> next_deadline(const any_transaction&);
[[nodiscard]] bool is_terminated(const any_transaction&);
[[nodiscard]] bool is_server(const any_transaction&);

/// Which messages its host must keep: the request and what was sent last; what was sent last, which
/// may have to be sent again; none, since it only absorbs what comes (RFC 6026 §7, §17.1.2.2).
enum class message_need : std::uint8_t { all, last, none };
[[nodiscard]] message_need needs_of(const any_transaction&);
/// "trying", "calling", "proceeding", "accepted", "completed", "confirmed", "terminated"
[[nodiscard]] std::string_view state_name(const any_transaction&);

[[nodiscard]] transaction_snapshot snapshot_at(const any_transaction&, time_point now);
[[nodiscard]] any_transaction restored(const transaction_snapshot&, const timer_values&,
                                       time_point now);

} // namespace tandem::sip
