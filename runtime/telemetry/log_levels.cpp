#include "runtime/telemetry/log_levels.hpp"

#include "runtime/telemetry/limits.hpp"

#include <algorithm>

namespace tandem {

namespace {

/// False: the table is full.
template <class Table, class Key>
bool put(Table& table, const Key& key, std::optional<log_level> l, std::size_t limit) {
  if (!l) {
    table.erase(typename Table::key_type{key});
    return true;
  }
  const auto known = table.find(typename Table::key_type{key});
  if (known == table.end() && table.size() >= limit)
    return false;
  table.insert_or_assign(typename Table::key_type{key}, *l);
  return true;
}

} // namespace

log_levels::log_levels(log_level configured)
  : configured_(configured), levels_{configured, {}, {}}, lowest_(configured) {
}

bool log_levels::is_written(log_level l, std::string_view cause,
                            const std::optional<key128>& call) const {
  if (!are_any_written(l))
    return false;
  const std::lock_guard hold{mutex_};
  if (call)
    if (const auto own = levels_.calls.find(*call); own != levels_.calls.end())
      return l >= own->second;
  if (!levels_.components.empty())
    if (const auto own = levels_.components.find(std::string{cause.substr(0, cause.find('.'))});
        own != levels_.components.end())
      return l >= own->second;
  return l >= levels_.common;
}

void log_levels::set(log_level l) {
  const std::lock_guard hold{mutex_};
  levels_.common = l;
  find_lowest();
}

bool log_levels::set_component(std::string_view name, std::optional<log_level> l) {
  const std::lock_guard hold{mutex_};
  const bool done = put(levels_.components, name, l, max_log_components);
  find_lowest();
  return done;
}

bool log_levels::set_call(const key128& key, std::optional<log_level> l) {
  const std::lock_guard hold{mutex_};
  const bool done = put(levels_.calls, key, l, max_log_calls);
  find_lowest();
  return done;
}

void log_levels::reset() {
  const std::lock_guard hold{mutex_};
  levels_ = {configured_, {}, {}};
  find_lowest();
}

log_levels::picture log_levels::now() const {
  const std::lock_guard hold{mutex_};
  return levels_;
}

void log_levels::find_lowest() {
  auto lowest = levels_.common;
  for (const auto& [name, l] : levels_.components)
    lowest = std::min(lowest, l);
  for (const auto& [key, l] : levels_.calls)
    lowest = std::min(lowest, l);
  lowest_.store(lowest, std::memory_order_relaxed);
}

} // namespace tandem
