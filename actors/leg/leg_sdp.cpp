#include "actors/leg/leg_sdp.hpp"

#include "protocols/sdp/anchor.hpp"
#include "protocols/sdp/attributes.hpp"
#include "protocols/sdp/limits.hpp"
#include "protocols/sip/session_body.hpp"
#include "runtime/base/check.hpp"

#include <algorithm>

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
  const auto text = sip::session_body(m);
  if (!text)
    return tl::unexpected(text.error());
  if (text->empty())
    return session_ptr{};
  auto parsed = sdp::parse_session(*text);
  if (!parsed)
    return tl::unexpected(std::uint16_t{400});
  return std::make_shared<const sdp::session>(std::move(*parsed));
}

bool leg_sdp::take_offer(const session_ptr& offer) {
  const bool can_go = call_.is_direct() || sdp::relayed_media(*offer);
  const bool taken = can_go && negotiation_.set_remote_offer(offer);
  changed();
  if (taken)
    open_streams(*offer);
  return taken;
}

std::optional<std::string> leg_sdp::answer(const sdp::session& other_leg, stage when) {
  const auto offer = negotiation_.pending();
  if (!offer)
    return std::nullopt;
  const auto here = sdp::fit_answer(ours(other_leg), *offer);
  const auto result = when == stage::early ? negotiation_.preview_local_answer(here)
                                           : negotiation_.set_local_answer(here);
  if (!result)
    return std::nullopt;
  use(*offer, when);
  return sdp::to_text(**result);
}

std::optional<std::string> leg_sdp::echo_answer() {
  const auto offer = negotiation_.pending();
  if (!offer || call_.is_direct())
    return std::nullopt;
  const auto result =
      negotiation_.set_local_answer(sdp::echo_answer(*offer, where(), negotiation_.local_origin()));
  if (!result)
    return std::nullopt;
  use(*offer, stage::final);
  return sdp::to_text(**result);
}

std::optional<std::string> leg_sdp::offer(const sdp::session& other_leg) {
  if (negotiation_.current() != sdp::negotiation::state::stable)
    return std::nullopt;
  open_streams(other_leg);
  auto here = ours(other_leg);
  if (const auto& before = negotiation_.local())
    here = sdp::fit_offer(std::move(here), *before);
  const auto result = negotiation_.set_local_offer(std::move(here));
  TANDEM_CHECK(result);
  changed();
  return sdp::to_text(**result);
}

std::string leg_sdp::pending_offer() const {
  const auto& offer = negotiation_.pending();
  TANDEM_CHECK(offer);
  return sdp::to_text(*offer);
}

std::optional<std::string> leg_sdp::own_offer() {
  const auto& agreed = negotiation_.local();
  if (!agreed && call_.is_direct())
    return std::nullopt;
  const auto result = negotiation_.set_local_offer(
      agreed ? *agreed : sdp::make_offer(where(), negotiation_.local_origin()));
  if (!result)
    return std::nullopt;
  changed();
  return sdp::to_text(**result);
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
  use(*offer, stage::final);
  return sdp::to_text(**result);
}

void leg_sdp::rollback() {
  negotiation_.rollback();
  close_streams();
  changed();
}

bool leg_sdp::take_answer(const session_ptr& answer, stage when) {
  const auto result = when == stage::early ? negotiation_.preview_remote_answer(answer)
                                           : negotiation_.set_remote_answer(answer);
  if (!result)
    return false;
  use(**result, when);
  return true;
}

void leg_sdp::use(const sdp::session& remote, stage when) {
  if (when == stage::final)
    close_streams();
  changed();
  if (call_.is_direct())
    return;
  if (const auto audio = sdp::relayed_media(remote))
    point(r_.endpoint, remote, *audio);
  for (const auto& v : r_.video)
    if (v.at.section < remote.media.size() && remote.media[v.at.section].port != 0)
      point(v.at.endpoint, remote, v.at.section);
}

