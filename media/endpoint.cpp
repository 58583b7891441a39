#include "media/endpoint.hpp"

#include "protocols/rtcp/compound.hpp"
#include "protocols/rtp/packet.hpp"

#include <algorithm>

namespace tandem::media {

namespace {

std::optional<drop> refusal(latch::verdict v) noexcept {
  switch (v) {
    case latch::verdict::heard:
    case latch::verdict::locked_now: return std::nullopt;
    case latch::verdict::no_remote: return drop::no_remote;
    case latch::verdict::wrong_source: return drop::wrong_source;
  }
  return drop::wrong_source;
}

} // namespace

void endpoint::on_remote(const set_remote& remote, time_point now) noexcept {
  latch_.on_remote(remote.rtp, remote.rtcp, now);
  stream_.on_clock_rate(remote.clock_rate_hz);
  counted_.source = {};
  allowed_ = remote.allowed;
  arm(now);
}

void endpoint::on_direction(direction allowed, time_point now) noexcept {
  allowed_ = allowed;
  arm(now);
}

void endpoint::on_resumed(const resume& r, time_point now) noexcept {
  if (counted_.rtp_packets_received != 0 || counted_.rtp_packets_sent != 0)
    return;
  counted_.rtp_packets_received = r.counted.received;
  counted_.rtp_packets_sent = r.counted.sent;
  counted_.rtp_packets_lost = lost_before_ = r.counted.lost;
  if (r.source.port == 0)
    return;
  counted_.source = r.source;
  counted_.ssrc = r.ssrc;
  latch_.on_resumed(r.source, r.ssrc, now);
}

bool endpoint::may_receive() const noexcept {
  return allowed_ == direction::send_receive || allowed_ == direction::receive_only;
}

bool endpoint::may_send() const noexcept {
  return allowed_ == direction::send_receive || allowed_ == direction::send_only;
}

auto endpoint::on_datagram(lane which, const ip_endpoint& from, std::span<const std::uint8_t> bytes,
                           time_point now) noexcept -> verdict {
  auto v = is_flooded(now)      ? verdict{drop::flood}
           : which == lane::rtp ? on_rtp(from, bytes, now)
                                : on_rtcp(from, bytes);
  if (v.why)
    count_dropped(*v.why);
  return v;
}

auto endpoint::on_rtp(const ip_endpoint& from, std::span<const std::uint8_t> bytes,
                      time_point now) noexcept -> verdict {
  const auto packet = rtp::packet_view::parse(bytes);
  if (!packet)
    return {drop::not_rtp};
  const auto heard = latch_.on_rtp(from, packet->ssrc(), packet->sequence(), now);
  if (const auto why = refusal(heard))
    return {why};
  const bool latched = heard == latch::verdict::locked_now;
  if (latched) {
    counted_.source = from;
    ++counted_.latches;
  }
  (void) stream_.on_packet(packet->ssrc(), packet->sequence(), packet->timestamp(), now);
  const bool first = counted_.rtp_packets_received == 0;
  count_received(packet->ssrc(), 1, bytes.size(), now);
  // Hold and mute (RFC 3264 §6.1): heard, counted, but passed on to nobody.
  return {may_receive() ? std::nullopt : std::optional{drop::not_allowed}, latched, first};
}

void endpoint::on_claimed(const ip_endpoint& source, std::uint32_t ssrc, time_point now) noexcept {
  counted_.source = source;
  counted_.ssrc = ssrc;
  latch_.on_resumed(source, ssrc, now);
}

void endpoint::on_carried(const flow_counts& since, time_point now) noexcept {
  counted_.dropped[static_cast<std::size_t>(drop::flood)] += since.flooded;
  counted_.dropped[static_cast<std::size_t>(drop::send_failed)] += since.expired;
  // Also without packets: after a restart the place of the stream is news.
  stream_.take_back(since.position, since.packets);
  if (since.packets == 0)
    return;
  const auto heard_at = std::min(since.heard_at, now);
  latch_.on_heard(since.position.ssrc, since.position.highest, heard_at);
  counted_.rtp_packets_carried += since.packets;
  count_received(since.position.ssrc, since.packets, since.bytes, heard_at);
}

void endpoint::count_received(std::uint32_t ssrc, std::uint64_t packets, std::uint64_t size_bytes,
                              time_point heard_at) noexcept {
  counted_.rtp_packets_received += packets;
  counted_.rtp_bytes_received += size_bytes;
  counted_.rtp_packets_expected = stream_.expected();
  counted_.rtp_packets_lost = lost_before_ + stream_.lost();
  counted_.jitter = stream_.jitter_time();
  counted_.last_rtp_at = heard_at;
  counted_.ssrc = ssrc;
  arm(heard_at);
}

auto endpoint::on_rtcp(const ip_endpoint& from, std::span<const std::uint8_t> bytes) noexcept
    -> verdict {
  if (!rtcp::compound_view::parse(bytes))
    return {drop::not_rtcp};
  if (const auto why = refusal(latch_.on_rtcp(from)))
    return {why};
  ++counted_.rtcp_packets_received;
  return {};
}

std::optional<ip_endpoint> endpoint::destination(lane which) const noexcept {
  return which == lane::rtp ? latch_.rtp_destination() : latch_.rtcp_destination();
}

void endpoint::count_sent(lane which, std::size_t packets, std::size_t size_bytes) noexcept {
  if (which == lane::rtcp) {
    counted_.rtcp_packets_sent += packets;
    return;
  }
  counted_.rtp_packets_sent += packets;
  counted_.rtp_bytes_sent += size_bytes;
}

void endpoint::count_dropped(drop why) noexcept {
  ++counted_.dropped[static_cast<std::size_t>(why)];
}

bool endpoint::is_flooded(time_point now) noexcept {
  if (now - second_began_ >= std::chrono::seconds{1}) {
    second_began_ = now;
    taken_this_second_ = 0;
  }
  if (taken_this_second_ == packets_per_second_)
    return true;
  ++taken_this_second_;
  return false;
}

// A stream on hold may be silent, also for the side that holds it: RFC 3264 §8.4 lets that one
// send, but it need not have music.
void endpoint::arm(time_point now) noexcept {
  if (allowed_ == direction::send_receive)
    quiet_since_ = now;
  else
    quiet_since_.reset();
}

std::optional<duration> endpoint::take_timeout(duration limit, time_point now) noexcept {
  if (!quiet_since_ || now - *quiet_since_ < limit)
    return std::nullopt;
  const auto silence = now - *quiet_since_;
  quiet_since_.reset();
  return silence;
}

} // namespace tandem::media
