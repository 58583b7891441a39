#pragma once

#include "actors/call/scope.hpp"
#include "actors/call/snapshots.hpp"

namespace tandem::actors {

/// For a leg whose own actors fail even at hanging up: what its peer is told is written from its
/// record alone. BYE in each dialog that stands, CANCEL to an INVITE of ours that has no answer,
/// 500 to the peer's. Transactions of their own send ours again until they are answered; nobody
/// hears the answers.
void say_farewell(call_scope&, const call_record&, child_id leg);

} // namespace tandem::actors
