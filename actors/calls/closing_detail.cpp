#include "actors/calls/closing_detail.hpp"

#include <algorithm>

namespace tandem::actors {

call_detail detail_of_orphan(const key128& key, const std::string& node, const call_record& record,
                             duration stood_on) {
  const auto& root = record.root;
  call_detail d;
  d.key = key;
  d.node = node;
  d.start = root.started;
  d.answer = root.account.answered;
  d.legs = root.legs;
  d.media = root.media;
  if (root.over) { // it knew how it ended, and could not say so any more
    d.from = root.over->from;
    d.to = root.over->to;
    d.app = root.over->app;
    d.end = root.over->at;
    d.length = root.over->length;
    d.cause = root.account.cause.value_or(sip::end_cause::failure);
    d.by = root.account.by;
    d.status = root.account.status;
    return d;
  }
  for (const auto& c : record.children)
    if (const auto* app = std::get_if<app_record>(&c.record)) {
      d.from = app->incoming.from;
      d.to = app->incoming.to;
      d.app = app->app;
    }
  d.length = root.age + std::max(stood_on, duration{});
  d.end = d.start + std::chrono::duration_cast<wall_time::duration>(d.length);
  d.status = static_cast<std::uint16_t>(root.account.answered ? 200 : root.account.status);
  d.closed = closing::orphaned;
  return d;
}

call_detail detail_of_unreadable(const key128& key, const std::string& node, wall_time written) {
  call_detail d;
  d.key = key;
  d.node = node;
  d.start = d.end = written;
  d.closed = closing::unreadable;
  return d;
}

} // namespace tandem::actors
