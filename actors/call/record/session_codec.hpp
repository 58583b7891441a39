#pragma once

#include "actors/call/record/call_record.capnp.h"
#include "protocols/sdp/session.hpp"

#include <optional>

namespace tandem::actors {

/// Writes a description exactly as it is, whatever a parser would say of its text.
void write_session(const sdp::session&, Session::Builder);

/// nullopt: the strings do not fit their lengths, or there are more than limits.hpp allows.
[[nodiscard]] std::optional<sdp::session> read_session(Session::Reader);

} // namespace tandem::actors
