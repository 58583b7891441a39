#include "actors/transport/udp_transport.hpp"

namespace tandem::actors {

udp_transport::udp_transport(caf::actor_config& cfg, shard& home, tree_place place,
                             transport_index index, const surroundings& around)
  : sharded(cfg, home, std::move(place)), index_(index), around_(around) {
  entry().set_state("closed");
}

caf::behavior udp_transport::make_behavior() {
  return {[](msg::begin) {}};
}

tl::expected<void, std::string> udp_transport::open(const ip_endpoint& local,
                                                    port_sharing sharing) {
  auto opened =
      around_.net.open_udp(around_.bell, local, sharing,
                           [this](std::span<const received_datagram> batch) { on_batch(batch); });
  if (!opened)
    return tl::unexpected(opened.error());
  socket_ = std::move(*opened);
  entry().set_state("listening");
  return {};
}

void udp_transport::on_batch(std::span<const received_datagram> batch) {
  for (const auto& d : batch) {
    entry().count_message();
    around_.in.on_datagram(index_, d);
  }
}

void udp_transport::flush() {
  if (batch_.empty() || !socket_)
    return;
  for (std::size_t i = 0; i < batch_.size(); ++i)
    entry().count_message();
  const auto taken = socket_->send(batch_);
  around_.in.count_unsent(batch_.size() - taken);
  batch_.clear();
}

void udp_transport::on_exit() {
  socket_.reset();
}

} // namespace tandem::actors
