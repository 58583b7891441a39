#pragma once

#include "runtime/base/key.hpp"
#include "runtime/base/log_level.hpp"

#include <atomic>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace tandem {

/// From which level on lines are written: one level for all, others for single components (a cause
/// up to its first dot: "sip" of "sip.in") and for single calls. A call's own level goes before its
/// component's, and that before the common one. Any thread; a line that nobody wants costs one
/// relaxed read.
class log_levels {
public:
  struct picture {
    log_level common = log_level::info;
    std::map<std::string, log_level> components;
    std::unordered_map<key128, log_level> calls;
  };

  explicit log_levels(log_level configured);

  /// Whether a line of this level is written anywhere.
  [[nodiscard]] bool are_any_written(log_level l) const {
    return l >= lowest_.load(std::memory_order_relaxed) && l != log_level::off;
  }
  [[nodiscard]] bool is_written(log_level, std::string_view cause,
                                const std::optional<key128>& call) const;

  void set(log_level);
  /// Nullopt: as the others again. False: there are `max_log_components` already.
  [[nodiscard]] bool set_component(std::string_view, std::optional<log_level>);
  /// Nullopt: as the others again. False: there are `max_log_calls` already.
  [[nodiscard]] bool set_call(const key128&, std::optional<log_level>);
  /// As configured, for all.
  void reset();

  [[nodiscard]] picture now() const;

private:
  void find_lowest();

  const log_level configured_;
  mutable std::mutex mutex_;
  picture levels_;
  std::atomic<log_level> lowest_;
};

} // namespace tandem
