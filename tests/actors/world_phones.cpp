// The phones of a world, and how they reach the node.
#include "tests/actors/world_parts.hpp"

#include <algorithm>
#include <stdexcept>

namespace tandem::test {

namespace {

constexpr std::uint16_t node_port = 5060;

ip_endpoint loopback(ip_family family, std::uint16_t port) {
  return {parse_ip_address(family == ip_family::v4 ? "127.0.0.1" : "::1").value(), port};
}

} // namespace

void stream_end::say(std::string bytes) {
  if (!socket->send(std::make_shared<const std::string>(std::move(bytes))))
    throw std::logic_error{"the node does not read"};
  socket->flush();
}

stream_handlers stream_end::handlers() {
  return {{},
          [this](std::string_view bytes) {
            got += bytes;
            if (reader)
              reader(bytes);
          },
          [this](std::string_view why) {
            ends.emplace_back(why);
            socket.reset();
          }};
}

sip_phone& world::parts::add_phone(std::uint16_t port, ip_family family, std::string protocol) {
  auto& made = phones.emplace_back();
  const bool tcp = protocol == "TCP";
  made.phone = std::make_unique<sip_phone>(
      loopback(family, port), loopback(family, node_port),
      [this, &made, tcp](const ip_endpoint& to, std::string bytes) {
        if (tcp && !made.line.socket)
          made.line.socket =
              net.connect_tcp(phones_bell, made.phone->local().address, to, made.line.handlers());
        if (tcp)
          return made.line.say(std::move(bytes));
        const outgoing_datagram one[]{{to, std::make_shared<const std::string>(std::move(bytes))}};
        (void) made.socket->send(one);
      },
      [this] {
        return std::chrono::duration_cast<std::chrono::milliseconds>(time.now() - notes.start);
      },
      protocol);
  if (tcp)
    plug_in_tcp(made);
  else
    plug_in_udp(made);
  return *made.phone;
}

void world::parts::plug_in_udp(attached& made) {
  auto opened = net.open_udp(phones_bell, made.phone->local(), port_sharing::exclusive,
                             [phone = made.phone.get()](std::span<const received_datagram> batch) {
                               for (const auto& d : batch)
                                 phone->take(d.bytes);
                             });
  if (!opened)
    throw std::logic_error{opened.error()};
  made.socket = std::move(*opened);
}

void world::parts::plug_in_tcp(attached& made) {
  made.line.reader = [&made](std::string_view bytes) {
    made.session.on_bytes(bytes, {});
    for (auto item = made.session.next({}); item.is == sip::stream_item::kind::message;
         item = made.session.next({}))
      made.phone->take(std::string(item.bytes));
  };
  auto listening = net.listen_tcp(phones_bell, made.phone->local(), port_sharing::exclusive,
                                  [&made](std::unique_ptr<stream_socket> s) {
                                    made.line.socket = std::move(s);
                                    made.line.socket->set_handlers(made.line.handlers());
                                  });
  if (!listening)
    throw std::logic_error{listening.error()};
  made.listener = std::move(*listening);
}

sip_phone& world::add_phone(std::uint16_t port, ip_family family) {
  return parts_->add_phone(port, family, "UDP");
}

sip_phone& world::add_tcp_phone(std::uint16_t port, ip_family family) {
  return parts_->add_phone(port, family, "TCP");
}

stream_end& world::line_of(const sip_phone& phone) {
  for (auto& a : parts_->phones)
    if (a.phone.get() == &phone)
      return a.line;
  throw std::logic_error{"a phone of another world"};
}

void world::switch_off(const sip_phone& phone) {
  for (auto& a : parts_->phones)
    if (a.phone.get() == &phone)
      a.listener.reset();
  line_of(phone).socket.reset();
  settle();
}

stream_end& world::open_stream(std::string_view from) {
  auto& made = parts_->streams.emplace_back();
  made.socket = parts_->net.connect_tcp(parts_->phones_bell, parse_ip_address(from).value(),
                                        loopback(ip_family::v4, node_port), made.handlers());
  settle();
  return made;
}

simulated_network& world::net() {
  return parts_->net;
}

void world::hang_up_streams() {
  for (auto& a : parts_->phones)
    a.line.socket.reset();
  for (auto& s : parts_->streams)
    s.socket.reset();
}

} // namespace tandem::test
