#include "actors/trace/ladder.hpp"

#include "actors/trace/limits.hpp"

namespace tandem::actors {

void ladder::add(time_point now, sip_line line) {
  const auto bytes = line.message.size() + line.summary.size();
  add(now, std::variant<sip_line, state_line>{std::move(line)}, bytes);
}

void ladder::add(time_point now, state_line line) {
  const auto bytes = line.actor.size();
  add(now, std::variant<sip_line, state_line>{std::move(line)}, bytes);
}

void ladder::add(time_point now, std::variant<sip_line, state_line> what, std::size_t bytes) {
  bytes += sizeof(ladder_line);
  if (lines_.size() >= limits::ladder_lines || size_bytes_ + bytes > limits::ladder_bytes) {
    ++dropped_;
    return;
  }
  size_bytes_ += bytes;
  lines_.push_back({now - start_, std::move(what)});
}

} // namespace tandem::actors
