#include "media/socket_engine.hpp"

#include "media/kernel/kernel_flows.hpp"
#include "media/port_pool.hpp"
#include "media/worker.hpp"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>
#include <utility>

namespace tandem::media {

namespace {

// What the control side knows about a pair without asking the worker.
struct local_pair {
  ip_endpoint rtp, rtcp;
};

// Generations of one process do not meet those of the one before: a restored endpoint that still
// names a slot of its former life must not reach the call that has it now.
std::uint32_t first_generation(const clock& time) {
  auto x = static_cast<std::uint64_t>(time.wall().time_since_epoch().count());
  x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9U; // splitmix64's finish: neighbouring times end far apart
  x = (x ^ x >> 27) * 0x94d049bb133111ebU;
  const auto g = static_cast<std::uint32_t>(x >> 32);
  return g == 0 ? 1 : g;
}

// One worker as the control side sees it.
struct station {
  std::unique_ptr<slot_board> board;
  std::vector<local_pair> locals;
  std::unique_ptr<worker> thread; // last: it uses the board
};

class socket_engine final : public engine {
public:
  socket_engine(const engine_settings& settings, const clock& time, event_sink sink)
    : settings_(settings), time_(time), sink_(std::move(sink)) {}

  tl::expected<void, std::string> start(const clock&, std::vector<socket_pair>);
  tl::expected<void, std::string> open_flows();

  tl::expected<slot, error> allocate(ip_family, const key128& call) override;
  tl::expected<slot, error> adopt(const ip_endpoint& rtp, const key128& call) override;
  tl::expected<void, error> submit(const command&) override;
  std::optional<slot_statistics> statistics(slot_id) const override;
  occupancy pools() const override;
  traffic look() const;

private:
  tl::expected<station, std::string> start_station(std::uint16_t number, const clock&,
                                                   std::vector<socket_pair>);
  [[nodiscard]] flow_share share_of(const std::vector<socket_pair>&);
  [[nodiscard]] std::uint16_t number_for(const key128& call) const {
    return static_cast<std::uint16_t>(call.low % stations_.size());
  }
  [[nodiscard]] slot slot_at(std::uint16_t station, std::uint32_t index) const;

