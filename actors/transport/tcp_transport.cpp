#include "actors/transport/tcp_transport.hpp"

#include "actors/auth/source_limits.hpp"
#include "actors/transport/limits.hpp"
#include "protocols/sip/parser.hpp"
#include "protocols/sip/typed_headers.hpp"
#include "protocols/sip/uri.hpp"

#include <algorithm>
#include <utility>

namespace tandem::actors {

namespace {

using sip::stream_item;

/// RFC 5626 §4.4.1: the answer to a ping.
const auto& pong() {
  static const auto line_end = std::make_shared<const std::string>("\r\n");
  return line_end;
}

bool is_response(const outgoing& out) {
  return out.bytes->starts_with("SIP/2.0 ");
}

/// §18.2.2: where a response goes whose connection is gone: the address that we have seen, or that
/// of sent-by if it is the same, and the port of sent-by.
std::optional<ip_endpoint> sent_by_of(const outgoing& response) {
  const auto m = sip::parse_message(*response.bytes);
  if (!m)
    return std::nullopt;
  const auto via = sip::read_top_via(**m);
  if (!via)
    return std::nullopt;
  const auto address = sip::host_address(via->received.empty() ? via->host : via->received);
  return address ? std::optional{ip_endpoint{*address, via->port_or_default()}} : std::nullopt;
}

} // namespace

stream_counters::stream_counters(metrics& m)
  : accepted(m.make_counter("tandem_sip_connections_opened_total", "SIP connections, by opener",
                            {{"by", "peer"}})),
    opened(m.make_counter("tandem_sip_connections_opened_total", "SIP connections, by opener",
                          {{"by", "node"}})),
    refused(closed(m, "limit")), failed(closed(m, "failed")), never_spoke(closed(m, "never_spoke")),
    half_message(closed(m, "half_message")), idle(closed(m, "idle")), broken(closed(m, "broken")),
    slow(closed(m, "slow")), crowded(closed(m, "crowded")),
    undeliverable(m.make_counter("tandem_sip_undeliverable_total",
                                 "SIP messages that reached no connection")) {
}

counter& stream_counters::closed(metrics& m, const char* why) {
  return m.make_counter("tandem_sip_connections_closed_total",
                        "SIP connections that were refused, failed or were cut, by reason",
                        {{"reason", why}});
}

/// One connection. Its phases: connecting → open → half closed (the peer sends no more) or closing
/// (we do not).
struct tcp_transport::connection {
  /// refusing: until the end of this turn, for the answers to what came before the fault.
  enum class phase : std::uint8_t { connecting, open, half_closed, refusing, closing };

  connection(tcp_transport& o, const ip_endpoint& with, sip::stream_opener by)
    : owner(o), peer(with), opener(by), session(by, o.around_.settings.times, o.home().now()),
      row({o.entry().branch(), "connection", to_string(with)}, o.home().now(), {}) {}

  void on_timer() { owner.on_timer(*this); }
  [[nodiscard]] flow way() const { return {owner.index_, peer}; }

