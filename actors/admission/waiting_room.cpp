#include "actors/admission/waiting_room.hpp"

#include "actors/admission/limits.hpp"
#include "actors/auth/source_limits.hpp"

#include <algorithm>
#include <utility>

namespace tandem::actors {

namespace {

std::size_t bytes_of(const newcomer& n) {
  return std::max(n.in.message ? n.in.message->raw().size() : 0, limits::least_waiting_bytes);
}

} // namespace

auto waiting_room::enter(const ip_address& address, std::size_t share, time_point now)
    -> ring::iterator {
  const auto site = site_of(address);
  if (const auto known = sources_.find(site); known != sources_.end())
    return known->second;
  const auto here = ring_.insert(ring_.end(), source{site, now, share, share});
  sources_.emplace(site, here);
  return here;
}

/// Whoever becomes the greediest becomes it by coming again, so nobody else need be looked at. Only
/// of those that have sent nothing since one may be taken for less greedy than it is.
void waiting_room::compare(ring::iterator coming) {
  if (greediest_ == ring_.end()
      || coming->bytes * greediest_->share >= greediest_->bytes * coming->share)
    greediest_ = coming;
}

std::vector<newcomer> waiting_room::add(newcomer who, std::size_t share, time_point now) {
  const auto of = enter(who.in.source.address, share, now);
  const auto bytes = bytes_of(who);
  bytes_ += bytes;
  of->bytes += bytes;
  ids_.insert(who.id);
  const auto at = line_.insert(line_.end(), {std::move(who), now, of});
  of->queue.push_back(at);
  if (judged_ == line_.end())
    judged_ = at;
  compare(of);
  std::vector<newcomer> gone;
  while (bytes_ > limits::waiting_bytes)
    gone.push_back(remove(greediest_->queue.back()));
  return gone;
}

/// The first or the last of its source.
newcomer waiting_room::remove(line::iterator at) {
  const auto of = at->of;
  auto who = std::move(at->who);
  const auto bytes = bytes_of(who);
  bytes_ -= bytes;
  of->bytes -= bytes;
  ids_.erase(who.id);
  if (of->queue.front() == at)
    of->queue.pop_front();
  else
    of->queue.pop_back();
  if (judged_ == at)
    ++judged_;
  line_.erase(at);
  if (of->queue.empty()) {
    sources_.erase(of->site);
    const bool was_greediest = greediest_ == of;
    ring_.erase(of);
    if (was_greediest)
      greediest_ = ring_.begin();
  }
  return who;
}

auto waiting_room::next() -> std::optional<admitted> {
  if (line_.empty())
    return std::nullopt;
  auto& first = ring_.front();
  const auto at = first.queue.front();
  if (--first.left == 0) {
    first.left = first.share;
    ring_.splice(ring_.end(), ring_, ring_.begin());
  }
  const auto since = at->since;
  return admitted{remove(at), since};
}

/// Each is looked at once when he has waited for overload_wait. Who may wait longer goes before his
/// time when one behind him in his queue must go.
std::optional<newcomer> waiting_room::overdue(time_point now) {
  if (!line_.empty() && now - line_.front().since > limits::patient_wait)
    return remove(line_.begin());
  for (; judged_ != line_.end() && now - judged_->since > limits::overload_wait; ++judged_)
    if (const auto of = judged_->of; judged_->since - of->since > limits::standing_queue)
      return remove(of->queue.front());
  return std::nullopt;
}

} // namespace tandem::actors
