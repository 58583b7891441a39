#include "media/latch.hpp"

#include "media/limits.hpp"
#include "protocols/rtp/sequence.hpp"

namespace tandem::media {

namespace {

bool is_known(const ip_endpoint& e) noexcept {
  return e.port != 0 && !e.address.is_unspecified();
}

std::optional<ip_endpoint> if_known(const ip_endpoint& e) noexcept {
  return is_known(e) ? std::optional{e} : std::nullopt;
}

// RFC 3550 §11: RTCP uses the port above that of RTP. 65535 has none.
ip_endpoint port_above(const ip_endpoint& rtp) noexcept {
  return {rtp.address, static_cast<std::uint16_t>(rtp.port == 65535 ? 0 : rtp.port + 1)};
}

} // namespace

latch::latch(const snapshot& s, time_point now)
  : state_(s.current), signalled_rtp_(s.signalled_rtp), signalled_rtcp_(s.signalled_rtcp),
    source_(s.source), rtcp_source_(s.rtcp_source), settled_at_(now + s.until_settled),
    moved_(s.moved), heard_at_(now - s.since_heard), ssrc_(s.ssrc), sequence_(s.sequence) {
}

auto latch::snapshot_at(time_point now) const -> snapshot {
  return {state_, signalled_rtp_,  signalled_rtcp_, source_,  rtcp_source_, settled_at_ - now,
          moved_, now - heard_at_, ssrc_,           sequence_};
}

void latch::on_remote(const ip_endpoint& rtp, const ip_endpoint& rtcp, time_point now) noexcept {
  // A second SDP before anything was heard does not make an older move undone.
  moved_ = source_.has_value() && ((state_ == state::open && moved_) || rtp != signalled_rtp_);
  if (source_ == rtp)
    moved_ = false; // it moves to where we already are
  if (moved_)
    settled_at_ = now + limits::latch_settle;
  signalled_rtp_ = rtp;
  signalled_rtcp_ = rtcp;
  state_ = state::open;
}

void latch::on_resumed(const ip_endpoint& source, std::uint32_t ssrc, time_point now) noexcept {
  ssrc_ = ssrc;
  heard_at_ = now;
  (void) lock_to(source);
}

auto latch::on_rtp(const ip_endpoint& from, std::uint32_t ssrc, std::uint16_t sequence,
                   time_point now) noexcept -> verdict {
  switch (state_) {
    case state::closed: return verdict::no_remote;
    case state::open:
      if (moved_ && source_ == from && now < settled_at_)
        return verdict::heard; // still under way from before the SDP
      remember(ssrc, sequence, now);
      return lock_to(from);
    case state::locked: break;
  }
  if (source_ == from) {
    remember(ssrc, sequence, now);
    return verdict::heard;
  }
  if (now - heard_at_ < limits::latch_silence || !is_same_stream(ssrc, sequence))
    return verdict::wrong_source;
  remember(ssrc, sequence, now);
  return lock_to(from);
}

auto latch::on_rtcp(const ip_endpoint& from) noexcept -> verdict {
  if (state_ == state::closed)
    return verdict::no_remote;
  const bool beside_source = source_ && from.address == source_->address
                             && (from == port_above(*source_) || from.port == signalled_rtcp_.port);
  const bool as_signalled = state_ == state::open && from == signalled_rtcp_;
  if (!beside_source && !as_signalled)
    return verdict::wrong_source;
  rtcp_source_ = from;
  return verdict::heard;
}

std::optional<ip_endpoint> latch::rtp_destination() const noexcept {
  const bool stays = state_ == state::locked || (state_ == state::open && !moved_);
  return source_ && stays ? source_ : if_known(signalled_rtp_);
}

std::optional<ip_endpoint> latch::rtcp_destination() const noexcept {
  const bool stays = state_ == state::locked || (state_ == state::open && !moved_);
  if (!source_ || !stays)
    return if_known(signalled_rtcp_);
  if (rtcp_source_ && rtcp_source_->address == source_->address)
    return rtcp_source_;
  // Where the SDP told the truth about the host, it does so about the RTCP port (RFC 3605).
  if (source_->address == signalled_rtcp_.address && is_known(signalled_rtcp_))
    return signalled_rtcp_;
  return if_known(port_above(*source_));
}

std::optional<ip_endpoint> latch::source() const noexcept {
  return state_ == state::locked ? source_ : std::nullopt;
}

auto latch::lock_to(const ip_endpoint& from) noexcept -> verdict {
  if (source_ != from)
    rtcp_source_.reset();
  source_ = from;
  moved_ = false;
  state_ = state::locked;
  return verdict::locked_now;
}

void latch::remember(std::uint32_t ssrc, std::uint16_t sequence, time_point now) noexcept {
  heard_at_ = now;
  // Late packets do not pull the sequence back.
  const auto behind = rtp::steps_ahead(sequence, sequence_);
  if (ssrc == ssrc_ && behind > 0 && behind <= rtp::max_misorder)
    return;
  ssrc_ = ssrc;
  sequence_ = sequence;
}

bool latch::is_same_stream(std::uint32_t ssrc, std::uint16_t sequence) const noexcept {
  return ssrc == ssrc_ && rtp::continues(sequence_, sequence);
}

} // namespace tandem::media
