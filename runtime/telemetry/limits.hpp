#pragma once

#include <cstddef>

namespace tandem {

/// Longest text of one log line, in bytes before escaping.
constexpr std::size_t max_log_text = 2'048;
/// Causes that are rate-limited apart; all further ones share one allowance.
constexpr std::size_t max_log_causes = 256;
/// Lines waiting for the log's own thread.
constexpr std::size_t max_log_queue = 8'192;
/// Series (names and label sets) of one node.
constexpr std::size_t max_series = 4'096;

} // namespace tandem
