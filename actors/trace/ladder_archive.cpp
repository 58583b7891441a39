#include "actors/trace/ladder_archive.hpp"

#include <algorithm>

namespace tandem::actors {

void ladder_archive::add(std::shared_ptr<const ladder> what, time_point now) {
  expire(now);
  const auto bytes = what->size_bytes();
  size_bytes_ += bytes;
  by_key_[what->key()] = what;
  entries_.push_back({std::move(what), now + keep_, bytes});
  while (size_bytes_ > max_bytes_ && !entries_.empty())
    drop_oldest();
}

std::shared_ptr<const ladder> ladder_archive::find(const key128& key) const {
  const auto found = by_key_.find(key);
  return found == by_key_.end() ? nullptr : found->second;
}

void ladder_archive::find_keys(std::string_view digits, std::vector<key128>& found) const {
  for (const auto& [key, what] : by_key_)
    if (found.size() < 2 && to_string(key).starts_with(digits)
        && std::ranges::find(found, key) == found.end())
      found.push_back(key);
}

void ladder_archive::expire(time_point now) {
  while (!entries_.empty() && entries_.front().until <= now)
    drop_oldest();
}

void ladder_archive::drop_oldest() {
  const auto& oldest = entries_.front().what;
  size_bytes_ -= entries_.front().size_bytes;
  // A call that came back under the same key has a younger ladder there.
  if (const auto known = by_key_.find(oldest->key());
      known != by_key_.end() && known->second == oldest)
    by_key_.erase(known);
  entries_.pop_front();
}

} // namespace tandem::actors
