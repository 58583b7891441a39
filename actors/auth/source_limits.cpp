#include "actors/auth/source_limits.hpp"

namespace tandem::actors {

bool source_limits::take_request(const ip_address& source, time_point now) {
  if (rates_.requests_per_second == 0)
    return true;
  const auto rate = static_cast<double>(rates_.requests_per_second);
  const auto most = rate * static_cast<double>(limits::burst.count());
  auto& taken = requests_.touch(source);
  taken.drain(now, rate);
  if (taken.level + 1 > most)
    return false;
  taken.level += 1;
  return true;
}

bool source_limits::add_failure(const ip_address& source, time_point now) {
  if (rates_.failures_per_minute == 0)
    return false;
  const auto most = static_cast<double>(rates_.failures_per_minute);
  auto& row = failures_.touch(source);
  row.failures.drain(now, most / 60);
  row.failures.level += 1;
  if (row.failures.level <= most)
    return false;
  row = {.banned_until = now + rates_.ban}; // and then it begins at nothing
  return true;
}

bool source_limits::is_banned(const ip_address& source, time_point now) {
  const auto* row = failures_.find(source);
  return row != nullptr && now < row->banned_until;
}

} // namespace tandem::actors
