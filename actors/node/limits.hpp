#pragma once

#include <chrono>
#include <cstddef>

namespace tandem::actors::limits {

/// How often a shard looks for what has grown old.
constexpr std::chrono::seconds housekeeping{5};

/// How long call detail records wait for company on their way to the disk.
constexpr std::chrono::milliseconds detail_delay{100};

/// How often the start of a node looks whether its shards have given up restoring their calls.
constexpr std::chrono::milliseconds restore_look{100};

/// Records that are committed together at most. Each is whole by itself.
constexpr std::size_t records_per_batch = 1000;

/// Records that nobody could read and that are kept to be looked at; more are dropped.
constexpr std::size_t records_set_aside = 100;

/// What is read of the end of the CDR files to know which calls stand there: more than is written
/// while the records of calls that are over still stand.
constexpr std::size_t cdr_tail_bytes = 32 * 1024 * 1024;

} // namespace tandem::actors::limits
