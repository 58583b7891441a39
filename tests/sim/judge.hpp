#pragma once

#include "tests/sim/trace.hpp"

#include <set>

namespace tandem::test {

/// What must hold for the trace of a whole run; README.md has the list. Calls whose commits a power
/// cut took away are excused from what needs a memory.
void judge(const run_trace&, const std::set<key128>& torn, verdict&);

} // namespace tandem::test
