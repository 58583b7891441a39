#include "media/relay.hpp"

#include <algorithm>
#include <numeric>

namespace tandem::media {

relay::relay(std::uint16_t worker, const engine_settings& settings, const event_sink& sink,
             slot_board& board, std::vector<socket_pair> pairs, int epoll, flow_share flows)
  : worker_(worker), settings_(settings), sink_(sink), board_(board), epoll_(epoll),
    slots_(pairs.size()), quarantine_(pairs.size()), flows_(flows.table) {
  open_.reserve(pairs.size());
  for (std::uint32_t i = 0; i < slots_.size(); ++i) {
    slots_[i].sockets = std::move(pairs[i]);
    slots_[i].is_socket_lost = !watch(i);
  }
  if (flows_ != nullptr)
    inherit(std::move(flows.inherited));
}

std::uint64_t relay::token(std::uint32_t index, lane which) noexcept {
  return std::uint64_t{index} << 1 | (which == lane::rtcp ? 1U : 0U);
}

int relay::fd_of(const slot_entry& s, lane which) noexcept {
  return which == lane::rtp ? s.sockets.rtp.get() : s.sockets.rtcp.get();
}

void relay::publish(std::uint32_t index) noexcept {
  auto& s = slots_[index];
  board_.states[index].statistics.store(s.media.statistics());
  add_to_totals(s);
}

relay::told_counts relay::counts_of(const slot_statistics& c) noexcept {
  // What was due is what came and what did not, so that a packet of a source on probation, which
  // A.1 does not expect, is not counted against the loss.
  const auto due = static_cast<std::int64_t>(c.rtp_packets_received) + c.rtp_packets_lost;
  return {c.rtp_packets_received, c.rtp_packets_sent,
          static_cast<std::uint64_t>(std::max<std::int64_t>(due, 0)),
          std::accumulate(c.dropped.begin(), c.dropped.end(), std::uint64_t{0}),
          c.rtp_packets_carried};
}

void relay::add_to_totals(slot_entry& s) noexcept {
  const auto counted = counts_of(s.media.statistics());
  // Nobody else writes, so a read and a write do what an atomic addition would, for less.
  const auto raise = [](std::atomic<std::uint64_t>& total, std::uint64_t now, std::uint64_t told) {
    if (now > told)
      total.store(total.load(std::memory_order_relaxed) + (now - told), std::memory_order_relaxed);
  };
  raise(board_.totals.received, counted.received, s.told.received);
  raise(board_.totals.sent, counted.sent, s.told.sent);
  raise(board_.totals.expected, counted.expected, s.told.expected);
  raise(board_.totals.dropped, counted.dropped, s.told.dropped);
  raise(board_.totals.carried, counted.carried, s.told.carried);
  s.told = counted;
}

event relay::about(std::uint32_t index) const noexcept {
  const auto& state = board_.states[index];
  return {{worker_, index, state.generation.load(std::memory_order_relaxed)}, state.call, {}};
}

// Datagrams

void relay::on_readable(std::uint64_t token, time_point now) noexcept {
  const auto index = static_cast<std::uint32_t>(token >> 1);
  const auto which = (token & 1U) == 0 ? lane::rtp : lane::rtcp;
  if (index >= slots_.size())
    return;
  if (slots_[index].current != use::open)
    return drain(fd_of(slots_[index], which)); // closed by a command after epoll had reported it
  auto& here = slots_[index];
  if (read(here, which, now) == datagram_batch::outcome::failed) {
    here.is_socket_lost = true;
    return fail(index, failure::socket_error, now);
  }
  if (batch_.size() == 0)
    return;
  if (here.onward == route::peer && onward(index) == nullptr)
    return fail(index, failure::broken_invariant, now);
  if (which == lane::rtp && here.carried)
    on_surfaced(index, now);
  for (std::size_t i = 0; i < batch_.size(); ++i)
    if (judge(index, which, i, now))
      batch_.queue(i);
  const bool is_passed_on = batch_.is_any_queued();
  if (is_passed_on)
    forward(index, *onward(index), which, now);
  publish(index); // before a flow is shown: who adds what that has taken knows what came before it
  if (is_passed_on && flows_ != nullptr && which == lane::rtp)
    offer(index, now);
}

// Looking for a second datagram costs a third of reading the first, and a phone sends one at a
// time. So a batch grows only while the socket has more at once; epoll reports what was left.
datagram_batch::outcome relay::read(slot_entry& here, lane which, time_point now) noexcept {
  auto& pace = here.paces[static_cast<std::size_t>(which)];
  const auto outcome = batch_.read(fd_of(here, which), pace.next_batch);
  const bool is_burst = batch_.size() == pace.next_batch && now - pace.read_at < limits::burst_gap;
  const auto doubled = std::min<std::size_t>(2 * pace.next_batch, limits::datagrams_per_turn);
  pace = {now, is_burst ? doubled : 1};
  return outcome;
}

// True: datagram `i` is to be sent on. Otherwise it has been counted.
bool relay::judge(std::uint32_t index, lane which, std::size_t i, time_point now) noexcept {
  auto& here = slots_[index];
  if (batch_.is_oversize(i)) {
    here.media.count_dropped(drop::oversize);
    return false;
  }
  const auto from = batch_.source(i);
  const auto verdict = here.media.on_datagram(which, from, batch_.bytes(i), now);
  if (verdict.latched) {
    withdraw_around(index, now); // one comes from, the other goes to where it no longer is
    auto e = about(index);
    e.what = latched{from, here.media.statistics().ssrc};
    sink_(e);
  }
  if (verdict.first) {
    auto e = about(index);
    e.what = first_packet{};
    sink_(e);
  }
  if (verdict.why)
    return false;
  const auto* there = onward(index);
  const auto why = there == nullptr ? std::optional{drop::no_peer}
                   : which == lane::rtp && !there->media.may_send()
                       ? std::optional{drop::not_allowed}
                   : !there->media.destination(which) ? std::optional{drop::no_destination}
                                                      : std::nullopt;
  if (why)
    here.media.count_dropped(*why);
  return !why;
}

void relay::forward(std::uint32_t index, slot_entry& there, lane which, time_point now) noexcept {
  const auto sent = batch_.send(fd_of(there, which), *there.media.destination(which));
  there.media.count_sent(which, sent.packets, sent.bytes);
  for (std::size_t i = 0; i < sent.refused; ++i)
    slots_[index].media.count_dropped(drop::send_failed);
  const auto there_index = slots_[index].onward == route::back ? index : slots_[index].peer;
  publish(there_index);
  if (sent.socket == datagram_batch::outcome::failed) {
    there.is_socket_lost = true;
    fail(there_index, failure::socket_error, now);
  }
}

// Whose socket sends what this slot receives; nullptr: nobody's, or the two disagree.
relay::slot_entry* relay::onward(std::uint32_t index) noexcept {
  auto& here = slots_[index];
  switch (here.onward) {
    case route::nowhere: return nullptr;
    case route::back: return &here;
    case route::peer: break;
  }
  if (here.peer >= slots_.size())
    return nullptr;
  auto& there = slots_[here.peer];
  const bool agrees =
      there.current == use::open && there.onward == route::peer && there.peer == index;
  return agrees ? &there : nullptr;
}

// Commands

void relay::execute(const command& what, time_point now) noexcept {
  std::visit([&](const auto& c) { on(c, now); }, what);
}

void relay::on(const set_remote& c, time_point now) noexcept {
  if (auto* s = opened(c.slot, now); s != nullptr) {
    // The first one after a restart confirms what the flow was set up for.
    if (s->media.is_described() || c.allowed != direction::send_receive)
      withdraw_around(c.slot.index, now);
    s->media.on_remote(c, now);
    publish(c.slot.index);
  }
}

void relay::on(const set_direction& c, time_point now) noexcept {
  if (auto* s = opened(c.slot, now); s != nullptr) {
    withdraw_around(c.slot.index, now);
    s->media.on_direction(c.allowed, now);
  }
}

void relay::on(const connect& c, time_point now) noexcept {
  if (c.a.worker != c.b.worker) {
    if (opened(c.a, now) != nullptr)
      fail(c.a.index, failure::different_worker, now);
    return;
  }
  auto* a = opened(c.a, now);
  auto* b = opened(c.b, now);
  if (a == nullptr || b == nullptr || a == b)
    return;
  if (a->onward != route::peer || onward(c.a.index) != b) {
    detach(c.a.index, now);
    detach(c.b.index, now);
    a->onward = b->onward = route::peer;
    a->peer = c.b.index;
    b->peer = c.a.index;
  }
}

void relay::on(const echo& c, time_point now) noexcept {
  if (auto* s = opened(c.slot, now); s != nullptr) {
    withdraw_around(c.slot.index, now);
    detach(c.slot.index, now);
    s->onward = route::back;
  }
}

void relay::on(const disconnect& c, time_point now) noexcept {
  if (opened(c.slot, now) != nullptr) {
    withdraw_around(c.slot.index, now);
    detach(c.slot.index, now);
  }
}

void relay::on(const release& c, time_point now) noexcept {
  if (is_current(c.slot))
    let_go(c.slot.index, now);
}

void relay::on(const resume& c, time_point now) noexcept {
  if (auto* s = opened(c.slot, now); s != nullptr) {
    s->media.on_resumed(c, now);
    s->told = counts_of(s->media.statistics()); // what an earlier process relayed is not ours
    publish(c.slot.index);
  }
}

} // namespace tandem::media