  tcp_transport& owner;
  ip_endpoint peer;
  sip::stream_opener opener;
  phase now_in = phase::open;
  sip::stream_session session;
  tree_entry row;
  std::vector<outgoing> waiting; ///< while connecting
  time_point until{};            ///< of every phase but open
  bool asked = false;            ///< the other shards, whether they use it
  timer wheel = timer::calling<&connection::on_timer>(this);
  std::unique_ptr<stream_socket> socket; ///< dies first: it calls the others
};

tcp_transport::tcp_transport(caf::actor_config& cfg, shard& home, tree_place place,
                             transport_index index, const surroundings& around)
  : sharded(cfg, home, std::move(place)), index_(index), around_(around) {
  entry().set_state("closed");
}

tcp_transport::~tcp_transport() = default;

caf::behavior tcp_transport::make_behavior() {
  return {[](msg::begin) {}};
}

tl::expected<void, std::string> tcp_transport::open(const ip_endpoint& local,
                                                    port_sharing sharing) {
  auto opened = around_.net.listen_tcp(
      around_.bell, local, sharing,
      [this](std::unique_ptr<stream_socket> socket) { accept(std::move(socket)); });
  if (!opened)
    return tl::unexpected(opened.error());
  listener_ = std::move(*opened);
  entry().set_state("listening");
  return {};
}

void tcp_transport::on_exit() {
  listener_.reset();
  while (!connections_.empty())
    forget(connections_.begin()->first);
}

// -- connections ---------------------------------------------------------------------------------

auto tcp_transport::find(const ip_endpoint& peer) const -> connection* {
  const auto known = connections_.find(peer);
  return known == connections_.end() ? nullptr : known->second.get();
}

void tcp_transport::accept(std::unique_ptr<stream_socket> socket) {
  const auto peer = socket->peer();
  if (find(peer) != nullptr)
    forget(peer); // it cannot be there twice: the end of the old one was lost
  const auto site = site_of(peer.address);
  const auto known = accepted_from_.find(site);
  const auto from_there = known == accepted_from_.end() ? 0 : known->second.size();
  const auto& most = around_.settings;
  if (from_there >= most.connections_per_peer
      || (connections_.size() >= most.connections && !make_room(site)))
    return around_.figures.refused.add();
  around_.figures.accepted.add();
  auto made = std::make_unique<connection>(*this, peer, sip::stream_opener::peer);
  auto& c = *made;
  accepted_from_[site].push_back(&c);
  insert(std::move(made), std::move(socket));
  c.row.set_state("open");
  around_.flows.add(c.way(), home().index(), flow_directory::opener::peer);
}

/// All are taken: of the site that has most, a connection that nobody uses goes, if the newcomer's
/// has fewer even then; of those that said nothing for longest. So who takes all keeps nobody out.
bool tcp_transport::make_room(const ip_endpoint& newcomer) {
  const auto own = accepted_from_.find(newcomer);
  const auto fewest = own == accepted_from_.end() ? 1 : own->second.size() + 1;
  const auto fullest = std::ranges::max_element(accepted_from_, {},
                                                [](const auto& row) { return row.second.size(); });
  if (fullest == accepted_from_.end() || fullest->second.size() <= fewest)
    return false;
  auto silent = fullest->second;
  const auto asked = std::min(silent.size(), limits::asked_for_room);
  std::ranges::partial_sort(silent, silent.begin() + static_cast<std::ptrdiff_t>(asked), {},
                            [](const connection* c) { return c->session.last_message(); });
  silent.resize(asked);
  const auto unused = std::ranges::find_if(
      silent, [this](const connection* c) { return !around_.in.uses(c->way()); });
  if (unused == silent.end())
    return false;
  around_.figures.crowded.add();
  forget(ip_endpoint{(*unused)->peer});
  return true;
}

void tcp_transport::connect(const ip_endpoint& to, const outgoing& first) {
  if (connections_.size() >= around_.settings.connections) {
    around_.figures.refused.add();
    return undeliverable(first);
  }
  around_.figures.opened.add();
  auto made = std::make_unique<connection>(*this, to, sip::stream_opener::ourselves);
  auto& c = *made;
  c.now_in = connection::phase::connecting;
  c.until = home().now() + limits::connect_time;
  c.waiting.push_back(first);
  c.row.set_state("connecting");
  insert(std::move(made), around_.net.connect_tcp(around_.bell, local().address, to, {}));
}

void tcp_transport::insert(std::unique_ptr<connection> made,
                           std::unique_ptr<stream_socket> socket) {
  auto& c = *made;
  connections_.insert_or_assign(c.peer, std::move(made));
  c.socket = std::move(socket);
  c.socket->set_handlers({[this, &c] { on_open(c); },
                          [this, &c](std::string_view bytes) { on_bytes(c, bytes); },
                          [this, &c](std::string_view why) { on_end(c, why); }});
  arm(c);
}

void tcp_transport::on_open(connection& c) {
  c.now_in = connection::phase::open;
  c.row.set_state("open");
  around_.flows.add(c.way(), home().index(), flow_directory::opener::ourselves);
  for (const auto& out : std::exchange(c.waiting, {}))
    give(c, out);
  c.socket->flush();
  arm(c);
}

void tcp_transport::on_bytes(connection& c, std::string_view bytes) {
  if (c.now_in >= connection::phase::refusing)
    return; // where its messages begin is not known any more
  const auto now = home().now();
  c.session.on_bytes(bytes, now);
  for (;;) {
    const auto item = c.session.next(now);
    switch (item.is) {
      case stream_item::kind::none: return arm(c);
      case stream_item::kind::message:
        entry().count_message();
        c.row.count_message();
        around_.in.on_datagram(index_, {c.peer, item.bytes});
        break;
      case stream_item::kind::ping: (void) say(c, pong()); break;
      case stream_item::kind::broken:
        around_.figures.broken.add();
        around_.in.on_broken(index_, {c.peer, item.bytes});
        return refuse(c);
    }
  }
}

void tcp_transport::on_end(connection& c, std::string_view why) {
  const bool was_connecting = c.now_in == connection::phase::connecting;
  if (was_connecting)
    around_.figures.failed.add();
  if (was_connecting || !why.empty() || c.now_in >= connection::phase::refusing)
    return forget(c.peer);
  // It sends no more, but may still read the answers to what it has asked.
  around_.flows.remove(c.way(), home().index());
  c.now_in = connection::phase::half_closed;
  c.row.set_state("half closed");
  c.until = home().now() + limits::closing_time;
  arm(c);
}

void tcp_transport::on_timer(connection& c) {
  switch (c.now_in) {
    case connection::phase::connecting: around_.figures.failed.add(); return forget(c.peer);
    case connection::phase::half_closed:
    case connection::phase::refusing:
    case connection::phase::closing: return forget(c.peer);
    case connection::phase::open: break;
  }
  if (const auto fault = c.session.on_deadline(home().now()))
    return on_fault(c, *fault);
  arm(c);
}

void tcp_transport::on_fault(connection& c, sip::stream_fault fault) {
  switch (fault) {
    case sip::stream_fault::never_spoke: around_.figures.never_spoke.add(); break;
    case sip::stream_fault::half_message: around_.figures.half_message.add(); break;
    case sip::stream_fault::idle:
      if (around_.in.uses(c.way())) {
        c.session.keep(home().now() + around_.settings.times.idle);
        return arm(c);
      }
      if (!std::exchange(c.asked, true) && around_.in.ask_others(c.way())) {
        c.session.keep(home().now() + limits::asking_time);
        return arm(c);
      }
      around_.figures.idle.add();
      break;
  }
  forget(c.peer);
}

void tcp_transport::keep(const ip_endpoint& peer) {
  if (auto* c = find(peer)) {
    c->asked = false;
    c->session.keep(home().now() + around_.settings.times.idle);
    arm(*c);
  }
}

void tcp_transport::arm(connection& c) {
  const auto due =
      c.now_in == connection::phase::open ? c.session.next_deadline() : std::optional{c.until};
  if (!due)
    c.wheel.stop();
  else if (c.wheel.deadline() != due)
    c.wheel.start(home().timers(), *due);
}

/// The messages before the one that cannot be framed are answered, if that takes no more than this
/// turn; then it is closed.
void tcp_transport::refuse(connection& c) {
  around_.flows.remove(c.way(), home().index());
  c.now_in = connection::phase::refusing;
  c.row.set_state("closing");
  c.until = home().now() + limits::closing_time;
  refused_.push_back(c.peer);
  arm(c);
}

/// Whoever waits for it is told.
void tcp_transport::forget(const ip_endpoint& peer) {
  const auto known = connections_.find(peer);
  if (known == connections_.end())
    return;
  const auto gone = std::move(known->second);
  connections_.erase(known);
  around_.flows.remove(gone->way(), home().index());
  if (gone->opener == sip::stream_opener::peer) {
    const auto site = accepted_from_.find(site_of(gone->peer.address));
    std::erase(site->second, gone.get());
    if (site->second.empty())
      accepted_from_.erase(site);
  }
  for (const auto& out : gone->waiting)
    undeliverable(out);
}

// -- messages ------------------------------------------------------------------------------------

std::optional<std::uint32_t> tcp_transport::held_by(const ip_endpoint& peer) const {
  if (find(peer) != nullptr)
    return std::nullopt;
  const auto there = around_.flows.find({index_, peer});
  return there && *there != home().index() ? there : std::nullopt;
}

void tcp_transport::add(const outgoing& out) {
  if (auto* c = find(out.to)) {
    const bool sends = c->now_in == connection::phase::connecting
                       || c->now_in == connection::phase::open
                       || (c->now_in < connection::phase::closing && is_response(out));
    if (sends)
      return give(*c, out);
    forget(out.to); // its peer wants no more of it
  }
  if (!is_response(out))
    return connect(out.to, out);
  const auto to = sent_by_of(out);
  if (!to)
    return undeliverable(out);
  auto elsewhere = out;
  elsewhere.to = *to;
  if (auto* c = find(*to); c != nullptr && c->now_in <= connection::phase::open)
    return give(*c, elsewhere);
  forget(*to);
  connect(*to, elsewhere);
}

void tcp_transport::give(connection& c, const outgoing& out) {
  if (c.now_in == connection::phase::connecting) {
    if (c.waiting.size() >= limits::waiting_for_connection)
      return undeliverable(out);
    return c.waiting.push_back(out);
  }
  entry().count_message();
  c.row.count_message();
  if (!say(c, out.bytes))
    undeliverable(out);
}

bool tcp_transport::say(connection& c, std::shared_ptr<const std::string> bytes) {
  if (!c.socket->send(std::move(bytes))) {
    cut_.push_back(c.peer);
    return false;
  }
  c.session.on_sent(home().now());
  written_.push_back(c.peer);
  return true;
}

void tcp_transport::flush() {
  for (const auto& peer : std::exchange(written_, {}))
    if (auto* c = find(peer))
      c->socket->flush();
  for (const auto& peer : std::exchange(refused_, {}))
    if (auto* c = find(peer)) {
      c->now_in = connection::phase::closing;
      c->socket->finish();
    }
  for (const auto& peer : std::exchange(cut_, {}))
    if (find(peer) != nullptr) {
      around_.figures.slow.add();
      forget(peer);
    }
}

void tcp_transport::undeliverable(const outgoing& out) {
  around_.figures.undeliverable.add();
  around_.in.on_undeliverable(out);
}

} // namespace tandem::actors
