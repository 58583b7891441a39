#pragma once

#include "actors/call/record/call_record.capnp.h"

#include <capnp/any.h>

namespace tandem::actors {

/// Whether a newer program has written something here that our schema has no name for.
[[nodiscard]] bool has_newer_fields(CallRecord::Reader);

/// Writes `fresh`, and with it what `base`, an earlier record of the same call, has beyond our
/// schema: in the root's structs and in the record of each child that both have. Elements of other
/// lists are written as we know them.
void write_with_newer_fields(capnp::AnyPointer::Builder to, CallRecord::Reader fresh,
                             CallRecord::Reader base);

} // namespace tandem::actors
