// The life of a slot: opened by its first command, closed, kept in quarantine, given back.
#include "media/relay.hpp"

#include <sys/epoll.h>

namespace tandem::media {

// Once for the life of the process: parked, a socket has nothing to report.
bool relay::watch(std::uint32_t index) noexcept {
  for (const auto which : {lane::rtp, lane::rtcp}) {
    epoll_event interest{};
    interest.events = EPOLLIN;
    interest.data.u64 = token(index, which);
    if (epoll_ctl(epoll_, EPOLL_CTL_ADD, fd_of(slots_[index], which), &interest) != 0)
      return false;
  }
  return true;
}

bool relay::is_current(const slot_id& id) const noexcept {
  return id.worker == worker_ && id.index < slots_.size()
         && board_.states[id.index].generation.load(std::memory_order_relaxed) == id.generation;
}

// The slot, opened if this is the first command for it; nullptr when the command comes too late.
relay::slot_entry* relay::opened(const slot_id& id, time_point now) noexcept {
  if (!is_current(id))
    return nullptr;
  auto& s = slots_[id.index];
  switch (s.current) {
    case use::idle: return open(id.index, now) ? &s : nullptr;
    case use::open: return &s;
    case use::failed:
    case use::quarantined:
    case use::retired: break;
  }
  return nullptr;
}

bool relay::open(std::uint32_t index, time_point now) noexcept {
  auto& s = slots_[index];
  s.media = endpoint{settings_.packets_per_second};
  s.told = {};
  s.onward = route::nowhere;
  s.current = use::open;
  s.open_position = static_cast<std::uint32_t>(open_.size());
  open_.push_back(index); // within what the constructor reserved
  bool is_ready = !s.is_socket_lost;
  for (const auto which : {lane::rtp, lane::rtcp})
    is_ready = is_ready && unpark(fd_of(s, which), s.sockets.rtp_local.address.family);
  if (!is_ready) {
    s.is_socket_lost = true;
    fail(index, failure::socket_error, now);
  }
  return is_ready;
}

// Hears and sends nothing from here on.
void relay::close(std::uint32_t index, time_point now) noexcept {
  auto& s = slots_[index];
  withdraw_around(index, now);
  detach(index, now);
  open_[s.open_position] = open_.back();
  slots_[open_.back()].open_position = s.open_position;
  open_.pop_back();
  auto local = s.sockets.rtp_local;
  for (const auto which : {lane::rtp, lane::rtcp}) {
    const int fd = fd_of(s, which);
    if (s.is_socket_lost)
      epoll_ctl(epoll_, EPOLL_CTL_DEL, fd, nullptr); // or it would be reported without end
    (void) park(fd, local); // should the kernel refuse, on_readable() empties it
    ++local.port;
  }
}

// Flows that are not ours yet stay: the commands after a restart come one after the other.
void relay::detach(std::uint32_t index, time_point now) noexcept {
  auto& s = slots_[index];
  const auto end = [&](std::uint32_t i) {
    if (slots_[i].carried && !slots_[i].carried->is_inherited)
      withdraw(i, now);
    slots_[i].onward = route::nowhere;
  };
  if (s.onward == route::peer && onward(index) != nullptr)
    end(s.peer);
  end(index);
}

void relay::fail(std::uint32_t index, failure reason, time_point now) noexcept {
  close(index, now);
  slots_[index].current = use::failed;
  publish(index);
  auto e = about(index);
  e.what = endpoint_failed{reason};
  sink_(e);
}

void relay::let_go(std::uint32_t index, time_point now) noexcept {
  auto& s = slots_[index];
  if (s.current == use::quarantined || s.current == use::retired)
    return; // released twice
  if (s.current == use::open)
    close(index, now);
  publish(index); // with what a flow had carried
  if (s.is_socket_lost) {
    s.current = use::retired; // the port is of no use to anybody
    return;
  }
  s.current = use::quarantined;
  s.free_at = now + settings_.quarantine;
  quarantine_[(quarantine_first_ + quarantine_size_++) % quarantine_.size()] = index;
  board_.quarantined_count.fetch_add(1, std::memory_order_relaxed);
}

bool relay::is_idle() const noexcept {
  return open_.empty() && quarantine_size_ == 0
         && !board_.is_release_missed.load(std::memory_order_acquire);
}

void relay::on_housekeeping(time_point now) noexcept {
  if (board_.is_release_missed.exchange(false, std::memory_order_acq_rel))
    find_missed_releases(now);
  keep_flows(now);
  for (const auto index : open_)
    if (const auto silence = slots_[index].media.take_timeout(settings_.rtp_timeout, now)) {
      auto e = about(index);
      e.what = rtp_timeout{*silence};
      sink_(e);
    }
  end_quarantines(now);
}

void relay::end_quarantines(time_point now) noexcept {
  while (quarantine_size_ > 0) {
    const auto index = quarantine_[quarantine_first_];
    auto& s = slots_[index];
    if (s.free_at > now)
      return;
    quarantine_first_ = (quarantine_first_ + 1) % quarantine_.size();
    --quarantine_size_;
    s.current = use::idle;
    auto& state = board_.states[index];
    // First the generation, then the counters: whoever reads zeros also sees that they are not his.
    auto next = state.generation.load(std::memory_order_relaxed) + 1;
    state.generation.store(next == 0 ? 1 : next, std::memory_order_release);
    state.statistics.store({});
    board_.quarantined_count.fetch_sub(1, std::memory_order_relaxed);
    board_.free_count.fetch_add(1, std::memory_order_relaxed);
    auto adopted = slot_state::place::taken_but_queued;
    if (state.where.compare_exchange_strong(adopted, slot_state::place::queued))
      continue; // its index never left
    state.where.store(slot_state::place::queued);
    const auto family = static_cast<std::size_t>(s.sockets.rtp_local.address.family);
    (void) board_.free[family].push(index); // holds every slot of the family
  }
}

void relay::find_missed_releases(time_point now) noexcept {
  for (std::uint32_t index = 0; index < slots_.size(); ++index) {
    auto& state = board_.states[index];
    const auto missed = state.release_missed.exchange(0, std::memory_order_acq_rel);
    if (missed != 0)
      on(release{{worker_, index, missed}}, now);
  }
}

} // namespace tandem::media
