#pragma once

#include "media/engine.hpp"

#include <algorithm>
#include <deque>
#include <map>
#include <utility>
#include <variant>
#include <vector>

namespace tandem::test {

/// The media engine of actor tests and of the simulation: no thread, no socket, no time. It hands
/// out ports in order, keeps the commands it was given and the state they lead to, and says an
/// event when the test wants one. A command for a former use of a slot is ignored, as the workers
/// do; one that breaks the contract (a slot never handed out) is kept in `faults`.
class simulated_media final : public media::engine {
public:
  enum class route : std::uint8_t { nowhere, peer, echo };

  /// One allocated slot as the commands so far have left it.
  struct endpoint_state {
    media::slot slot;
    key128 call;
    std::optional<media::set_remote> remote;
    media::direction allowed = media::direction::inactive;
    route onward = route::nowhere;
    media::slot_id peer;
    media::slot_statistics statistics;
  };

  /// `pairs` of IPv4 from 127.0.0.1:20000 on and as many of IPv6; all on worker 0.
  explicit simulated_media(std::size_t pairs = 1000, media::event_sink sink = {})
    : sink_(std::move(sink)) {
    for (const auto family : {ip_family::v4, ip_family::v6})
      for (std::size_t i = 0; i < pairs; ++i) {
        free_[family].push_back(static_cast<std::uint32_t>(generations_.size()));
        generations_.push_back(1);
      }
    pairs_ = pairs;
  }

  tl::expected<media::slot, media::error> allocate(ip_family family, const key128& call) override {
    auto& free = free_[family];
    if (free.empty())
      return tl::unexpected(media::error::exhausted);
    const auto index = free.front();
    free.pop_front();
    const auto port = static_cast<std::uint16_t>(20000 + 2 * (index % pairs_));
    ip_address address{family, {}};
    if (family == ip_family::v4)
      address.bytes = {127, 0, 0, 1};
    else
      address.bytes[15] = 1;
    const media::slot s{{0, index, generations_[index]},
                        {address, port},
                        {address, static_cast<std::uint16_t>(port + 1)}};
    open_[index] = {s, call, {}, media::direction::inactive, route::nowhere, {}, {}};
    return s;
  }

  tl::expected<media::slot, media::error> adopt(const ip_endpoint& rtp,
                                                const key128& call) override {
    for (const auto& [index, e] : open_)
      if (e.slot.rtp == rtp)
        return e.call == call ? tl::expected<media::slot, media::error>{e.slot}
                              : tl::unexpected(media::error::not_there);
    auto& free = free_[rtp.address.family];
    const auto there = std::ranges::find_if(
        free, [&](std::uint32_t index) { return 20000 + 2 * (index % pairs_) == rtp.port; });
    if (there == free.end())
      return tl::unexpected(media::error::not_there);
    std::rotate(free.begin(), there, there + 1);
    return allocate(rtp.address.family, call);
  }

  /// The process has died: the next one finds every pair free, and none of them heard.
  void forget_all() {
    for (auto& [family, indices] : free_)
      indices.clear();
    for (std::uint32_t i = 0; i < generations_.size(); ++i) {
      generations_[i] += 1000; // as far from those before as the workers' are
      free_[i < pairs_ ? ip_family::v4 : ip_family::v6].push_back(i);
    }
    open_.clear();
  }

  tl::expected<void, media::error> submit(const media::command& what) override {
    if (is_stalled && !std::holds_alternative<media::release>(what))
      return tl::unexpected(media::error::control_queue_full);
    commands.push_back(what);
    std::visit([this](const auto& c) { on(c); }, what);
    return {};
  }

  std::optional<media::slot_statistics> statistics(media::slot_id id) const override {
    const auto* e = find(id);
    return e == nullptr ? std::nullopt : std::optional{e->statistics};
  }

  media::occupancy pools() const override {
    std::size_t free = 0;
    for (const auto& [family, indices] : free_)
      free += indices.size();
    return {2 * pairs_, free, 0};
  }

