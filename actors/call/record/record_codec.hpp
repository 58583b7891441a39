#pragma once

#include "actors/call/snapshots.hpp"

#include <tl/expected.hpp>

#include <string>
#include <string_view>

namespace tandem::actors {

/// The bytes of a call's record (call.capnp), as they are committed, replicated and restored.
[[nodiscard]] std::string encode_record(const call_record&);

/// Reads them back; messages in them are parsed anew. The error is a sentence: the bytes are
/// damaged, or of a schema that this program does not know.
[[nodiscard]] tl::expected<call_record, std::string> decode_record(std::string_view bytes);

} // namespace tandem::actors