  const engine_settings settings_;
  const clock& time_;
  const event_sink sink_;
  kernel_flows flows_; // before the stations, which use it
  std::vector<station> stations_;
  std::unordered_map<ip_endpoint, std::pair<std::uint16_t, std::uint32_t>> by_port_; ///< worker,
                                                                                     ///< index
};

// Dealt out by their numbers: about the same share for each worker, and after a restart, when
// another process may hold some of the range, the same worker for the same port.
std::vector<std::vector<socket_pair>> dealt(std::vector<socket_pair> pairs, std::size_t workers) {
  std::vector<std::vector<socket_pair>> shares(workers);
  for (auto& p : pairs)
    shares[p.rtp_local.port / 2 % workers].push_back(std::move(p));
  return shares;
}

tl::expected<void, std::string> socket_engine::start(const clock& time,
                                                     std::vector<socket_pair> pairs) {
  auto shares = dealt(std::move(pairs), settings_.workers);
  stations_.reserve(shares.size());
  for (std::size_t i = 0; i < shares.size(); ++i) {
    auto s = start_station(static_cast<std::uint16_t>(i), time, std::move(shares[i]));
    if (!s)
      return tl::unexpected(s.error());
    stations_.push_back(std::move(*s));
  }
  return {};
}

tl::expected<void, std::string> socket_engine::open_flows() {
  if (settings_.kernel_interfaces.empty())
    return {};
  auto opened = open_kernel_flows(settings_.kernel_interfaces,
                                  {settings_.address, settings_.first_port, settings_.last_port},
                                  time_.now());
  if (!opened)
    return tl::unexpected(opened.error());
  flows_ = std::move(*opened);
  return {};
}

// Of what is inherited, the flows into these ports.
flow_share socket_engine::share_of(const std::vector<socket_pair>& pairs) {
  flow_share share{flows_.table.get(), {}};
  if (flows_.inherited.empty())
    return share;
  std::unordered_set<ip_endpoint> ours;
  for (const auto& p : pairs)
    ours.insert(p.rtp_local);
  for (const auto& f : flows_.inherited)
    if (ours.contains(f.name.local))
      share.inherited.push_back(f);
  return share;
}

tl::expected<station, std::string> socket_engine::start_station(std::uint16_t number,
                                                                const clock& time,
                                                                std::vector<socket_pair> pairs) {
  station s;
  std::array<std::size_t, 2> of_family{};
  for (const auto& p : pairs)
    ++of_family[static_cast<std::size_t>(p.rtp_local.address.family)];
  s.board = std::make_unique<slot_board>(pairs.size(), std::max(of_family[0], of_family[1]));
  s.board->free_count = pairs.size();
  if (flows_.table)
    s.board->flows = std::make_unique<published<flow_view>[]>(pairs.size());
  auto share = share_of(pairs);
  const auto generation = first_generation(time);
  for (std::uint32_t i = 0; i < pairs.size(); ++i) {
    const auto& rtp = pairs[i].rtp_local;
    s.locals.push_back({rtp, {rtp.address, static_cast<std::uint16_t>(rtp.port + 1)}});
    by_port_.emplace(rtp, std::pair{number, i});
    s.board->states[i].generation = generation;
    (void) s.board->free[static_cast<std::size_t>(rtp.address.family)].push(i);
  }
  auto started =
      worker::start(number, settings_, time, sink_, *s.board, std::move(pairs), std::move(share));
  if (!started)
    return tl::unexpected(started.error());
  s.thread = std::move(*started);
  return s;
}

tl::expected<slot, error> socket_engine::allocate(ip_family family, const key128& call) {
  const bool is_served = settings_.address.family == family
                         || (settings_.address6 && settings_.address6->family == family);
  if (!is_served)
    return tl::unexpected(error::no_such_family);
  const auto number = number_for(call);
  auto& board = *stations_[number].board;
  while (const auto index = board.free[static_cast<std::size_t>(family)].pop()) {
    auto& state = board.states[*index];
    auto adopted = slot_state::place::taken_but_queued;
    if (state.where.compare_exchange_strong(adopted, slot_state::place::taken))
      continue; // somebody has it; its index is out of the queue now, too
    state.where.store(slot_state::place::taken);
    board.free_count.fetch_sub(1, std::memory_order_relaxed);
    state.call = call;
    return slot_at(number, *index);
  }
  return tl::unexpected(error::exhausted);
}

slot socket_engine::slot_at(std::uint16_t number, std::uint32_t index) const {
  const auto& s = stations_[number];
  return {{number, index, s.board->states[index].generation.load(std::memory_order_acquire)},
          s.locals[index].rtp,
          s.locals[index].rtcp};
}

tl::expected<slot, error> socket_engine::adopt(const ip_endpoint& rtp, const key128& call) {
  const auto known = by_port_.find(rtp);
  if (known == by_port_.end() || known->second.first != number_for(call))
    return tl::unexpected(error::not_there);
  const auto [number, index] = known->second;
  auto& board = *stations_[number].board;
  auto& state = board.states[index];
  auto is_free = slot_state::place::queued;
  if (state.where.compare_exchange_strong(is_free, slot_state::place::taken_but_queued)) {
    board.free_count.fetch_sub(1, std::memory_order_relaxed);
    state.call = call;
  } else if (state.call != call) { // no call but this one writes its own key there
    return tl::unexpected(error::not_there);
  }
  return slot_at(number, index);
}

slot_id addressee(const command& what) {
  return std::visit(
      [](const auto& c) {
        if constexpr (requires { c.a; })
          return c.a;
        else
          return c.slot;
      },
      what);
}

tl::expected<void, error> socket_engine::submit(const command& what) {
  const auto id = addressee(what);
  if (id.worker >= stations_.size())
    return {}; // of an earlier process with more workers
  auto& s = stations_[id.worker];
  const bool is_taken = s.board->commands.push(what);
  if (!is_taken) {
    if (!std::holds_alternative<release>(what))
      return tl::unexpected(error::control_queue_full);
    if (id.index < s.board->slot_count) { // found by housekeeping: ports are never lost
      s.board->states[id.index].release_missed.store(id.generation, std::memory_order_release);
      s.board->is_release_missed.store(true, std::memory_order_release);
    }
  }
  // Each bell costs two thread switches. Connecting matters only with the set_remote that follows,
  // and a release can wait for the worker's next look at its queue.
  if (!std::holds_alternative<connect>(what) && !std::holds_alternative<release>(what))
    s.thread->wake();
  return {};
}

// What a flow has taken since the worker looked last is added, so that a call's last word on its
// packets is as exact as with sockets.
slot_statistics with_flows(const slot_board& board, std::uint32_t index, const flow_table& table) {
  constexpr int attempts = 4; // the worker publishes a few times a second
  slot_statistics counted;
  for (int i = 0; i < attempts; ++i) {
    const auto published = counted = board.states[index].statistics.load();
    const auto in = board.flows[index].load();
    if (in.to != flow_view::nobody)
      if (const auto now = table.read(in.name)) {
        const auto since = now->since(in.told);
        const auto due = since.position.extended() - in.told.position.extended();
        counted.rtp_packets_received += since.packets;
        counted.rtp_packets_carried += since.packets;
        counted.rtp_bytes_received += since.bytes;
        counted.rtp_packets_expected += due;
        counted.rtp_packets_lost += std::int64_t{due} - static_cast<std::int64_t>(since.packets);
        if (since.packets != 0)
          counted.last_rtp_at = since.heard_at;
      }
    if (in.from != flow_view::nobody) {
      const auto out = board.flows[in.from].load();
      const auto now = out.to == index ? table.read(out.name) : std::nullopt;
      if (now) {
        counted.rtp_packets_sent += now->packets - out.told.packets;
        counted.rtp_bytes_sent += now->bytes - out.told.bytes;
      }
    }
    if (board.states[index].statistics.load() == published && board.flows[index].load() == in)
      break;
  }
  return counted;
}

std::optional<slot_statistics> socket_engine::statistics(slot_id id) const {
  if (id.worker >= stations_.size() || id.index >= stations_[id.worker].board->slot_count)
    return std::nullopt;
  const auto& board = *stations_[id.worker].board;
  const auto& state = board.states[id.index];
  const auto counted =
      flows_.table ? with_flows(board, id.index, *flows_.table) : state.statistics.load();
  if (state.generation.load(std::memory_order_acquire) != id.generation)
    return std::nullopt;
  return counted;
}

occupancy socket_engine::pools() const {
  occupancy sum;
  for (const auto& s : stations_) {
    sum.pairs += s.board->slot_count;
    sum.free += s.board->free_count.load(std::memory_order_relaxed);
    sum.quarantined += s.board->quarantined_count.load(std::memory_order_relaxed);
  }
  return sum;
}

traffic socket_engine::look() const {
  traffic out;
  duration jitter{};
  const auto heard_since = time_.now() - limits::stream_is_heard;
  for (const auto& s : stations_) {
    const auto& t = s.board->totals;
    out.received += t.received.load(std::memory_order_relaxed);
    out.sent += t.sent.load(std::memory_order_relaxed);
    out.expected += t.expected.load(std::memory_order_relaxed);
    out.dropped += t.dropped.load(std::memory_order_relaxed);
    out.carried += t.carried.load(std::memory_order_relaxed);
    out.flows_refused += t.flows_refused.load(std::memory_order_relaxed);
    for (std::size_t i = 0; i < s.board->slot_count; ++i) {
      const auto& state = s.board->states[i];
      if (state.where.load(std::memory_order_relaxed) == slot_state::place::queued)
        continue;
      const auto stream = state.statistics.load();
      if (stream.rtp_packets_received == 0 || stream.last_rtp_at < heard_since)
        continue;
      ++out.streams;
      jitter += stream.jitter;
      out.worst_jitter = std::max(out.worst_jitter, stream.jitter);
    }
  }
  if (out.streams != 0)
    out.mean_jitter = jitter / static_cast<std::int64_t>(out.streams);
  return out;
}

} // namespace

tl::expected<started_engine, std::string> start_socket_engine(const engine_settings& settings,
                                                              const clock& time, event_sink sink) {
  const auto limit = raise_descriptor_limit();
  if (!limit)
    return tl::unexpected(limit.error());
  const auto plan = plan_pool(settings, *limit);
  if (!plan)
    return tl::unexpected(plan.error());
  auto pool = bind_pool(settings, *plan);
  if (!pool)
    return tl::unexpected(pool.error());
  auto media = std::make_unique<socket_engine>(settings, time, std::move(sink));
  if (auto opened = media->open_flows(); !opened) // the ports are ours: nobody else is this node
    return tl::unexpected(opened.error());
  if (auto started = media->start(time, std::move(pool->pairs)); !started)
    return tl::unexpected(started.error());
  auto look = [engine = media.get()] { return engine->look(); };
  return started_engine{std::move(media), std::move(look), std::move(pool->warnings)};
}

} // namespace tandem::media
