#include "runtime/io/asio_reactor.hpp"
#include "runtime/io/limits.hpp"
#include "runtime/io/real_clock.hpp"
#include "runtime/io/system_network.hpp"

#include <catch2/catch.hpp>

#include <map>
#include <set>
#include <string>
#include <vector>

using namespace tandem;
using namespace std::chrono_literals;

namespace {

ip_endpoint at(const char* text) {
  return parse_ip_endpoint(text).value();
}

outgoing_datagram datagram(const ip_endpoint& to, std::string bytes) {
  return {to, std::make_shared<const std::string>(std::move(bytes))};
}

/// Polls until `done`; gives up after five seconds so that a failure does not hang.
template <class Done>
void poll_until(reactor& r, Done done) {
  const real_clock time;
  const auto give_up = time.now() + 5s;
  while (!done() && time.now() < give_up)
    r.poll(100ms);
}

struct received {
  std::vector<std::string> bytes;
  std::vector<ip_endpoint> from;
  std::size_t largest_batch = 0;

  datagram_handler handler() {
    return [this](std::span<const received_datagram> batch) {
      largest_batch = std::max(largest_batch, batch.size());
      for (const auto& d : batch) {
        bytes.emplace_back(d.bytes);
        from.push_back(d.from);
      }
    };
  }
};

} // namespace

TEST_CASE("udp: batches keep their order, over IPv4 and IPv6", "[io][udp]") {
  for (const auto* address : {"127.0.0.1:0", "[::1]:0"})
    DYNAMIC_SECTION(address) {
      asio_reactor r;
      system_network net;
      received got;
      const auto listener = net.open_udp(r, at(address), port_sharing::exclusive, got.handler());
      REQUIRE(listener);
      const auto sender = net.open_udp(r, at(address), port_sharing::exclusive, [](auto) {});
      REQUIRE(sender);
      CHECK((*listener)->local().port != 0);

      constexpr std::size_t count = 300; // several batches, several polls
      std::vector<outgoing_datagram> all;
      for (std::size_t i = 0; i < count; ++i)
        all.push_back(datagram((*listener)->local(), std::to_string(i)));
      CHECK((*sender)->send(all) == count);
      poll_until(r, [&] { return got.bytes.size() >= count; });

      REQUIRE(got.bytes.size() == count);
      CHECK(got.largest_batch == max_datagrams_per_batch);
      for (std::size_t i = 0; i < count; ++i) {
        CHECK(got.bytes[i] == std::to_string(i));
        CHECK(got.from[i] == (*sender)->local());
      }
    }
}

TEST_CASE("udp: a poll ends although datagrams are left, and the next one goes on", "[io][udp]") {
  asio_reactor r;
  system_network net;
  received got;
  auto listener =
      net.open_udp(r, at("127.0.0.1:0"), port_sharing::exclusive, got.handler()).value();
  auto sender = net.open_udp(r, at("127.0.0.1:0"), port_sharing::exclusive, [](auto) {}).value();
  constexpr auto one_poll = max_turns_per_poll * max_batches_per_turn * max_datagrams_per_batch;
  const std::vector all(one_poll + 1, datagram(listener->local(), "x"));
  REQUIRE(sender->send(all) == one_poll + 1);
  r.poll(duration::zero());
  CHECK(got.bytes.size() == one_poll);
  r.poll(duration::zero());
  CHECK(got.bytes.size() == one_poll + 1);
}

TEST_CASE("udp: the longest and the empty datagram pass, one byte more is not taken", "[io][udp]") {
  asio_reactor r;
  system_network net;
  received got;
  auto listener =
      net.open_udp(r, at("127.0.0.1:0"), port_sharing::exclusive, got.handler()).value();
  auto sender = net.open_udp(r, at("127.0.0.1:0"), port_sharing::exclusive, [](auto) {}).value();
  const auto to = listener->local();
  const std::string longest(max_datagram_bytes, 'l');
  // What cannot be sent is left out and holds up nothing behind it.
  const std::vector all = {datagram(to, longest), datagram(to, longest + "!"), datagram(to, "")};
  CHECK(sender->send(all) == 2);
  poll_until(r, [&] { return got.bytes.size() >= 2; });
  CHECK(got.bytes == std::vector<std::string>{longest, ""});
}

TEST_CASE("udp: a taken address is refused with a sentence, shared ones spread by source",
          "[io][udp]") {
  asio_reactor r;
  system_network net;
  received first, second;
  auto one = net.open_udp(r, at("127.0.0.1:0"), port_sharing::shared, first.handler()).value();
  const auto shared = one->local();
  const auto refused = net.open_udp(r, shared, port_sharing::exclusive, [](auto) {});
  REQUIRE_FALSE(refused);
  CHECK(refused.error() == "cannot bind udp " + to_string(shared) + ": Address already in use");
  auto two = net.open_udp(r, shared, port_sharing::shared, second.handler()).value();

  std::vector<std::unique_ptr<udp_socket>> sources;
  constexpr std::size_t count = 64;
  for (std::size_t i = 0; i < count; ++i) {
    sources.push_back(
        net.open_udp(r, at("127.0.0.1:0"), port_sharing::exclusive, [](auto) {}).value());
    const std::vector twice(2, datagram(shared, "x"));
    CHECK(sources.back()->send(twice) == 2);
  }
  poll_until(r, [&] { return first.from.size() + second.from.size() >= 2 * count; });
  CHECK(first.from.size() + second.from.size() == 2 * count);
  // A source always reaches the same socket; with 64 sources each has some (2^-63 it has not).
  const std::set a(first.from.begin(), first.from.end());
  const std::set b(second.from.begin(), second.from.end());
  CHECK(a.size() + b.size() == count);
  CHECK_FALSE(a.empty());
  CHECK_FALSE(b.empty());
}

TEST_CASE("udp: an IPv6 wildcard leaves the IPv4 port free, RFC 3493 §5.3", "[io][udp]") {
  asio_reactor r;
  system_network net;
  auto v4 = net.open_udp(r, at("127.0.0.1:0"), port_sharing::exclusive, [](auto) {}).value();
  auto both = at("[::1]:0");
  both.port = v4->local().port;
  CHECK(net.open_udp(r, both, port_sharing::exclusive, [](auto) {}));
}

TEST_CASE("udp: an address of another host is refused with a sentence", "[io][udp]") {
  asio_reactor r;
  system_network net;
  const auto refused = net.open_udp(r, at("192.0.2.1:5060"), port_sharing::exclusive, [](auto) {});
  REQUIRE_FALSE(refused);
  CHECK(refused.error() == "cannot bind udp 192.0.2.1:5060: Cannot assign requested address");
}

TEST_CASE("udp: a handler may close its own socket", "[io][udp]") {
  asio_reactor r;
  system_network net;
  std::unique_ptr<udp_socket> listener;
  std::string text = "kept by the handler";
  std::size_t batches = 0;
  listener = net.open_udp(r, at("127.0.0.1:0"), port_sharing::exclusive,
                          [&, copy = text](std::span<const received_datagram> batch) {
                            ++batches;
                            listener.reset();
                            CHECK(copy == text); // would be gone with the socket
                            CHECK(batch[0].bytes == "last");
                          })
                 .value();
  auto sender = net.open_udp(r, at("127.0.0.1:0"), port_sharing::exclusive, [](auto) {}).value();
  const std::vector all(40, datagram(listener->local(), "last"));
  CHECK(sender->send(all) == 40);
  poll_until(r, [&] { return batches > 0; });
  r.poll(duration::zero());
  CHECK(batches == 1);
}
