#include "actors/trace/ladder.hpp"

#include "actors/trace/limits.hpp"
#include "protocols/sip/message.hpp"

#include <utility>

namespace tandem::actors {

ladder::~ladder() {
  if (held_ != nullptr)
    held_->add(-static_cast<std::int64_t>(size_bytes_));
}

void ladder::add(time_point now, sip_line line) {
  const auto keeper = line.received ? sizeof(sip::message) : sizeof(std::string);
  const auto bytes = sizeof line + keeper + line.message.size() + line.summary.size();
  add(now, std::make_shared<const sip_line>(std::move(line)), bytes);
}

void ladder::add(time_point now, state_line line) {
  const auto bytes = line.actor.size();
  add(now, ladder_line::content{std::move(line)}, bytes);
}

void ladder::add(time_point now, ladder_line::content what, std::size_t bytes) {
  bytes += sizeof(ladder_line);
  if (lines_.size() >= limits::ladder_lines || size_bytes_ + bytes > limits::ladder_bytes) {
    ++dropped_;
    return;
  }
  size_bytes_ += bytes;
  if (held_ != nullptr)
    held_->add(static_cast<std::int64_t>(bytes));
  if (lines_.size() == lines_.capacity()) // doubled, half of it might be to spare for hours
    lines_.reserve(lines_.size() + lines_.size() / 4 + 8);
  lines_.push_back({now - start_, std::move(what)});
}

} // namespace tandem::actors
