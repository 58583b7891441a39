#include "protocols/digest/nonce_table.hpp"

#include <algorithm>

namespace tandem::sip {

bool nonce_table::is_stale(const nonce_identity& n, time_point now) const {
  return n.issued_ms <= forgotten_ms_ || n.issued() > now || now - n.issued() > lifetime_;
}

auto nonce_table::on_login(const nonce_identity& n, std::uint32_t nc, std::uint64_t request,
                           time_point now, duration repeats_for) -> verdict {
  const auto key = key_of(n);
  auto known = used_.find(key);
  if (known == used_.end()) {
    make_room(now);
    if (is_stale(n, now)) // making room has just forgotten it
      return verdict::replayed;
    known = used_.emplace(key, usage{}).first;
    in_order_.push_back(key);
  }
  auto& u = known->second;
  for (const auto& a : u.latest)
    if (a.nc == nc && a.request == request && now - a.at <= repeats_for)
      return verdict::repeated;
  if (!take(u, nc))
    return verdict::replayed;
  u.latest[u.next] = {nc, request, now};
  u.next = static_cast<std::uint8_t>((u.next + 1U) % u.latest.size());
  return verdict::fresh;
}

/// Marks nc as used; false if it was, or if nobody remembers.
bool nonce_table::take(usage& u, std::uint32_t nc) {
  if (nc > u.highest) {
    const auto by = nc - u.highest;
    u.below = by < nonce_count_window ? u.below << by : 0;
    if (u.highest != 0 && by <= nonce_count_window)
      u.below |= std::uint64_t{1} << (by - 1);
    u.highest = nc;
    return true;
  }
  const auto behind = u.highest - nc;
  if (behind == 0 || behind > nonce_count_window)
    return false;
  const auto bit = std::uint64_t{1} << (behind - 1);
  if ((u.below & bit) != 0)
    return false;
  u.below |= bit;
  return true;
}

void nonce_table::make_room(time_point now) {
  const auto issued_ms = [](const key128& k) { return static_cast<std::int64_t>(k.high); };
  while (!in_order_.empty()) {
    const auto& oldest = in_order_.front();
    const nonce_identity n{.issued_ms = issued_ms(oldest)};
    if (used_.size() < at_most_ && !is_stale(n, now))
      return;
    if (used_.size() >= at_most_)
      forgotten_ms_ = std::max(forgotten_ms_, n.issued_ms);
    used_.erase(oldest);
    in_order_.pop_front();
  }
}

} // namespace tandem::sip
