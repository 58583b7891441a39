#pragma once

#include "actors/call/record/call_record.capnp.h"
#include "actors/call/snapshots.hpp"

namespace tandem::actors {

void write_root(const call_root&, Root::Builder);

} // namespace tandem::actors
