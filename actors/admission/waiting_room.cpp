#include "actors/admission/waiting_room.hpp"

#include "actors/admission/limits.hpp"
#include "actors/auth/source_limits.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace tandem::actors {

namespace {

std::size_t bytes_of(const newcomer& n) {
  return n.in.message ? n.in.message->raw().size() : 0;
}

} // namespace

auto waiting_room::enter(const ip_address& address, std::size_t share) -> ring::iterator {
  const auto site = site_of(address);
  if (const auto known = sources_.find(site); known != sources_.end())
    return known->second;
  const auto here = ring_.insert(ring_.end(), source{site, share, share});
  sources_.emplace(site, here);
  return here;
}

bool waiting_room::is_full() const {
  return line_.size() >= limits::waiting_requests || bytes_ >= limits::waiting_bytes;
}

std::optional<newcomer> waiting_room::add(newcomer who, std::size_t share, time_point now) {
  std::optional<newcomer> gone;
  if (is_full()) {
    const auto known = sources_.find(site_of(who.in.source.address));
    const auto waiting = known == sources_.end() ? 0 : known->second->queue.size();
    // His source would be above the average: nobody has to make room for him.
    if ((waiting + 1) * sources_.size() >= line_.size() * share)
      return who;
    gone = push_out();
  }
  const auto of = enter(who.in.source.address, share);
  ids_.insert(who.id);
  bytes_ += bytes_of(who);
  line_.push_back({std::move(who), now, of});
  of->queue.push_back(std::prev(line_.end()));
  return gone;
}

std::optional<newcomer> waiting_room::push_out() {
  const auto most = std::ranges::max_element(ring_, [](const source& a, const source& b) {
    return a.queue.size() * b.share < b.queue.size() * a.share;
  });
  return remove(most->queue.back());
}

newcomer waiting_room::remove(line::iterator at) {
  const auto of = at->of;
  auto& queue = of->queue;
  if (queue.front() == at)
    queue.pop_front();
  else
    queue.pop_back(); // it is the newest: push_out()
  if (queue.empty()) {
    sources_.erase(of->site);
    ring_.erase(of);
  }
  auto who = std::move(at->who);
  ids_.erase(who.id);
  bytes_ -= bytes_of(who);
  line_.erase(at);
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

std::optional<newcomer> waiting_room::older_than(time_point then) {
  if (line_.empty() || line_.front().since >= then)
    return std::nullopt;
  return remove(line_.begin());
}

} // namespace tandem::actors
