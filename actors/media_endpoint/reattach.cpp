#include "actors/media_endpoint/reattach.hpp"

#include "actors/leg/leg_sdp.hpp"

#include <algorithm>
#include <map>
#include <utility>

namespace tandem::actors {

namespace {

using taken_slots = std::map<media::slot_id, media::slot>; // by the name of the former process

media_endpoint_record* endpoint_in(call_record::child& c) {
  return std::get_if<media_endpoint_record>(&c.record);
}

leg_media* media_of(call_record::child& c) {
  if (auto* in = std::get_if<incoming_leg_record>(&c.record))
    return &in->media;
  if (auto* out = std::get_if<outgoing_leg_record>(&c.record))
    return &out->media;
  return nullptr;
}

/// First what the call had, so that none of it is handed out as another's replacement.
tl::expected<taken_slots, media::error> take(const call_record& record, media::engine& engine,
                                             const key128& key) {
  taken_slots taken;
  std::vector<const media_endpoint_record*> without;
  for (const auto& c : record.children) {
    const auto* endpoint = std::get_if<media_endpoint_record>(&c.record);
    if (endpoint == nullptr || !endpoint->slot)
      continue;
    if (const auto slot = engine.adopt(endpoint->slot->rtp, key))
      taken.emplace(endpoint->slot->id, *slot);
    else
      without.push_back(endpoint);
  }
  for (const auto* endpoint : without) {
    const auto slot = engine.allocate(endpoint->family, key);
    if (!slot) {
      for (const auto& [before, now] : taken)
        (void) engine.submit(media::release{now.id});
      return tl::unexpected(slot.error());
    }
    taken.emplace(endpoint->slot->id, *slot);
  }
  return taken;
}

/// Where the descriptions that we gave out say that we are. RFC 3264 §8: the o= line stays, its
/// version rises with the next that leaves.
void move_descriptions(leg_media& m) {
  auto moved = *m.negotiation;
  const auto move = [&](sdp::shared_session& ours) {
    if (ours)
      ours = anchored(m, *ours, ours->origin);
  };
  move(moved.local);
  if (moved.current == sdp::negotiation::state::local_offer)
    move(moved.pending);
  m.negotiation = std::make_shared<const sdp::negotiation::snapshot>(std::move(moved));
}

void rename(media_endpoint_record& e, const taken_slots& slots) {
  if (!e.slot)
    return;
  e.slot = slots.at(e.slot->id);
  if (e.remote)
    e.remote->slot = e.slot->id;
  if (e.connected) {
    const auto other = slots.find(*e.connected);
    e.connected = other != slots.end() ? std::optional{other->second.id} : std::nullopt;
  }
}

/// True: its ports are others now.
bool move_stream(relayed_stream& v, const call_record& record) {
  const auto child = std::ranges::find(record.children, v.at.endpoint, &call_record::child::id);
  const auto* endpoint =
      child != record.children.end() ? std::get_if<media_endpoint_record>(&child->record) : nullptr;
  if (endpoint == nullptr || !endpoint->slot)
    return false;
  v.rtcp = endpoint->slot->rtcp;
  return std::exchange(v.rtp, endpoint->slot->rtp) != endpoint->slot->rtp;
}

void bring_back(const media_endpoint_record& e, std::vector<media::command>& commands) {
  if (!e.slot)
    return;
  if (e.remote)
    commands.emplace_back(*e.remote);
  if (e.source.port != 0 || e.counted != media::packet_counters{})
    commands.emplace_back(media::resume{e.slot->id, e.source, e.ssrc, e.counted});
  if (e.echo)
    commands.emplace_back(media::echo{e.slot->id});
  if (e.connected)
    commands.emplace_back(media::connect{e.slot->id, *e.connected});
}

} // namespace

tl::expected<reattached, media::error> reattach(call_record& record, media::engine& engine,
                                                const key128& key) {
  const auto slots = take(record, engine, key);
  if (!slots)
    return tl::unexpected(slots.error());
  reattached out;
  for (auto& c : record.children)
    if (auto* endpoint = endpoint_in(c)) {
      rename(*endpoint, *slots);
      bring_back(*endpoint, out.commands);
    }
  for (auto& c : record.children) {
    auto* media = media_of(c);
    if (media == nullptr || !media->slot)
      continue;
    const auto found = slots->find(media->slot->id);
    if (found == slots->end())
      continue; // its endpoint has left
    bool moves = found->second.rtp != media->slot->rtp;
    media->slot = found->second;
    for (auto& v : media->video)
      moves = move_stream(v, record) || moves;
    if (moves) {
      move_descriptions(*media);
      out.moved.push_back(c.id);
    }
  }
  return out;
}

} // namespace tandem::actors
