#pragma once

#include <cstddef>

namespace tandem::actors::limits {

/// Lines of one call's ladder; what comes later is counted only.
constexpr std::size_t ladder_lines = 512;

/// Bytes of one call's ladder, the messages included.
constexpr std::size_t ladder_bytes = 512 * 1024;

/// Bytes of all ended calls' ladders of one shard; the oldest go first.
constexpr std::size_t archive_bytes = std::size_t{32} * 1024 * 1024;

} // namespace tandem::actors::limits
