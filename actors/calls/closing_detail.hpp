#pragma once

#include "actors/call/snapshots.hpp"
#include "actors/cdr/call_detail.hpp"
#include "runtime/base/key.hpp"

#include <string>

namespace tandem::actors {

/// The CDR of a call that nobody was there to end. `stood_on`: how long it is known to have stood
/// after its record was committed.
[[nodiscard]] call_detail detail_of_orphan(const key128&, const std::string& node,
                                           const call_record&, duration stood_on);

/// That of a call of which only the key is known, and when it was last committed.
[[nodiscard]] call_detail detail_of_unreadable(const key128&, const std::string& node,
                                               wall_time written);

} // namespace tandem::actors
