#include "actors/leg/leg_sdp.hpp"

#include "protocols/sdp/anchor.hpp"
#include "protocols/sdp/attributes.hpp"
#include "protocols/sip/grammar.hpp"
#include "protocols/sip/parameters.hpp"
#include "protocols/sip/typed_headers.hpp"
#include "runtime/base/check.hpp"

namespace tandem::actors {

namespace {

/// What the peer's direction lets us do (RFC 3264 §6.1).
media::direction allowed_by(sdp::direction peer) {
  switch (peer) {
    case sdp::direction::sendrecv: return media::direction::send_receive;
    case sdp::direction::sendonly: return media::direction::receive_only;
    case sdp::direction::recvonly: return media::direction::send_only;
    case sdp::direction::inactive: return media::direction::inactive;
  }
  return media::direction::inactive;
}

/// RFC 3261 §8.2.3, §20.11: a body that whoever does not understand it may leave alone.
bool is_optional(const sip::message& m) {
  const auto disposition = m.header(sip::header_id::content_disposition);
  if (!disposition)
    return false;
  const auto at = disposition->find(';');
  if (at == std::string_view::npos)
    return false;
  const auto handling = sip::parameter_list{disposition->substr(at)}.find("handling");
  return handling && sip::same_word(handling->value, "optional");
}

} // namespace

leg_sdp::leg_sdp(const leg_media& r, call_scope& call)
  : r_(r), call_(call), negotiation_(*r.negotiation) {
}

leg_media leg_sdp::fresh(const call_scope& call, std::uint8_t leg, ip_family family) {
  constexpr std::uint64_t below_2_62 = (std::uint64_t{1} << 62) - 1; // RFC 3264 §5
  const auto& node = call.node();
  const auto& ours = family == ip_family::v4 ? node.media_address : node.media_address6;
  const auto id = (call.key().low ^ leg) & below_2_62;
  leg_media r;
  const sdp::negotiation first{sdp::make_origin(id, 1, ours.value_or(ip_address{}))};
  r.negotiation = std::make_shared<const sdp::negotiation::snapshot>(first.take_snapshot());
  return r;
}

void leg_sdp::reset(const leg_media& r) {
  r_ = r;
  negotiation_ = sdp::negotiation{*r.negotiation};
}

void leg_sdp::changed() {
  r_.negotiation = std::make_shared<const sdp::negotiation::snapshot>(negotiation_.take_snapshot());
}

tl::expected<session_ptr, std::uint16_t> leg_sdp::read(const sip::message& m) {
  if (m.body().empty())
    return session_ptr{};
  const auto type = sip::read_content_type(m);
  if (!type || !type->is("application", "sdp")) {
    if (is_optional(m))
      return session_ptr{};
    return tl::unexpected(std::uint16_t{415});
  }
  if (const auto encoding = m.header(sip::header_id::content_encoding);
      encoding && !sip::same_word(*encoding, "identity"))
    return tl::unexpected(std::uint16_t{415});
  auto parsed = sdp::parse_session(m.body());
  if (!parsed)
    return tl::unexpected(std::uint16_t{400});
  return std::make_shared<const sdp::session>(std::move(*parsed));
}

bool leg_sdp::take_offer(const sdp::session& offer) {
  const bool taken = sdp::relayed_media(offer) && negotiation_.set_remote_offer(offer);
  changed();
  return taken;
}

std::optional<std::string> leg_sdp::answer(const sdp::session& other_leg, stage when) {
  const auto ours = sdp::anchor(other_leg, where(), negotiation_.local_origin());
  const auto offer = negotiation_.pending();
  const auto result = when == stage::early ? negotiation_.preview_local_answer(ours)
                                           : negotiation_.set_local_answer(ours);
  if (!result)
    return std::nullopt;
  changed();
  if (offer)
    point_media(*offer);
  return sdp::to_text(*result);
}

std::optional<std::string> leg_sdp::echo_answer() {
  const auto offer = negotiation_.pending();
  if (!offer)
    return std::nullopt;
  const auto result =
      negotiation_.set_local_answer(sdp::echo_answer(*offer, where(), negotiation_.local_origin()));
  if (!result)
    return std::nullopt;
  changed();
  point_media(*offer);
  return sdp::to_text(*result);
}

std::optional<std::string> leg_sdp::offer(const sdp::session& other_leg) {
  const auto result =
      negotiation_.set_local_offer(sdp::anchor(other_leg, where(), negotiation_.local_origin()));
  if (!result)
    return std::nullopt;
  changed();
  return sdp::to_text(*result);
}

std::string leg_sdp::pending_offer() const {
  const auto& offer = negotiation_.pending();
  TANDEM_CHECK(offer);
  return sdp::to_text(*offer);
}

std::optional<std::string> leg_sdp::own_offer() {
  const auto& agreed = negotiation_.local();
  const auto result = negotiation_.set_local_offer(
      agreed ? *agreed : sdp::make_offer(where(), negotiation_.local_origin()));
  if (!result)
    return std::nullopt;
  changed();
  return sdp::to_text(*result);
}

bool leg_sdp::is_unchanged(const sdp::session& offer) const {
  return negotiation_.remote() == offer;
}

std::optional<std::string> leg_sdp::same_answer() {
  const auto offer = negotiation_.pending();
  const auto agreed = negotiation_.local();
  if (!offer || !agreed)
    return std::nullopt;
  const auto result = negotiation_.set_local_answer(*agreed);
  if (!result)
    return std::nullopt;
  changed();
  point_media(*offer);
  return sdp::to_text(*result);
}

void leg_sdp::rollback() {
  negotiation_.rollback();
  changed();
}

bool leg_sdp::take_answer(const sdp::session& answer, stage when) {
  const auto result = when == stage::early ? negotiation_.preview_remote_answer(answer)
                                           : negotiation_.set_remote_answer(answer);
  if (!result)
    return false;
  changed();
  point_media(*result);
  return true;
}

void leg_sdp::point_media(const sdp::session& remote) {
  const auto index = sdp::relayed_media(remote);
  if (!index)
    return;
  const auto there = sdp::remote_media(remote, *index);
  if (!there)
    return;
  const auto& section = remote.media[*index];
  const auto codec =
      section.formats.empty() ? std::nullopt : sdp::rtp_map_of(section, section.formats.front());
  constexpr std::uint32_t usual_clock_rate_hz = 8000;
  call_.tell(r_.endpoint, msg::media_remote{there->rtp, there->rtcp, allowed_by(there->direction),
                                            codec ? codec->clock_rate : usual_clock_rate_hz});
}

sdp::local_media leg_sdp::where() const {
  TANDEM_CHECK(r_.slot);
  return {r_.slot->rtp.address, r_.slot->rtp.port, r_.slot->rtcp.port};
}

} // namespace tandem::actors
