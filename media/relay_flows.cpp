// Which streams are carried without the worker (flow_table.hpp), from when and until when. A flow
// stands only while nothing about its stream is open, and goes before anything about it changes.
#include "media/limits.hpp"
#include "media/relay.hpp"

#include <unordered_map>
#include <utility>

namespace tandem::media {

namespace {

// RFC 3550 §5.1: version 2 without padding, extension and CSRCs. Only such packets does a flow
// take, so a stream of others is not worth one.
bool is_plain(std::span<const std::uint8_t> rtp) noexcept {
  return !rtp.empty() && rtp.front() == 0x80;
}

} // namespace

void relay::inherit(std::vector<flow> flows) {
  if (flows.empty())
    return;
  std::unordered_map<ip_endpoint, std::uint32_t> by_port;
  for (std::uint32_t i = 0; i < slots_.size(); ++i)
    by_port.emplace(slots_[i].sockets.rtp_local, i);
  for (const auto& f : flows) {
    const auto at = by_port.find(f.name.local);
    if (at == by_port.end() || slots_[at->second].carried) {
      (void) flows_->remove(f.name);
      continue;
    }
    slots_[at->second].carried = carried_flow{.what = f, .is_inherited = true};
    inherited_.push_back(at->second);
  }
}

bool relay::is_ours(const ip_endpoint& e) const noexcept {
  return (e.address == settings_.address || e.address == settings_.address6)
         && e.port >= settings_.first_port && e.port <= settings_.last_port;
}

// What a flow into the slot would be; nullopt while something about it is open. Its place in the
// numbering is for the caller to say.
std::optional<flow> relay::flow_for(std::uint32_t index) noexcept {
  const auto& here = slots_[index];
  const auto* there = here.onward == route::peer ? onward(index) : nullptr;
  if (there == nullptr || !here.media.may_receive() || !there->media.may_send())
    return std::nullopt;
  const auto from = here.media.locked_source();
  const auto to = there->media.destination(lane::rtp);
  // One packet of a circle through our own ports would run for ever, with no socket to count it.
  if (!from || !to || is_ours(*from) || is_ours(*to))
    return std::nullopt;
  const auto& local = here.sockets.rtp_local;
  const auto& source = there->sockets.rtp_local;
  if (local.address.family != source.address.family) // another header: not a matter of rewriting
    return std::nullopt;
  return flow{.name = {local, *from},
              .source = source,
              .destination = *to,
              .clock_rate_hz = here.media.clock_rate_hz(),
              .packets_per_second = settings_.packets_per_second,
              .described = std::hash<ip_endpoint>{}(here.media.described())};
}

// A packet has just been passed on by the worker: the next need not be.
void relay::offer(std::uint32_t index, time_point now) noexcept {
  auto& here = slots_[index];
  if (here.carried || now < here.no_flow_before || batch_.size() != 1 || !is_plain(batch_.bytes(0)))
    return; // a burst: more may wait in the socket, and the flow would overtake them
  const auto place = here.media.position();
  auto f = place ? flow_for(index) : std::nullopt;
  if (!f || f->name.remote != batch_.source(0))
    return;
  f->position = *place;
  if (!flows_->install(*f)) {
    board_.totals.flows_refused.fetch_add(1, std::memory_order_relaxed);
    here.no_flow_before = now + limits::flow_pause;
    return;
  }
  here.carried = carried_flow{.what = *f,
                              .told = {.heard_at = now, .position = *place},
                              .told_at = now,
                              .since = now,
                              .to = here.peer};
  show_flow(index);
}

// The record of a call learns late to whom a stream has locked (a commit that waits for another).
// The flow knows, and as long as the SDP is the one that it was set up under, that still holds.
void relay::claim(std::uint32_t index, time_point now) noexcept {
  auto& here = slots_[index];
  if (!here.carried || !here.carried->is_inherited || here.media.locked_source()
      || !here.media.is_described())
    return;
  const auto& held = here.carried->what;
  if (held.described != std::hash<ip_endpoint>{}(here.media.described()))
    return withdraw(index, now);
  here.media.on_claimed(held.name.remote, held.position.ssrc, now);
  publish(index);
  auto e = about(index);
  e.what = latched{held.name.remote, held.position.ssrc};
  sink_(e);
}

// The call has been restored as far as this slot: is the flow still what it should be?
void relay::adopt(std::uint32_t index, time_point now) noexcept {
  auto& here = slots_[index];
  if (!here.carried || !here.carried->is_inherited)
    return;
  auto f = flow_for(index);
  if (!f)
    return; // not all is said yet
  auto& held = *here.carried;
  f->position.ssrc = here.media.statistics().ssrc;
  const auto counted = f->leads_as(held.what) ? flows_->read(held.what.name) : std::nullopt;
  if (!counted)
    return withdraw(index, now);
  held = {.what = *f, .told = *counted, .told_at = now, .since = now, .to = here.peer};
  auto place = counted->since(*counted);
  here.media.on_carried(place, now);
  publish(index);
  show_flow(index);
}

void relay::withdraw(std::uint32_t index, time_point now) noexcept {
  auto& here = slots_[index];
  if (!here.carried)
    return;
  const auto counted = flows_->remove(here.carried->what.name);
  const bool is_counted = counted && !here.carried->is_inherited;
  if (is_counted)
    absorb(index, *counted, now);
  const auto to = here.carried->to;
  const bool was_shown = !here.carried->is_inherited;
  here.carried.reset();
  if (was_shown) {
    show_flow(index);
    show_flow(to);
  }
}

// The flow into the slot, that of its peer, and what is inherited and leaves from here.
void relay::withdraw_around(std::uint32_t index, time_point now) noexcept {
  auto& here = slots_[index];
  withdraw(index, now);
  if (here.onward == route::peer && onward(index) != nullptr)
    withdraw(here.peer, now);
  for (const auto i : inherited_)
    if (slots_[i].carried && slots_[i].carried->is_inherited
        && slots_[i].carried->what.source == here.sockets.rtp_local)
      withdraw(i, now);
}

void relay::disown_inherited(time_point now) noexcept {
  for (const auto i : inherited_)
    if (slots_[i].carried && slots_[i].carried->is_inherited)
      withdraw(i, now);
  inherited_.clear();
}

// Datagrams of a slot that has a flow came to its socket all the same.
void relay::on_surfaced(std::uint32_t index, time_point now) noexcept {
  auto& here = slots_[index];
  for (std::size_t i = 0; i < batch_.size() && here.carried; ++i) {
    if (batch_.source(i) == here.carried->what.name.remote) {
      if (now - here.carried->since < limits::flow_grace)
        continue;           // it was here before the flow
      withdraw(index, now); // another SSRC, a jump, a form that the flow does not know
      here.no_flow_before = now + limits::flow_pause;
    } else if (now - here.carried->told_at >= limits::flow_grace) {
      refresh(index, now); // before the latch asks since when its source is silent
    }
  }
}

void relay::refresh(std::uint32_t index, time_point now) noexcept {
  auto& held = *slots_[index].carried;
  held.told_at = now;
  const auto counted = flows_->read(held.what.name);
  if (!counted) // someone else has emptied the table
    return withdraw(index, now);
  if (held.is_inherited || *counted == held.told)
    return;
  absorb(index, *counted, now);
}

void relay::absorb(std::uint32_t index, const flow_counts& counted, time_point now) noexcept {
  auto& here = slots_[index];
  auto& held = *here.carried;
  const auto since = counted.since(held.told);
  held.told = counted;
  here.media.on_carried(since, now);
  slots_[held.to].media.count_sent(lane::rtp, since.packets, since.bytes);
  publish(index);
  publish(held.to);
  show_flow(index);
}

void relay::keep_flows(time_point now) noexcept {
  if (flows_ == nullptr)
    return;
  if (worker_ == 0)
    flows_->live_until(now + limits::kernel_lease);
  if (!inherited_until_)
    inherited_until_ = now + limits::kernel_lease;
  for (const auto index : inherited_)
    claim(index, now);
  for (const auto index : inherited_) // when both ends of each know to whom they are locked
    adopt(index, now);
  if (!inherited_.empty() && now >= *inherited_until_)
    disown_inherited(now);
  for (const auto index : open_)
    if (slots_[index].carried)
      refresh(index, now);
}

void relay::show_flow(std::uint32_t index) noexcept {
  if (board_.flows == nullptr)
    return;
  const auto view_of = [this](std::uint32_t i) {
    flow_view v;
    const auto& s = slots_[i];
    if (s.carried && !s.carried->is_inherited) {
      v.to = s.carried->to;
      v.name = s.carried->what.name;
      v.told = s.carried->told;
    }
    if (s.onward == route::peer && s.peer < slots_.size())
      if (const auto& back = slots_[s.peer].carried; back && !back->is_inherited && back->to == i)
        v.from = s.peer;
    return v;
  };
  board_.flows[index].store(view_of(index));
  if (slots_[index].carried && !slots_[index].carried->is_inherited) {
    const auto to = slots_[index].carried->to;
    board_.flows[to].store(view_of(to));
  }
}

} // namespace tandem::media
