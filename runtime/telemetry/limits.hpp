#pragma once

#include <cstddef>

namespace tandem {

/// Longest text of one log line, in bytes before escaping.
constexpr std::size_t max_log_text = 2'048;
/// Causes that are rate-limited apart; all further ones share one allowance.
constexpr std::size_t max_log_causes = 256;
/// Components with a level of their own.
constexpr std::size_t max_log_components = 32;
/// Calls with a level of their own.
constexpr std::size_t max_log_calls = 16;
/// Lines waiting for the log's own thread.
constexpr std::size_t max_log_queue = 8'192;
/// Series (names and label sets) of one node.
constexpr std::size_t max_series = 4'096;
/// Threads whose processor time is told apart, by name; those beyond it are left out.
constexpr std::size_t max_thread_names = 256;

} // namespace tandem
