#include "runtime/io/simulated/simulated_streams.hpp"

#include "runtime/io/limits.hpp"

#include <algorithm>
#include <array>
#include <deque>
#include <utility>

namespace tandem {

namespace {

constexpr std::size_t opener = 0; // sides of a connection
constexpr std::size_t accepter = 1;

/// A piece on its way; without bytes it is the end of that direction.
struct segment {
  time_point due;
  std::string bytes;
};

} // namespace

struct simulated_connection {
  struct side {
    simulated_reactor* host = nullptr;
    ip_endpoint local;
    stream_handlers handlers{};
    bool alive = true; ///< its socket exists
    bool told_end = false;
    bool finished = false; ///< sends no more
    std::deque<std::shared_ptr<const std::string>> outbox{};
    std::size_t queued = 0;      ///< sent here, not yet read by the peer
    std::deque<segment> inbox{}; ///< sorted by due time
  };
  std::array<side, 2> sides;
  bool open = false; ///< the opener knows that it stands
};

using connection = simulated_connection;

class simulated_streams::socket final : public stream_socket {
public:
  socket(std::shared_ptr<simulated_streams> all, connection_ptr c, std::size_t side)
    : all_(std::move(all)), connection_(std::move(c)), index_(side) {}
  ~socket() override {
    self().alive = false;
    all_->close(connection_, index_);
  }
  void set_handlers(stream_handlers h) override { self().handlers = std::move(h); }
  [[nodiscard]] ip_endpoint local() const override { return self().local; }
  [[nodiscard]] ip_endpoint peer() const override { return connection_->sides[1 - index_].local; }
  [[nodiscard]] bool send(std::shared_ptr<const std::string> bytes) override {
    if (self().queued + bytes->size() > max_stream_queue_bytes)
      return false;
    if (self().finished)
      return true;
    self().queued += bytes->size();
    self().outbox.push_back(std::move(bytes));
    return true;
  }
  void flush() override {
    if (connection_->open)
      all_->carry(connection_, index_);
  }
  void finish() override {
    flush();
    all_->close(connection_, index_);
  }
  [[nodiscard]] std::size_t queued_bytes() const override { return self().queued; }

private:
  [[nodiscard]] connection::side& self() const { return connection_->sides[index_]; }
  std::shared_ptr<simulated_streams> all_;
  connection_ptr connection_;
  std::size_t index_;
};

class simulated_streams::listener final : public stream_listener {
public:
  listener(std::shared_ptr<accepting> inner, const ip_endpoint& local)
    : inner_(std::move(inner)), local_(local) {}
  [[nodiscard]] ip_endpoint local() const override { return local_; }

private:
  std::shared_ptr<accepting> inner_; // the medium finds it for as long as this lives
  ip_endpoint local_;
};

simulated_streams::simulated_streams(simulated_random& draw, simulated_trace& seen, path_of path,
                                     cut_between is_cut)
  : draw_(draw), seen_(seen), path_(std::move(path)), is_cut_(std::move(is_cut)) {
}

tl::expected<std::unique_ptr<stream_listener>, std::string>
simulated_streams::listen(simulated_reactor& host, const ip_endpoint& local, port_sharing sharing,
                          accept_handler on_accept) {
  const auto refused = [&](const char* why) {
    return tl::unexpected("cannot listen on tcp " + to_string(local) + ": " + why);
  };
  if (local.address.is_unspecified())
    return refused("the simulation needs a concrete address");
  auto bound = local;
  while (bound.port == 0 || (local.port == 0 && listeners_.contains(bound)))
    bound.port = next_port_++;
  std::erase_if(listeners_, [](const auto& entry) { return entry.second.expired(); });
  const auto [first, last] = listeners_.equal_range(bound);
  for (auto it = first; it != last; ++it)
    if (sharing == port_sharing::exclusive || it->second.lock()->sharing == port_sharing::exclusive)
      return refused("Address already in use");
  auto inner = std::make_shared<accepting>(accepting{host, sharing, std::move(on_accept)});
  listeners_.emplace(bound, inner);
  return std::make_unique<listener>(std::move(inner), bound);
}

std::unique_ptr<stream_socket> simulated_streams::connect(simulated_reactor& host,
                                                          const ip_address& local,
                                                          const ip_endpoint& to,
                                                          stream_handlers handlers) {
  auto c = std::make_shared<connection>();
  c->sides[opener] = {.host = &host, .local = {local, next_port_++}, .handlers = {}};
  c->sides[opener].handlers = std::move(handlers);
  c->sides[accepter].local = to;
  c->sides[accepter].alive = false;
  std::erase_if(connections_, [](const auto& weak) { return weak.expired(); });
  connections_.push_back(c);
  const auto due = host.time().now() + path_(local, to.address).latency;
  host.at(due, [self = shared_from_this(), c] { self->arrive(c); });
  return std::make_unique<socket>(shared_from_this(), c, opener);
}

/// The opener's request is at the listener, if there is one.
void simulated_streams::arrive(const connection_ptr& c) {
  auto& from = c->sides[opener];
  auto& to = c->sides[accepter];
  if (!from.alive || is_cut_(from.local, to.local))
    return; // nobody answers
  const auto there = find(to.local, from.local);
  const auto back = path_(to.local.address, from.local.address).latency;
  const auto due = from.host->time().now() + back;
  if (!there)
    return from.host->at(
        due, [self = shared_from_this(), c] { self->tell_end(c, opener, "Connection refused"); });
  to.host = &there->host;
  to.alive = true;
  from.host->at(due, [self = shared_from_this(), c] { self->open(c); });
  there->host.at(from.host->time().now(), [self = shared_from_this(), c, there] {
    there->on_accept(std::make_unique<socket>(self, c, accepter));
  });
}

void simulated_streams::open(const connection_ptr& c) {
  auto& from = c->sides[opener];
  if (!from.alive || from.told_end)
    return;
  c->open = true;
  if (const auto told = from.handlers.on_open)
    told();
  carry(c, opener);
  carry(c, accepter);
}

/// Of several listeners on one address the source chooses one, always the same.
auto simulated_streams::find(const ip_endpoint& to, const ip_endpoint& from)
    -> std::shared_ptr<accepting> {
  std::erase_if(listeners_, [](const auto& entry) { return entry.second.expired(); });
  const auto [first, last] = listeners_.equal_range(to);
  if (first == last)
    return nullptr;
  simulated_trace source;
  source.add(from);
  const auto count = static_cast<std::uint64_t>(std::distance(first, last));
  return std::next(first, static_cast<std::ptrdiff_t>((source.value() >> 32) % count))
      ->second.lock();
}

/// What was sent sets out, cut into segments.
void simulated_streams::carry(const connection_ptr& c, std::size_t from_side) {
  auto& from = c->sides[from_side];
  const auto most = path_(from.local.address, c->sides[1 - from_side].local.address).segment_bytes;
  for (const auto& bytes : std::exchange(from.outbox, {}))
    for (std::size_t at = 0; at < bytes->size();) {
      const auto left = bytes->size() - at;
      const auto size = most == 0 ? left : std::min(left, 1 + draw_.below(most));
      launch(c, 1 - from_side, bytes->substr(at, size));
      at += size;
    }
}

void simulated_streams::launch(const connection_ptr& c, std::size_t to_side, std::string bytes) {
  auto& to = c->sides[to_side];
  const auto& from = c->sides[1 - to_side];
  if (to.host == nullptr)
    return;
  const auto path = path_(from.local.address, to.local.address);
  const auto spread = static_cast<std::uint64_t>(path.jitter.count()) + 1;
  auto due = to.host->time().now() + path.latency
             + duration{static_cast<duration::rep>(draw_.below(spread))};
  if (!to.inbox.empty())
    due = std::max(due, to.inbox.back().due); // a stream keeps its order
  to.inbox.push_back({due, std::move(bytes)});
  to.host->at(due, [self = shared_from_this(), c, to_side] { self->deliver(c, to_side); });
}

/// Everything that is due, what lies together in one piece.
void simulated_streams::deliver(const connection_ptr& c, std::size_t index) {
  auto& to = c->sides[index];
  auto& from = c->sides[1 - index];
  const auto now = to.host->time().now();
  while (!to.inbox.empty() && to.inbox.front().due <= now && !is_cut_(to.local, from.local)) {
    const bool is_end = to.inbox.front().bytes.empty();
    std::string piece;
    while (!to.inbox.empty() && to.inbox.front().due <= now && !to.inbox.front().bytes.empty()
           && piece.size() + to.inbox.front().bytes.size() <= stream_read_bytes) {
      piece += to.inbox.front().bytes;
      to.inbox.pop_front();
    }
    if (is_end || piece.empty()) { // empty: one segment longer than a read
      auto whole = std::move(to.inbox.front().bytes);
      to.inbox.pop_front();
      if (is_end) {
        tell_end(c, index, {});
        continue;
      }
      piece = whole.substr(0, stream_read_bytes);
      if (whole.size() > stream_read_bytes)
        to.inbox.push_front({now, whole.substr(stream_read_bytes)});
    }
    from.queued -= piece.size();
    seen_.add(static_cast<std::uint64_t>(now.time_since_epoch().count()));
    seen_.add(from.local);
    seen_.add(to.local);
    seen_.add(piece);
    if (!to.alive || to.told_end) { // RFC 9293 §3.10.7.1: nobody is there
      if (!to.alive)
        tell_end(c, 1 - index, "Connection reset by peer");
      continue;
    }
    if (const auto told = to.handlers.on_bytes)
      told(piece);
  }
}

/// The end follows what was sent before.
void simulated_streams::close(const connection_ptr& c, std::size_t from_side) {
  auto& from = c->sides[from_side];
  if (std::exchange(from.finished, true))
    return;
  from.outbox.clear();
  launch(c, 1 - from_side, {});
}

void simulated_streams::tell_end(const connection_ptr& c, std::size_t index,
                                 const std::string& why) {
  auto& side = c->sides[index];
  if (!side.alive || std::exchange(side.told_end, true))
    return;
  if (const auto told = side.handlers.on_end)
    told(why);
}

void simulated_streams::wake() {
  for (const auto& weak : connections_)
    if (const auto c = weak.lock())
      for (const std::size_t side : {opener, accepter})
        if (auto* host = c->sides[side].host; host != nullptr && !c->sides[side].inbox.empty())
          host->at(host->time().now(),
                   [self = shared_from_this(), c, side] { self->deliver(c, side); });
}

void simulated_streams::reset(const ip_address& a) {
  for (const auto& weak : connections_) {
    const auto c = weak.lock();
    if (!c || (c->sides[opener].local.address != a && c->sides[accepter].local.address != a))
      continue;
    for (const std::size_t side : {opener, accepter}) {
      c->sides[side].inbox.clear();
      if (auto* host = c->sides[side].host; host != nullptr)
        host->at(host->time().now(), [self = shared_from_this(), c, side] {
          self->tell_end(c, side, "Connection reset by peer");
        });
    }
  }
}

} // namespace tandem
