#pragma once

#include "actors/call/snapshots.hpp"

namespace tandem::actors {

/// The record of a call whose latest commits may have been lost with the end of a torn log, while
/// phones saw what they led to: every number of ours that must not come twice is raised past what
/// could have been used since. Numbers in messages that are kept to be sent again stay as they are.
///
/// DEVIATION RFC 3264 §8: the version of o= may rise by more than one.
[[nodiscard]] call_record raised(call_record);

} // namespace tandem::actors
