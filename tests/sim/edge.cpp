#include "tests/sim/edge.hpp"

namespace tandem::test {

namespace {

/// More than any crash tears off.
constexpr std::size_t remembered_batches = 64;

class edge_socket final : public udp_socket {
public:
  edge_socket(std::unique_ptr<udp_socket> below, std::shared_ptr<const power> life, notary note)
    : below_(std::move(below)), life_(std::move(life)), note_(std::move(note)) {}

  [[nodiscard]] ip_endpoint local() const override { return below_->local(); }
  std::size_t send(std::span<const outgoing_datagram> batch) override {
    if (!life_->on)
      return batch.size();
    for (const auto& d : batch)
      note_({.is = trace_line::kind::sent, .peer = d.to, .bytes = *d.bytes});
    return below_->send(batch);
  }

private:
  std::unique_ptr<udp_socket> below_;
  std::shared_ptr<const power> life_;
  notary note_;
};

} // namespace

tl::expected<std::unique_ptr<udp_socket>, std::string>
edge_network::open_udp(reactor& r, const ip_endpoint& local, port_sharing sharing,
                       datagram_handler handler) {
  auto noting = [life = life_, note = note_,
                 handler = std::move(handler)](std::span<const received_datagram> batch) {
    if (!life->on)
      return;
    for (const auto& d : batch)
      note({.is = trace_line::kind::received, .peer = d.from, .bytes = std::string(d.bytes)});
    handler(batch);
  };
  auto opened = below_.open_udp(r, local, sharing, std::move(noting));
  if (!opened)
    return opened;
  return std::make_unique<edge_socket>(std::move(*opened), life_, note_);
}

void edge_disk::change(const key128& key, const std::optional<std::string>& bytes) {
  if (bytes)
    records.insert_or_assign(key, *bytes);
  else
    records.erase(key);
}

std::set<key128> edge_disk::tear(std::size_t commits) {
  std::set<key128> torn;
  for (; commits > 0 && !recent.empty(); --commits) {
    const auto last = std::move(recent.back());
    recent.pop_back();
    for (auto c = last.before.rbegin(); c != last.before.rend(); ++c) {
      change(c->first, c->second);
      torn.insert(c->first);
    }
  }
  return torn;
}

tl::expected<void, std::string>
edge_store::commit(std::span<const cluster::record_change> changes) {
  if (!life_->on)
    return {};
  edge_disk::batch undo;
  for (const auto& c : changes) {
    note_({.is = c.bytes ? trace_line::kind::committed : trace_line::kind::erased,
           .key = c.key,
           .bytes = c.bytes.value_or("")});
    undo.before.emplace_back(c.key, read(c.key));
    disk_.change(c.key, c.bytes);
  }
  disk_.recent.push_back(std::move(undo));
  if (disk_.recent.size() > remembered_batches)
    disk_.recent.pop_front();
  return {};
}

std::optional<std::string> edge_store::read(const key128& key) const {
  const auto found = disk_.records.find(key);
  return found == disk_.records.end() ? std::nullopt : std::optional{found->second};
}

tl::expected<void, std::string> edge_store::visit_all(const visitor& visit) const {
  for (const auto& [key, bytes] : disk_.records)
    visit(key, bytes);
  return {};
}

} // namespace tandem::test