void leg_sdp::point(child_id endpoint, const sdp::session& remote, std::size_t index) {
  const auto there = sdp::remote_media(remote, index);
  if (!there)
    return;
  const auto& section = remote.media[index];
  const auto codec =
      section.formats.empty() ? std::nullopt : sdp::rtp_map_of(section, section.formats.front());
  constexpr std::uint32_t usual_clock_rate_hz = 8000;
  call_.tell(endpoint, msg::media_remote{there->rtp, there->rtcp, allowed_by(there->direction),
                                         codec ? codec->clock_rate : usual_clock_rate_hz});
}

bool leg_sdp::open_audio(ip_family family, child_id with) {
  if (call_.is_direct())
    return false;
  media_endpoint_record fresh;
  fresh.leg = call_.self();
  fresh.peer = with;
  fresh.family = family;
  r_.endpoint = call_.spawn(call_.self(), "media", fresh);
  call_.tell(r_.endpoint, msg::begin{});
  return true;
}

void leg_sdp::set_slot(const media::slot& s) {
  r_.slot = s;
  if (negotiation_.current() == sdp::negotiation::state::remote_offer)
    open_streams(*negotiation_.pending());
}

/// A stream is refused if there are no ports for it: a call without video is a call.
void leg_sdp::open_streams(const sdp::session& described) {
  if (!r_.slot)
    return; // set_slot() does it
  for (const auto i : sdp::relayed_video(described)) {
    const auto section = static_cast<std::uint8_t>(i); // below max_media_sections
    const bool known = std::ranges::any_of(
        r_.video, [&](const relayed_stream& v) { return v.at.section == section; });
    if (known || r_.video.size() + 1 >= sdp::max_relayed_sections || call_.is_crowded())
      continue;
    media_endpoint_record fresh;
    fresh.leg = call_.self();
    fresh.family = r_.slot->rtp.address.family;
    const auto slot = call_.allocate(fresh.family);
    if (!slot)
      continue;
    fresh.slot = *slot;
    const auto id = call_.spawn(call_.self(), "video " + std::to_string(i), fresh);
    r_.video.push_back({{section, id}, slot->rtp, slot->rtcp});
  }
}

void leg_sdp::close_streams() {
  std::erase_if(r_.video, [this](const relayed_stream& v) {
    if (negotiation_.is_agreed(v.at.section))
      return false;
    call_.end(v.at.endpoint);
    return true;
  });
}

void leg_sdp::end_media() {
  if (r_.endpoint != the_call)
    call_.end(r_.endpoint);
  for (const auto& v : r_.video)
    call_.end(v.at.endpoint);
  r_.video.clear();
  negotiation_ = sdp::negotiation{negotiation_.local_origin()};
  changed();
}

void leg_sdp::join(const msg::join_streams& m) {
  msg::streams_to_join ours;
  for (const auto& v : r_.video)
    ours.list.push_back(v.at);
  call_.tell(m.with, std::move(ours));
}

void leg_sdp::join(const msg::streams_to_join& m) {
  for (const auto& there : m.list)
    for (const auto& here : r_.video)
      if (here.at.section == there.section)
        call_.tell(there.endpoint, msg::media_join{here.at.endpoint});
}

sdp::session leg_sdp::ours(const sdp::session& other_leg) const {
  if (call_.is_direct())
    return sdp::passed_on(other_leg, negotiation_.local_origin());
  return actors::anchored(r_, other_leg, negotiation_.local_origin());
}

sdp::local_media leg_sdp::where() const {
  TANDEM_CHECK(r_.slot);
  return {r_.slot->rtp.address, r_.slot->rtp.port, r_.slot->rtcp.port};
}

sdp::session anchored(const leg_media& m, const sdp::session& other_leg, const sdp::origin& ours) {
  TANDEM_CHECK(m.slot);
  const auto& address = m.slot->rtp.address;
  std::vector<sdp::placed_media> places;
  if (const auto audio = sdp::relayed_media(other_leg))
    places.push_back({*audio, {address, m.slot->rtp.port, m.slot->rtcp.port}});
  for (const auto& v : m.video)
    places.push_back({v.at.section, {v.rtp.address, v.rtp.port, v.rtcp.port}});
  return sdp::anchor(other_leg, places, address, ours);
}

} // namespace tandem::actors
