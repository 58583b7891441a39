#include "actors/call/call.hpp"
#include "runtime/base/check.hpp"

namespace tandem::actors {

namespace {

std::optional<leg_summary::media_view> media_of(const leg_media& m, const media::engine& engine) {
  if (!m.slot)
    return std::nullopt;
  leg_summary::media_view v;
  v.local = m.slot->rtp;
  if (const auto counters = engine.statistics(m.slot->id))
    v.counters = *counters;
  return v;
}

} // namespace

/// Read from the children's records, which is all that there is to know.
call_summary call::summary() const {
  call_summary out{.key = key_,
                   .state = "over",
                   .from = detail_.from,
                   .to = detail_.to,
                   .app = detail_.app,
                   .age = now() - started_};
  if (answered_)
    out.talking = now() - *answered_;
  for (const auto& s : slots_) {
    const auto record = s.actor->record_at(now());
    if (s.id == app_child)
      out.state = s.state;
    leg_summary leg{.name = s.name(), .state = s.state};
    if (const auto* in = std::get_if<incoming_leg_record>(&record)) {
      leg.incoming = true;
      leg.remote = detail_.from;
      leg.peer = in->source;
      leg.media = media_of(in->media, services_.media);
    } else if (const auto* out_leg = std::get_if<outgoing_leg_record>(&record)) {
      leg.remote = out_leg->to;
      leg.peer = out_leg->peer;
      leg.media = media_of(out_leg->media, services_.media);
    } else {
      continue;
    }
    for (const auto& m : slots_) // the endpoint knows where the peer's description points
      if (m.parent == s.id && m.kind == child_kind::media_endpoint && leg.media) {
        const auto endpoint = m.actor->record_at(now());
        const auto& audio = std::get<media_endpoint_record>(endpoint);
        if (audio.remote && audio.slot && audio.slot->rtp == leg.media->local)
          leg.media->remote = audio.remote->rtp;
      }
    out.legs.push_back(std::move(leg));
  }
  return out;
}

} // namespace tandem::actors
