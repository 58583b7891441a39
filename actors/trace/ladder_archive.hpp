#pragma once

#include "actors/trace/ladder.hpp"
#include "actors/trace/limits.hpp"

#include <deque>
#include <memory>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace tandem::actors {

/// The ladders of calls that have ended, for some minutes and within a limit of memory. One per
/// shard, in its thread.
class ladder_archive {
public:
  /// `held` is kept at the bytes of all ladders that began here, those of live calls too.
  explicit ladder_archive(duration keep, std::size_t max_bytes = limits::archive_bytes,
                          gauge* held = nullptr)
    : keep_(keep), max_bytes_(max_bytes), held_(held) {}

  /// That of a call which begins.
  [[nodiscard]] std::shared_ptr<ladder> begin(const key128& key, time_point now,
                                              wall_time wall) const {
    return std::make_shared<ladder>(key, now, wall, held_);
  }

  void add(std::shared_ptr<const ladder>, time_point now);
  [[nodiscard]] std::shared_ptr<const ladder> find(const key128&) const;
  /// Adds to `found` the keys, as text, that begin with `digits`, until there are two.
  void find_keys(std::string_view digits, std::vector<key128>& found) const;
  /// Forgets what is too old.
  void expire(time_point now);

  [[nodiscard]] std::size_t size() const { return entries_.size(); }
  [[nodiscard]] std::size_t size_bytes() const { return size_bytes_; }

private:
  struct entry {
    std::shared_ptr<const ladder> what;
    time_point until;
    std::size_t size_bytes; ///< when it came: a lingering call may still add lines
  };
  void drop_oldest();

  duration keep_;
  std::size_t max_bytes_;
  gauge* held_;
  std::size_t size_bytes_ = 0;
  std::deque<entry> entries_; ///< oldest first
  std::unordered_map<key128, std::shared_ptr<const ladder>> by_key_;
};

} // namespace tandem::actors
