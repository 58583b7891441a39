#include "runtime/io/simulated/simulated_network.hpp"

#include "runtime/base/check.hpp"
#include "runtime/io/limits.hpp"
#include "runtime/io/simulated/simulated_streams.hpp"
#include "runtime/io/simulated/trace.hpp"

#include <algorithm>
#include <deque>
#include <map>
#include <set>
#include <utility>
#include <vector>

namespace tandem {

namespace {

struct in_flight {
  ip_endpoint from;
  std::shared_ptr<const std::string> bytes;
};

constexpr std::uint16_t first_free_port = 49'152; // RFC 6335 §6: the dynamic ports

simulated_reactor& simulated(reactor& r) {
  auto* host = dynamic_cast<simulated_reactor*>(&r);
  TANDEM_CHECK(host != nullptr);
  return *host;
}

} // namespace

/// A socket's inner part: what a datagram on its way must still find, or find gone.
struct simulated_receiver {
  simulated_reactor& host;
  ip_endpoint local;
  port_sharing sharing;
  datagram_handler on_datagrams;
  std::deque<std::pair<time_point, in_flight>> inbox{}; // sorted by due time
};

struct simulated_network::medium : std::enable_shared_from_this<medium> {
  medium(std::uint64_t seed, const path_conditions& c) : draw(seed), conditions(c) {}

  [[nodiscard]] const path_conditions& path(const ip_address& from, const ip_address& to) const;
  [[nodiscard]] bool is_cut(const ip_endpoint&, const ip_endpoint&) const;
  [[nodiscard]] std::shared_ptr<simulated_receiver> find(const ip_endpoint& to,
                                                         const ip_endpoint& from);
  void carry(time_point now, const ip_endpoint& from, const outgoing_datagram&);
  void launch(time_point due, const ip_endpoint& to, const in_flight&);
  void relaunch(const ip_endpoint& to, const in_flight&);
  void deliver(simulated_receiver&);

  simulated_random draw;
  path_conditions conditions;
  std::map<std::pair<ip_address, ip_address>, path_conditions> paths;
  std::set<ip_address> cuts;
  std::multimap<ip_endpoint, std::weak_ptr<simulated_receiver>>
      sockets; // of one key: in order of opening
  counts counted;
  simulated_trace seen;
  std::uint16_t next_port = first_free_port;
  std::shared_ptr<simulated_streams> streams = std::make_shared<simulated_streams>(
      draw, seen, [this](const ip_address& from, const ip_address& to) { return path(from, to); },
      [this](const ip_endpoint& a, const ip_endpoint& b) { return is_cut(a, b); });
};

class simulated_network::socket final : public udp_socket {
public:
  socket(std::shared_ptr<medium> m, std::shared_ptr<simulated_receiver> r)
    : medium_(std::move(m)), receiver_(std::move(r)) {}
  ~socket() override {
    std::erase_if(medium_->sockets, [&](const auto& entry) {
      return !entry.second.owner_before(receiver_) && !receiver_.owner_before(entry.second);
    });
  }

  [[nodiscard]] ip_endpoint local() const override { return receiver_->local; }

