// The end of the node's process, and its next one.
#include "tests/actors/world.hpp"
#include "tests/actors/world_parts.hpp"

#include <catch2/catch.hpp>

namespace tandem::test {

void world::crash() {
  auto& p = *parts_;
  p.notes.node_is_dead = true;
  p.node.reset();
  p.notes.node_is_dead = false;
  settle();
}

void world::restart(duration downtime) {
  auto& p = *parts_;
  if (p.node)
    crash();
  pass(downtime);
  forget_ladders();
  p.node = std::make_unique<node_life>(p.grounds(), p.shape);
  settle();
}

void world::forget_ladders() {
  parts_->notes.life = parts_->notes.lines.size();
}

void world::reboot() const {
  parts_->boot_id += "'";
}

void world::jump_wall(std::chrono::milliseconds by) {
  parts_->time.jump_wall(by);
}

void world::replace_record(std::string bytes) {
  auto& p = *parts_;
  commits_failed_ = true; // nobody else has these bytes
  for (const auto& s : p.stores) {
    std::vector<cluster::record_change> changes;
    REQUIRE(s->visit_all([&](const key128& key, std::string_view stored) {
      const auto stamp = actors::stamp_of(stored);
      REQUIRE(stamp);
      auto with_stamp = bytes;
      actors::append_stamp(with_stamp, *stamp);
      changes.push_back({key, std::move(with_stamp)});
    }));
    REQUIRE(s->commit(changes));
  }
}

void world::die_of_restoring(std::uint32_t times) {
  auto& p = *parts_;
  const auto k = key();
  crash();
  for (std::uint32_t i = 0; i < times; ++i) { // processes, one after the other
    metrics figures;
    event_log log{p.time, {.node = "a", .level = log_level::off, .writer = log_writer::caller}};
    actors::stored_calls records{p.grounds().stores.front(), p.boot_id, p.time,
                                 actors::make_degraded_gauge(figures), log};
    CHECK(records.begin_attempt(k) == i);
  }
}

std::size_t world::marks() const {
  std::size_t n = 0;
  for (const auto& s : parts_->marks)
    n += s->size();
  return n;
}

std::string world::calls_path() const {
  return parts_->node->shards.front()->calls_path();
}

std::size_t world::set_aside() const {
  std::size_t n = 0;
  for (const auto& s : parts_->damaged)
    n += s->size();
  return n;
}

} // namespace tandem::test