  /// What the test looks at: nullptr when the slot was released.
  [[nodiscard]] const endpoint_state* find(media::slot_id id) const {
    const auto found = open_.find(id.index);
    return found == open_.end() || found->second.slot.id != id ? nullptr : &found->second;
  }
  /// The one with that RTP port of ours.
  [[nodiscard]] const endpoint_state* at_port(std::uint16_t port) const {
    const auto found = std::ranges::find_if(
        open_, [port](const auto& entry) { return entry.second.slot.rtp.port == port; });
    return found == open_.end() ? nullptr : &found->second;
  }
  [[nodiscard]] std::size_t in_use() const { return open_.size(); }
  /// Both slots relay to each other.
  [[nodiscard]] bool are_connected(media::slot_id a, media::slot_id b) const {
    const auto* x = find(a);
    const auto* y = find(b);
    return x != nullptr && y != nullptr && x->onward == route::peer && y->onward == route::peer
           && x->peer == b && y->peer == a;
  }

  /// Says an event as the worker would, unless the slot was released.
  template <class What>
  void say(media::slot_id id, const What& what) {
    if (const auto* e = find(id); e != nullptr && sink_)
      sink_({id, e->call, what});
  }
  /// What statistics(id) returns from now on.
  void set_statistics(media::slot_id id, const media::slot_statistics& s) {
    if (find(id) != nullptr)
      open_[id.index].statistics = s;
  }
  void set_sink(media::event_sink sink) { sink_ = std::move(sink); }

  std::vector<media::command> commands; ///< every one that was taken, in order
  std::vector<media::slot_id> faults;   ///< addressees that were never handed out
  bool is_stalled = false;              ///< submit() answers control_queue_full

private:
  endpoint_state* current(media::slot_id id) {
    if (id.worker != 0 || id.index >= generations_.size() || id.generation == 0
        || id.generation > generations_[id.index]
        || (id.generation == generations_[id.index] && find(id) == nullptr))
      faults.push_back(id);
    return find(id) == nullptr ? nullptr : &open_[id.index];
  }

  void detach(media::slot_id id) {
    auto* e = current(id);
    if (e == nullptr)
      return;
    if (e->onward == route::peer && find(e->peer) != nullptr)
      open_[e->peer.index].onward = route::nowhere;
    e->onward = route::nowhere;
  }

  void on(const media::set_remote& c) {
    if (auto* e = current(c.slot); e != nullptr) {
      e->remote = c;
      e->allowed = c.allowed;
    }
  }
  void on(const media::set_direction& c) {
    if (auto* e = current(c.slot); e != nullptr)
      e->allowed = c.allowed;
  }
  void on(const media::connect& c) {
    auto* a = current(c.a);
    auto* b = current(c.b);
    if (a == nullptr || b == nullptr || a == b)
      return;
    detach(c.a);
    detach(c.b);
    a->onward = b->onward = route::peer;
    a->peer = c.b;
    b->peer = c.a;
  }
  void on(const media::echo& c) {
    detach(c.slot);
    if (auto* e = current(c.slot); e != nullptr)
      e->onward = route::echo;
  }
  void on(const media::disconnect& c) { detach(c.slot); }
  void on(const media::resume& c) {
    auto* e = current(c.slot);
    if (e == nullptr || e->statistics.rtp_packets_received != 0)
      return;
    e->statistics.rtp_packets_received = c.counted.received;
    e->statistics.rtp_packets_sent = c.counted.sent;
    e->statistics.rtp_packets_lost = c.counted.lost;
    e->statistics.source = c.source;
    e->statistics.ssrc = c.ssrc;
  }
  void on(const media::release& c) {
    const auto* e = current(c.slot);
    if (e == nullptr)
      return;
    const auto family = e->slot.rtp.address.family;
    detach(c.slot);
    open_.erase(c.slot.index);
    ++generations_[c.slot.index];
    free_[family].push_back(c.slot.index); // oldest first, so a port rests as long as it can
  }

  media::event_sink sink_;
  std::size_t pairs_ = 0;
  std::map<ip_family, std::deque<std::uint32_t>> free_;
  std::vector<std::uint32_t> generations_;
  std::map<std::uint32_t, endpoint_state> open_;
};

} // namespace tandem::test
