#include "runtime/io/simulated/simulated_network.hpp"

#include "runtime/io/limits.hpp"
#include "runtime/io/simulated/simulated_clock.hpp"
#include "runtime/io/simulated/simulated_resolver.hpp"

#include <catch2/catch.hpp>

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

/// Two hosts on one network; `a` sends, `b` keeps what arrives and when.
struct two_hosts {
  explicit two_hosts(std::uint64_t seed, const path_conditions& c = {}) : net(seed, c) {
    a = net.open_udp(host_a, at("10.0.0.1:5060"), port_sharing::exclusive, [](auto) {}).value();
    b = net.open_udp(host_b, at("10.0.0.2:5060"), port_sharing::exclusive,
                     [this](std::span<const received_datagram> batch) {
                       largest_batch = std::max(largest_batch, batch.size());
                       for (const auto& d : batch)
                         got.emplace_back(d.bytes);
                     })
            .value();
  }

  void send(const std::string& bytes) {
    const std::vector one{datagram(at("10.0.0.2:5060"), bytes)};
    CHECK(a->send(one) == 1);
  }
  void advance(duration d) {
    time.advance(d);
    host_b.poll(duration::zero());
  }

  simulated_clock time;
  simulated_reactor host_a{time}, host_b{time};
  simulated_network net;
  std::unique_ptr<udp_socket> a, b;
  std::vector<std::string> got;
  std::size_t largest_batch = 0;
};

std::vector<std::string> numbers(int count) {
  std::vector<std::string> out;
  for (int i = 0; i < count; ++i)
    out.push_back(std::to_string(i));
  return out;
}

} // namespace

TEST_CASE("simulated network: a datagram arrives when its latency has passed, in order",
          "[io][simulated]") {
  two_hosts h{1, {.latency = 3ms}};
  h.send("first");
  h.send("second");
  CHECK(h.host_b.next() == h.time.now() + 3ms);
  h.advance(3ms - 1ns);
  CHECK(h.got.empty());
  h.advance(1ns);
  CHECK(h.got == std::vector<std::string>{"first", "second"});
  CHECK(h.largest_batch == 2);
  CHECK(h.host_b.next() == std::nullopt);
}

TEST_CASE("simulated network: batches hold max_datagrams_per_batch at most", "[io][simulated]") {
  two_hosts h{1};
  for (const auto& n : numbers(int(max_datagrams_per_batch) + 1))
    h.send(n);
  h.advance(1ms);
  CHECK(h.got == numbers(int(max_datagrams_per_batch) + 1));
  CHECK(h.largest_batch == max_datagrams_per_batch);
}

TEST_CASE("simulated network: loss, duplication, jitter and reordering as often as told",
          "[io][simulated]") {
  constexpr int count = 2'000;
  const auto run = [](const path_conditions& c) {
    two_hosts h{42, c};
    for (const auto& n : numbers(count)) {
      h.send(n);
      h.advance(1ms);
    }
    h.advance(1s);
    return std::pair{h.got, h.net.counted()};
  };
  SECTION("loss") {
    const auto [got, counted] = run({.loss = 0.1});
    CHECK(counted.lost > count / 10 - 60);
    CHECK(counted.lost < count / 10 + 60);
    CHECK(got.size() + counted.lost == count);
    CHECK(counted.delivered == got.size());
  }
  SECTION("duplication") {
    const auto [got, counted] = run({.duplication = 0.1});
    CHECK(counted.duplicated > count / 10 - 60);
    CHECK(counted.duplicated < count / 10 + 60);
    CHECK(got.size() == count + counted.duplicated);
  }
  SECTION("jitter beyond the spacing reorders, and loses nothing") {
    const auto [got, counted] = run({.jitter = 5ms});
    CHECK(got.size() == count);
    CHECK(got != numbers(count));
  }
  SECTION("reordering") {
    const auto [got, counted] = run({.reorder = 0.1});
    CHECK(got.size() == count);
    CHECK(got != numbers(count));
  }
  SECTION("nothing") {
    const auto [got, counted] = run({});
    CHECK(got == numbers(count));
    CHECK(counted.lost + counted.duplicated + counted.unreachable == 0);
  }
}

TEST_CASE("simulated network: a seed gives one run, another seed another", "[io][simulated]") {
  const auto hash = [](std::uint64_t seed) {
    two_hosts h{seed, {.jitter = 4ms, .loss = 0.1, .duplication = 0.1, .reorder = 0.1}};
    for (const auto& n : numbers(500)) {
      h.send(n);
      h.advance(1ms);
    }
    return h.net.trace_hash();
  };
  CHECK(hash(7) == hash(7));
  CHECK(hash(7) != hash(8));
}

