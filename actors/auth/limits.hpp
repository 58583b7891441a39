#pragma once

#include <chrono>
#include <cstddef>

namespace tandem::actors::limits {

/// Source addresses whose requests are counted, of one shard; the one silent longest makes room.
constexpr std::size_t counted_sources = 20'000;
/// Source addresses whose failed logins are counted. A table of its own, since its rows come only
/// from addresses that were reached: strangers with invented addresses cannot push them out.
constexpr std::size_t failing_sources = 20'000;

/// Requests of a source may come in bursts as large as the limit's average over this time.
constexpr std::chrono::seconds burst{5};

} // namespace tandem::actors::limits