  std::size_t send(std::span<const outgoing_datagram> batch) override {
    std::size_t taken = 0;
    for (const auto& d : batch) {
      if (d.bytes->size() > max_datagram_bytes
          || d.to.address.family != receiver_->local.address.family)
        continue; // as the kernel: EMSGSIZE, EAFNOSUPPORT
      medium_->carry(receiver_->host.time().now(), receiver_->local, d);
      ++taken;
    }
    return taken;
  }

private:
  std::shared_ptr<medium> medium_;
  std::shared_ptr<simulated_receiver> receiver_;
};

const path_conditions& simulated_network::medium::path(const ip_address& from,
                                                       const ip_address& to) const {
  const auto own = paths.find({from, to});
  return own == paths.end() ? conditions : own->second;
}

bool simulated_network::medium::is_cut(const ip_endpoint& a, const ip_endpoint& b) const {
  return cuts.contains(a.address) || cuts.contains(b.address);
}

/// Of several sockets on one address the source chooses one, always the same, as SO_REUSEPORT does.
std::shared_ptr<simulated_receiver> simulated_network::medium::find(const ip_endpoint& to,
                                                                    const ip_endpoint& from) {
  const auto [first, last] = sockets.equal_range(to);
  if (first == last)
    return nullptr;
  simulated_trace source;
  source.add(from);
  const auto count = static_cast<std::uint64_t>(std::distance(first, last));
  const auto chosen = static_cast<std::ptrdiff_t>((source.value() >> 32) % count);
  return std::next(first, chosen)->second.lock();
}

void simulated_network::medium::carry(time_point now, const ip_endpoint& from,
                                      const outgoing_datagram& d) {
  ++counted.sent;
  const auto& p = path(from.address, d.to.address);
  // Every datagram draws the same numbers, whatever its fate: runs stay comparable.
  const bool lost = draw.chance(p.loss);
  const bool doubled = draw.chance(p.duplication);
  const bool held = draw.chance(p.reorder);
  const auto spread = static_cast<std::uint64_t>(p.jitter.count()) + 1;
  const duration first{static_cast<duration::rep>(draw.below(spread))};
  const duration second{static_cast<duration::rep>(draw.below(spread))};
  if (lost || is_cut(from, d.to)) {
    ++counted.lost;
    return;
  }
  const auto due = now + p.latency + first + (held ? p.reorder_delay : duration{});
  launch(due, d.to, {from, d.bytes});
  if (doubled) {
    ++counted.duplicated;
    launch(now + p.latency + second, d.to, {from, d.bytes});
  }
}

void simulated_network::medium::launch(time_point due, const ip_endpoint& to, const in_flight& d) {
  const auto r = find(to, d.from);
  if (!r) {
    ++counted.unreachable;
    return;
  }
  const auto place = std::ranges::upper_bound(r->inbox, due, {}, [](auto& x) { return x.first; });
  r->inbox.insert(place, {due, d});
  r->host.at(due, [weak_self = weak_from_this(), weak = std::weak_ptr{r}, to, d] {
    const auto self = weak_self.lock();
    if (!self)
      return;
    if (const auto open = weak.lock())
      self->deliver(*open);
    else
      self->relaunch(to, d);
  });
}

/// The socket was closed on the way; perhaps its address has a new one, as after a restart.
void simulated_network::medium::relaunch(const ip_endpoint& to, const in_flight& d) {
  if (const auto r = find(to, d.from))
    launch(r->host.time().now(), to, d);
  else
    ++counted.unreachable;
}

/// Everything that is due, in batches; the tasks of datagrams that went along find nothing left.
void simulated_network::medium::deliver(simulated_receiver& r) {
  const auto now = r.host.time().now();
  std::vector<in_flight> bytes;
  std::vector<received_datagram> batch;
  while (!r.inbox.empty() && r.inbox.front().first <= now
         && batch.size() < max_datagrams_per_batch) {
    auto [due, d] = std::move(r.inbox.front());
    r.inbox.pop_front();
    if (is_cut(d.from, r.local)) {
      ++counted.lost;
      continue;
    }
    seen.add(static_cast<std::uint64_t>(due.time_since_epoch().count()));
    seen.add(d.from);
    seen.add(r.local);
    seen.add(*d.bytes);
    ++counted.delivered;
    batch.push_back({d.from, *d.bytes});
    bytes.push_back(std::move(d)); // keeps the views good
  }
  if (!batch.empty())
    r.on_datagrams(batch);
}

simulated_network::simulated_network(std::uint64_t seed, const path_conditions& c)
  : medium_(std::make_shared<medium>(seed, c)) {
}

simulated_network::~simulated_network() = default;

tl::expected<std::unique_ptr<udp_socket>, std::string>
simulated_network::open_udp(reactor& r, const ip_endpoint& local, port_sharing sharing,
                            datagram_handler on_datagrams) {
  auto& host = simulated(r);
  if (local.address.is_unspecified())
    return tl::unexpected("cannot bind udp " + to_string(local)
                          + ": the simulation needs a concrete address");
  auto bound = local;
  while (bound.port == 0 || (local.port == 0 && medium_->sockets.contains(bound)))
    bound.port = medium_->next_port++;
  const auto [first, last] = medium_->sockets.equal_range(bound);
  for (auto it = first; it != last; ++it) {
    const auto other = it->second.lock();
    if (!other || other->sharing == port_sharing::exclusive || sharing == port_sharing::exclusive)
      return tl::unexpected("cannot bind udp " + to_string(local) + ": Address already in use");
  }
  const auto inner = std::make_shared<simulated_receiver>(
      simulated_receiver{host, bound, sharing, std::move(on_datagrams)});
  medium_->sockets.emplace(bound, inner);
  return std::make_unique<socket>(medium_, inner);
}

tl::expected<std::unique_ptr<stream_listener>, std::string>
simulated_network::listen_tcp(reactor& r, const ip_endpoint& local, port_sharing sharing,
                              accept_handler on_accept) {
  return medium_->streams->listen(simulated(r), local, sharing, std::move(on_accept));
}

std::unique_ptr<stream_socket> simulated_network::connect_tcp(reactor& r, const ip_address& local,
                                                              const ip_endpoint& to,
                                                              stream_handlers handlers) {
  return medium_->streams->connect(simulated(r), local, to, std::move(handlers));
}

void simulated_network::set_conditions(const path_conditions& c) {
  medium_->conditions = c;
}

void simulated_network::set_path(const ip_address& from, const ip_address& to,
                                 const path_conditions& c) {
  medium_->paths.insert_or_assign({from, to}, c);
}

void simulated_network::set_cut(const ip_address& a, bool cut) {
  if (cut)
    medium_->cuts.insert(a);
  else
    medium_->cuts.erase(a);
  medium_->streams->wake();
}

void simulated_network::reset_streams(const ip_address& a) {
  medium_->streams->reset(a);
}

auto simulated_network::counted() const -> counts {
  return medium_->counted;
}

std::uint64_t simulated_network::trace_hash() const {
  return medium_->seen.value();
}

} // namespace tandem
