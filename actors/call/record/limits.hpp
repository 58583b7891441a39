#pragma once

#include "actors/app/limits.hpp"
#include "actors/call/limits.hpp"
#include "actors/dialog/limits.hpp"
#include "actors/leg/limits.hpp"
#include "protocols/sdp/limits.hpp"
#include "protocols/sip/limits.hpp"
#include "runtime/base/time.hpp"

#include <chrono>
#include <cstddef>

/// What bytes from a damaged disk or a confused peer may make us hold. Each bound is at least what
/// a living call can reach, so that whatever was written can be read; lists that have a limit
/// elsewhere (children, application timers, dialogs, media sections) are held to that one.
namespace tandem::actors::limits {

/// A record: two messages of 64 KiB per child come to 16 MiB.
constexpr std::size_t record_bytes = 32 * 1024 * 1024;

/// The reader follows pointers over at most this many times the record's own size, so that pointers
/// to one part from everywhere multiply nothing.
constexpr std::size_t record_traversals = 2;

/// Depth of pointers: root, children, child, leg, media, negotiation, its strings; one to spare.
constexpr int record_depth = 8;

/// Shorter ones are not compressed: there is little to be won.
constexpr std::size_t compact_from = 1024;

constexpr std::size_t record_messages = children_per_call;
constexpr std::size_t record_buffers = children_per_call;

/// Per leg the four of its negotiation, its offer, and what the application keeps.
constexpr std::size_t record_sessions = 6 * legs_per_call;

/// Strings of one session: lines of two, some of them added by us, and the formats.
constexpr std::size_t session_strings =
    2 * (sdp::max_lines + 64) + sdp::max_media_sections * sdp::max_formats;

/// Remaining and overdue times beyond this are kept as this; in bytes they are damage, since they
/// would overflow the clock.
constexpr duration longest_remaining = std::chrono::hours{10 * 365 * 24};

} // namespace tandem::actors::limits