TEST_CASE("simulated network: a cut host hears nothing, not even what was on its way",
          "[io][simulated]") {
  two_hosts h{1, {.latency = 2ms}};
  h.send("on its way");
  h.net.set_cut(at("10.0.0.2:1").address, true);
  h.send("too late");
  h.advance(5ms);
  CHECK(h.got.empty());
  CHECK(h.net.counted().lost == 2);
  h.net.set_cut(at("10.0.0.2:1").address, false);
  h.send("again");
  h.advance(5ms);
  CHECK(h.got == std::vector<std::string>{"again"});
}

TEST_CASE("simulated network: a path may differ from the others, one way", "[io][simulated]") {
  two_hosts h{1};
  h.net.set_path(at("10.0.0.1:1").address, at("10.0.0.2:1").address, {.loss = 1});
  h.send("lost");
  h.advance(1s);
  CHECK(h.got.empty());
  const std::vector one{datagram(at("10.0.0.1:5060"), "back")};
  CHECK(h.b->send(one) == 1);
  h.time.advance(1s);
  h.host_a.poll(duration::zero());
  CHECK(h.net.counted().delivered == 1);
}

TEST_CASE("simulated network: addresses are exclusive, shared or free, as with the kernel's",
          "[io][simulated]") {
  two_hosts h{1};
  const auto none = [](auto) {};
  CHECK(h.net.open_udp(h.host_a, at("10.0.0.1:5060"), port_sharing::shared, none).error()
        == "cannot bind udp 10.0.0.1:5060: Address already in use");
  CHECK_FALSE(h.net.open_udp(h.host_a, at("0.0.0.0:5060"), port_sharing::shared, none));
  auto one = h.net.open_udp(h.host_a, at("10.0.0.1:7000"), port_sharing::shared, none).value();
  CHECK(h.net.open_udp(h.host_a, at("10.0.0.1:7000"), port_sharing::shared, none));
  auto x = h.net.open_udp(h.host_a, at("10.0.0.1:0"), port_sharing::exclusive, none).value();
  auto y = h.net.open_udp(h.host_a, at("10.0.0.1:0"), port_sharing::exclusive, none).value();
  CHECK(x->local().port != 0);
  CHECK(x->local() != y->local());
  h.a.reset();
  CHECK(h.net.open_udp(h.host_a, at("10.0.0.1:5060"), port_sharing::exclusive, none));
}

TEST_CASE("simulated network: what was sent to a closed socket reaches its successor, or nobody",
          "[io][simulated]") {
  two_hosts h{1, {.latency = 2ms}};
  h.send("for whoever is there");
  h.b.reset();
  std::string heard;
  SECTION("a successor") {
    auto next = h.net.open_udp(h.host_b, at("10.0.0.2:5060"), port_sharing::exclusive,
                               [&](auto batch) { heard = batch[0].bytes; });
    h.advance(2ms);
    h.advance(0ms);
    CHECK(heard == "for whoever is there");
  }
  SECTION("nobody") {
    h.advance(2ms);
    CHECK(h.net.counted().unreachable == 1);
  }
}

TEST_CASE("simulated network: a datagram over max_datagram_bytes is not taken", "[io][simulated]") {
  two_hosts h{1};
  const std::string longest(max_datagram_bytes, 'x');
  const std::vector two{datagram(at("10.0.0.2:5060"), longest),
                        datagram(at("10.0.0.2:5060"), longest + "x")};
  CHECK(h.a->send(two) == 1);
}

TEST_CASE("simulated resolver: answers from its table, later, inside poll", "[io][simulated]") {
  simulated_clock time;
  simulated_reactor r{time};
  simulated_resolver names{5ms};
  const auto v4 = parse_ip_address("192.0.2.1").value();
  const auto v6 = parse_ip_address("2001:db8::1").value();
  names.set("both.test", host_addresses{{v6, v4}, 60s});
  std::vector<address_answer> got;
  const auto keep = [&](const address_answer& a) { got.push_back(a); };
  names.addresses_of(r, "both.test", address_question::both, keep);
  names.addresses_of(r, "both.test", address_question::a, keep);
  names.addresses_of(r, "192.0.2.1", address_question::both, keep);
  names.addresses_of(r, "none.test", address_question::both, keep);
  CHECK(got.empty());
  time.advance(5ms);
  r.poll(std::nullopt);
  REQUIRE(got.size() == 4);
  CHECK(got[0].value() == host_addresses{{v6, v4}, 60s});
  CHECK(got[1].value() == host_addresses{{v4}, 60s});
  CHECK(got[2].value() == host_addresses{{v4}, 0s});
  CHECK(got[3].error() == "cannot resolve none.test: Domain name not found");
}
