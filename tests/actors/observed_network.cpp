// What the node's sockets read and write, noted at its edge.
#include "protocols/sip/stream_session.hpp"
#include "tests/actors/world_parts.hpp"

namespace tandem::test {

namespace {

class observed_socket final : public udp_socket {
public:
  observed_socket(std::unique_ptr<udp_socket> below, chronicle& notes)
    : below_(std::move(below)), notes_(notes) {}
  [[nodiscard]] ip_endpoint local() const override { return below_->local(); }
  std::size_t send(std::span<const outgoing_datagram> batch) override {
    for (const auto& d : batch)
      notes_.add({.what = happening::kind::sent, .peer = d.to, .bytes = *d.bytes});
    return below_->send(batch);
  }

private:
  std::unique_ptr<udp_socket> below_;
  chronicle& notes_;
};

/// Notes whole messages, however they were cut on the way; keep-alives are none.
class observed_stream final : public stream_socket {
public:
  observed_stream(std::unique_ptr<stream_socket> below, chronicle& notes)
    : below_(std::move(below)), notes_(notes) {}
  /// Of a stream that we open: its handlers are given before it is there.
  observed_stream(chronicle& notes) : notes_(notes) {}
  void set_below(std::unique_ptr<stream_socket> below) { below_ = std::move(below); }

  void set_handlers(stream_handlers h) override { below_->set_handlers(noting(std::move(h))); }
  [[nodiscard]] ip_endpoint local() const override { return below_->local(); }
  [[nodiscard]] ip_endpoint peer() const override { return below_->peer(); }
  [[nodiscard]] bool send(std::shared_ptr<const std::string> bytes) override {
    if (bytes->size() > 4) // no keep-alive
      notes_.add({.what = happening::kind::sent, .peer = peer(), .bytes = *bytes});
    return below_->send(std::move(bytes));
  }
  void flush() override { below_->flush(); }
  void finish() override { below_->finish(); }
  [[nodiscard]] std::size_t queued_bytes() const override { return below_->queued_bytes(); }

  [[nodiscard]] stream_handlers noting(stream_handlers h) {
    return {std::move(h.on_open),
            [this, told = std::move(h.on_bytes)](std::string_view bytes) {
              note(bytes);
              told(bytes);
            },
            std::move(h.on_end)};
  }

private:
  void note(std::string_view bytes) {
    read_.on_bytes(bytes, {});
    for (;;) {
      const auto item = read_.next({});
      if (item.is == sip::stream_item::kind::none)
        return;
      if (item.is != sip::stream_item::kind::ping)
        notes_.add({.what = happening::kind::received,
                    .peer = below_->peer(),
                    .bytes = std::string(item.bytes)});
    }
  }

  std::unique_ptr<stream_socket> below_;
  chronicle& notes_;
  sip::stream_session read_{sip::stream_opener::ourselves, {}, {}};
};

} // namespace

tl::expected<std::unique_ptr<udp_socket>, std::string>
observed_network::open_udp(reactor& r, const ip_endpoint& local, port_sharing sharing,
                           datagram_handler handler) {
  auto noting = [this, handler = std::move(handler)](std::span<const received_datagram> batch) {
    for (const auto& d : batch)
      notes_.add(
          {.what = happening::kind::received, .peer = d.from, .bytes = std::string(d.bytes)});
    handler(batch);
  };
  auto opened = below_.open_udp(r, local, sharing, std::move(noting));
  if (!opened)
    return opened;
  return std::make_unique<observed_socket>(std::move(*opened), notes_);
}

tl::expected<std::unique_ptr<stream_listener>, std::string>
observed_network::listen_tcp(reactor& r, const ip_endpoint& local, port_sharing sharing,
                             accept_handler on_accept) {
  return below_.listen_tcp(
      r, local, sharing,
      [this, on_accept = std::move(on_accept)](std::unique_ptr<stream_socket> s) {
        on_accept(std::make_unique<observed_stream>(std::move(s), notes_));
      });
}

std::unique_ptr<stream_socket> observed_network::connect_tcp(reactor& r, const ip_address& local,
                                                             const ip_endpoint& to,
                                                             stream_handlers handlers) {
  auto made = std::make_unique<observed_stream>(notes_);
  auto noting = made->noting(std::move(handlers));
  made->set_below(below_.connect_tcp(r, local, to, std::move(noting)));
  return made;
}

} // namespace tandem::test
