#pragma once

#include "actors/auth/limits.hpp"
#include "runtime/base/ip_endpoint.hpp"
#include "runtime/base/time.hpp"

#include <algorithm>
#include <cstddef>
#include <functional>
#include <list>
#include <map>

namespace tandem::actors {

/// An amount that flows out at a steady rate: how much of its capacity is taken, and since when.
struct leaky_bucket {
  double level = 0;
  time_point at{};

  /// What is left at `now`, at `per_second`.
  void drain(time_point now, double per_second) {
    const auto passed = std::chrono::duration<double>(now - at).count();
    level -= passed > 0 ? passed * per_second : 0;
    level = level < 0 ? 0 : level;
    at = now;
  }
};

/// Whose an address is: IPv6 addresses of one /64 are one source (RFC 6177: a site has all of it).
[[nodiscard]] inline ip_endpoint site_of(ip_address a) {
  if (a.family == ip_family::v6)
    std::fill(a.bytes.begin() + 8, a.bytes.end(), std::uint8_t{0});
  return {a, 0};
}

/// Rows by source, a bounded number: the one touched longest ago makes room.
template <class Row>
class source_table {
public:
  explicit source_table(std::size_t at_most) : at_most_(at_most) {}

  Row& touch(const ip_address& source) {
    const auto key = site_of(source);
    if (const auto known = places_.find(key); known != places_.end()) {
      rows_.splice(rows_.begin(), rows_, known->second);
      return rows_.front().second;
    }
    if (rows_.size() >= at_most_) {
      places_.erase(rows_.back().first);
      rows_.pop_back();
    }
    rows_.emplace_front(key, Row{});
    places_.emplace(key, rows_.begin());
    return rows_.front().second;
  }
  /// Null: not counted.
  Row* find(const ip_address& source) {
    const auto known = places_.find(site_of(source));
    return known == places_.end() ? nullptr : &known->second->second;
  }
  [[nodiscard]] std::size_t size() const { return rows_.size(); }

private:
  std::size_t at_most_;
  std::list<std::pair<ip_endpoint, Row>> rows_; ///< touched last first
  /// Ordered: an address can be forged, so that all would meet in one bucket of a table.
  std::map<ip_endpoint, typename std::list<std::pair<ip_endpoint, Row>>::iterator> places_;
};

struct source_rates {
  std::size_t requests_per_second = 100; ///< 0: no limit
  std::size_t failures_per_minute = 20;  ///< 0: no limit
  duration ban = std::chrono::seconds{60};

  bool operator==(const source_rates&) const = default;
};

/// What one source address may ask of us. A value without clock, of one shard; not durable.
class source_limits {
public:
  void set_rates(const source_rates& r) { rates_ = r; }

  /// Counts a request; false: it is one too many.
  [[nodiscard]] bool take_request(const ip_address&, time_point now);
  /// Counts a failed login; true: this one begins a ban.
  bool add_failure(const ip_address&, time_point now);
  [[nodiscard]] bool is_banned(const ip_address&, time_point now);

  [[nodiscard]] std::size_t sources() const { return requests_.size(); }
  [[nodiscard]] std::size_t failing() const { return failures_.size(); }

private:
  struct failure_row {
    leaky_bucket failures;
    time_point banned_until{};
  };

  source_rates rates_;
  source_table<leaky_bucket> requests_{limits::counted_sources};
  source_table<failure_row> failures_{limits::failing_sources};
};

} // namespace tandem::actors
