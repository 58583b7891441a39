#include "actors/node/stored_calls.hpp"

#include "actors/node/limits.hpp"
#include "runtime/telemetry/event_log.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace tandem::actors {

namespace {

// Of the marks.
constexpr key128 alive{0, 1};   ///< a stamp
constexpr key128 attempt{0, 2}; ///< the key of a call that was being restored, and how often

std::string text_of_attempt(const key128& call, std::uint32_t times) {
  return to_string(call) + std::to_string(times);
}

/// They all lived in one process: the latest sign of life is everybody's.
tl::expected<void, std::string> share_sign_of_life(const std::vector<shard_stores>& shards) {
  std::optional<std::string> latest;
  for (const auto& s : shards)
    if (auto sign = s.marks != nullptr ? s.marks->read(alive) : std::nullopt; sign)
      if (const auto when = stamp_of(*sign);
          when && (!latest || stamp_of(*latest)->wall < when->wall))
        latest = std::move(sign);
  for (const auto& s : shards)
    if (const std::array<cluster::record_change, 1> one{{{alive, latest}}};
        latest && s.marks != nullptr)
      if (auto done = s.marks->commit(one); !done)
        return done;
  return {};
}

stored_call call_of(const key128& key, std::string_view stored, const stamp& now) {
  stored_call c{.key = key, .record = record_of(stored), .bytes = stored};
  if (const auto then = stamp_of(stored)) {
    c.absent = time_between(*then, now);
    c.written = then->wall;
  }
  return c;
}

} // namespace

tl::expected<std::size_t, std::string> settle_calls(const std::vector<shard_stores>& shards,
                                                    std::size_t owners) {
  std::vector<std::vector<cluster::record_change>> arriving(shards.size()), leaving(shards.size());
  std::size_t moved = 0;
  for (std::size_t i = 0; i < shards.size(); ++i) {
    const auto seen = shards[i].calls.visit_all([&](const key128& key, std::string_view stored) {
      const auto owner = key.high % owners;
      if (owner == i)
        return;
      arriving[owner].push_back({key, std::string(stored)});
      leaving[i].push_back({key, std::nullopt});
      ++moved;
    });
    if (!seen)
      return tl::unexpected(seen.error());
  }
  // There before they leave: what dies in between is found twice and settled again.
  for (const auto* changes : {&arriving, &leaving})
    for (std::size_t i = 0; i < shards.size(); ++i)
      if (auto done = shards[i].calls.commit((*changes)[i]); !done)
        return tl::unexpected(done.error());
  return moved == 0 ? moved : share_sign_of_life(shards).map([moved] { return moved; });
}

stored_calls::stored_calls(const shard_stores& stores, std::string_view boot_id, const clock& time,
                           gauge& degraded, event_log& log)
  : calls_(stores.calls), marks_(stores.marks), damaged_(stores.damaged),
    boot_(boot_number(boot_id)), time_(time), degraded_(degraded), log_(log) {
}

void stored_calls::commit(std::vector<cluster::record_change>& batch) {
  const auto now = this_moment();
  for (auto& change : batch)
    if (change.bytes)
      append_stamp(*change.bytes, now);
  std::span<const cluster::record_change> left{batch};
  for (std::size_t n = 0; !left.empty(); left = left.subspan(n)) { // a restart commits all at once
    n = std::min(left.size(), limits::records_per_batch);
    commit_some(left.first(n));
  }
}

void stored_calls::commit_some(std::span<const cluster::record_change> batch) {
  if (const auto done = calls_.commit(batch); !done) {
    degraded_.add(1);
    log_.error("store", done.error()
                            + "; degraded: calls go on in memory and would not survive a crash. "
                              "Free space on the disk of node.data, or repair it");
  }
}

std::optional<std::string> stored_calls::read(const key128& key) const {
  auto stored = calls_.read(key);
  if (stored)
    stored->resize(record_of(*stored).size());
  return stored;
}

void stored_calls::keep_house(bool calls_live) {
  if (calls_.degraded() && calls_.retry()) {
    degraded_.add(-1);
    log_.info("store", "all calls are on disk again");
  }
  if (!calls_live || calls_.degraded())
    return;
  std::string now;
  append_stamp(now, this_moment());
  mark(alive, std::move(now));
}

/// A mark that cannot be written is missed by nobody but the next start.
void stored_calls::mark(const key128& key, std::optional<std::string> bytes) {
  const std::array<cluster::record_change, 1> one{{{key, std::move(bytes)}}};
  if (marks_ != nullptr)
    (void) marks_->commit(one);
}

duration stored_calls::downtime() const {
  const auto now = this_moment();
  auto shortest = duration::max();
  const auto consider = [&](std::string_view stored) {
    if (const auto then = stamp_of(stored))
      shortest = std::min(shortest, time_between(*then, now));
  };
  if (const auto known = marks_ != nullptr ? marks_->read(alive) : std::nullopt)
    consider(*known);
  (void) calls_.visit_all([&](const key128&, std::string_view stored) { consider(stored); });
  return shortest;
}

tl::expected<void, std::string> stored_calls::visit(const call_archive::visitor& visit) const {
  const auto now = this_moment();
  return calls_.visit_all(
      [&](const key128& key, std::string_view stored) { visit(call_of(key, stored, now)); });
}

void stored_calls::visit(const key128& key, const call_archive::visitor& visit) const {
  if (const auto stored = calls_.read(key))
    visit(call_of(key, *stored, this_moment()));
}

std::uint32_t stored_calls::begin_attempt(const key128& key) {
  if (!last_attempt_)
    last_attempt_ = (marks_ != nullptr ? marks_->read(attempt) : std::nullopt).value_or("");
  std::uint32_t before = 0;
  if (last_attempt_->starts_with(to_string(key)))
    std::from_chars(last_attempt_->data() + key_digits,
                    last_attempt_->data() + last_attempt_->size(), before);
  mark(attempt, text_of_attempt(key, before + 1));
  return before;
}

void stored_calls::end_attempts() {
  if (last_attempt_)
    mark(attempt, std::nullopt);
  last_attempt_.reset();
}

void stored_calls::set_aside(const key128& key, std::string_view bytes) {
  const std::array<cluster::record_change, 1> one{{{key, std::string(bytes)}}};
  if (damaged_ != nullptr && damaged_->size() < limits::records_set_aside)
    (void) damaged_->commit(one);
}

} // namespace tandem::actors
