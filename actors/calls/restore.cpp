// What was stored when calls start: brought to life, closed, or set aside.
#include "actors/call/record/record_codec.hpp"
#include "actors/calls/calls.hpp"
#include "actors/calls/closing_detail.hpp"
#include "actors/calls/limits.hpp"
#include "actors/calls/raised.hpp"
#include "actors/media_endpoint/reattach.hpp"
#include "runtime/telemetry/event_log.hpp"

#include <fmt/format.h>

namespace tandem::actors {

namespace {

std::vector<media::slot_id> slots_of(const call_record& record) {
  std::vector<media::slot_id> slots;
  for (const auto& child : record.children)
    if (const auto* endpoint = std::get_if<media_endpoint_record>(&child.record);
        endpoint != nullptr && endpoint->slot)
      slots.push_back(endpoint->slot->id);
  return slots;
}

} // namespace

/// One that a new INVITE has brought back to this key meanwhile is that call's.
void calls::restore() {
  const auto began = services_.time.now();
  const auto downtime = archive_.downtime();
  outcome_count n;
  const auto visited = archive_.visit([&](const stored_call& c) {
    if (directory_.find(c.key) == nullptr)
      revive(c, downtime, n);
  });
  archive_.end_attempts();
  if (!visited)
    services_.log.error("call.restore", visited.error()
                                            + "; calls that stand there are lost: look at the disk "
                                              "of node.data");
  say(n, began);
  reinvite_some();
}

void calls::bring_back_alone(const key128& key) {
  const bool enough = ++revived_[key] > limits::revivals_per_call;
  outcome_count n;
  archive_.visit(key, [&](const stored_call& c) {
    if (!enough)
      return revive(c, duration{}, n);
    if (const auto record = decode_record(c.record))
      for (const auto& slot : slots_of(*record))
        (void) services_.media.submit(media::release{slot});
    give_up(c, "it died as an actor again and again", n);
  });
  if (enough)
    revived_.erase(key);
  archive_.end_attempts();
}

void calls::revive(const stored_call& c, duration downtime, outcome_count& n) {
  if (archive_.begin_attempt(c.key) >= limits::restore_attempts)
    return give_up(c, "the node died of restoring it, again and again", n);
  auto record = decode_record(c.record);
  if (!record)
    return give_up(c, record.error(), n);
  const bool written = archive_.has_detail(c.key, record->root.started);
  const bool orphaned = downtime > services_.settings->restore.max_downtime;
  if (!orphaned && !(written && !record->root.over)) // over and written: its transactions linger
    return bring_back(c, std::move(*record), n);
  ++(orphaned ? n.orphans : n.ended);
  if (!written)
    services_.record_detail(
        detail_of_orphan(c.key, services_.facts.name, *record, c.absent - downtime));
  services_.commits.erase(c.key);
}

void calls::bring_back(const stored_call& c, call_record record, outcome_count& n) {
  if (directory_.entries.size() >= services_.facts.calls_per_shard)
    return give_up(c, "there are too many calls", n);
  const auto media = reattach(record, services_.media, c.key);
  if (!media)
    return give_up(c, to_string(media.error()), n);
  const bool over = record.root.over.has_value();
  const bool asked = services_.settings->restore.resume == resume_mode::reinvite;
  const auto slots = slots_of(record);
  try {
    (void) start({c.key, raised(std::move(record)), c.absent});
  } catch (const std::exception& e) {
    for (const auto& slot : slots)
      (void) services_.media.submit(media::release{slot});
    return give_up(c, e.what(), n);
  }
  for (const auto& command : media->commands)
    (void) services_.media.submit(command);
  msg::resume_call back; // at once: ahead of its timers, which may be due
  (void) directory_.find(c.key)->here->run_self(back);
  if (!over && (asked || !media->moved.empty()))
    to_reinvite_.push_back(c.key);
  ++n.restored;
}

/// It is out of the way of the others, and nobody tries it again.
void calls::give_up(const stored_call& c, std::string_view why, outcome_count& n) {
  if (++n.broken <= limits::restore_failures_logged)
    services_.log.error("call.restore", fmt::format("cannot be restored and is closed: {}", why),
                        c.key);
  archive_.set_aside(c.key, c.bytes);
  if (!archive_.has_detail(c.key, c.written))
    services_.record_detail(detail_of_unreadable(c.key, services_.facts.name, c.written));
  services_.commits.erase(c.key);
}

void calls::say(const outcome_count& n, time_point began) {
  if (n.restored + n.ended + n.orphans + n.broken == 0)
    return;
  const std::chrono::duration<double> took = services_.time.now() - began;
  auto line = fmt::format("restored {} calls in {:.3f} s", n.restored, took.count());
  if (n.orphans != 0)
    line += fmt::format("; {} orphans closed: nobody was there for more than {} s", n.orphans,
                        services_.settings->restore.max_downtime.count());
  if (n.ended != 0)
    line += fmt::format("; {} had ended", n.ended);
  if (n.broken != 0)
    line += fmt::format("; {} could not be restored", n.broken);
  services_.log.info("call.restore", line);
}

/// Peers are not asked all at once.
void calls::reinvite_some() {
  for (std::size_t i = 0; i < limits::reinvites_per_step && !to_reinvite_.empty(); ++i) {
    if (const auto* known = directory_.find(to_reinvite_.back()))
      send(known->address, msg::resume_call{msg::resume_call::what::reinvite});
    to_reinvite_.pop_back();
  }
  if (!to_reinvite_.empty())
    reinvite_timer_.start(home().timers(), home().now() + limits::reinvite_step);
}

} // namespace tandem::actors
