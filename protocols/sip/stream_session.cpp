#include "protocols/sip/stream_session.hpp"

#include "protocols/sip/parser.hpp"

#include <algorithm>

namespace tandem::sip {

stream_session::stream_session(stream_opener opener, const stream_times& times, time_point now,
                               const message_limits& limits)
  : times_(times), limits_(limits), last_message_(now) {
  if (opener == stream_opener::peer)
    timers_.start(timer::first, now + times.first_message);
  timers_.start(timer::idle, now + times.idle);
}

void stream_session::on_bytes(std::string_view bytes, time_point now) {
  if (broken_ || bytes.empty())
    return;
  keep(now + times_.idle);
  drop_spent();
  held_ += bytes;
}

stream_item stream_session::next(time_point now) {
  using enum stream_item::kind;
  if (broken_)
    return {};
  if (wanted_ == 0)
    skip_line_ends();
  if (pings_ > 0) {
    --pings_;
    return {ping};
  }
  const auto begun = std::string_view{held_}.substr(at_);
  if (begun.empty() || begun == "\r") {
    timers_.stop(timer::whole);
    return {};
  }
  const auto most = std::min(limits_.message_bytes, most_message_bytes);
  if (wanted_ == 0 && begun.size() < most) { // an empty line is looked for once, not for every byte
    const auto from = seen_ < 3 ? 0 : seen_ - 3;
    seen_ = begun.size();
    if (begun.find("\r\n\r\n", from) == std::string_view::npos) {
      if (!timers_.deadline(timer::whole))
        timers_.start(timer::whole, now + times_.whole_message);
      return {};
    }
  }
  if (begun.size() < wanted_)
    return {};
  const auto frame = next_frame(begun, limits_);
  switch (frame.is) {
    case stream_frame::outcome::need_more:
      wanted_ = frame.size_bytes;
      if (!timers_.deadline(timer::whole))
        timers_.start(timer::whole, now + times_.whole_message);
      return {};
    case stream_frame::outcome::broken:
      broken_ = true;
      timers_.stop_all();
      return {broken, begun};
    case stream_frame::outcome::complete: break;
  }
  timers_.stop(timer::first);
  timers_.stop(timer::whole);
  last_message_ = now;
  at_ += frame.size_bytes;
  wanted_ = seen_ = 0;
  line_ends_ = 0;
  return {message, begun.substr(0, frame.size_bytes)};
}

/// §7.5: CRLFs before a message mean nothing; two of them are a ping (RFC 5626 §3.5.1). A peer's
/// pong, one alone, is among those that mean nothing.
void stream_session::skip_line_ends() {
  while (std::string_view{held_}.substr(at_).starts_with("\r\n")) {
    at_ += 2;
    if (++line_ends_ == 2) {
      line_ends_ = 0;
      ++pings_;
    }
  }
}

void stream_session::drop_spent() {
  held_.erase(0, at_);
  at_ = 0;
}

void stream_session::on_sent(time_point now) {
  if (!broken_)
    keep(now + times_.idle);
}

void stream_session::keep(time_point until) {
  if (const auto due = timers_.deadline(timer::idle); !due || *due < until)
    timers_.start(timer::idle, until);
}

std::optional<stream_fault> stream_session::on_deadline(time_point now) {
  const auto expired = timers_.pop_expired(now);
  if (!expired)
    return std::nullopt;
  switch (*expired) {
    case timer::first: return stream_fault::never_spoke;
    case timer::whole: return stream_fault::half_message;
    case timer::idle: return stream_fault::idle;
    case timer::count: break;
  }
  return std::nullopt;
}

} // namespace tandem::sip
