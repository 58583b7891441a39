// Streams over both implementations: what their owner may rely on is the same.
#include "runtime/io/asio_reactor.hpp"
#include "runtime/io/limits.hpp"
#include "runtime/io/owned_fd.hpp"
#include "runtime/io/real_clock.hpp"
#include "runtime/io/simulated/simulated_clock.hpp"
#include "runtime/io/simulated/simulated_network.hpp"
#include "runtime/io/system_network.hpp"

#include <catch2/catch.hpp>
#include <fcntl.h>
#include <sys/resource.h>

#include <deque>
#include <functional>
#include <string>
#include <vector>

using namespace tandem;
using namespace std::chrono_literals;

namespace {

using done = std::function<bool()>;

struct real_host {
  static constexpr bool simulated = false;
  /// Gives up after five seconds so that a failure does not hang.
  void run_until(const done& enough) {
    const real_clock time;
    const auto give_up = time.now() + 5s;
    while (!enough() && time.now() < give_up)
      bell.poll(20ms);
  }
  asio_reactor bell;
  system_network net;
};

struct simulated_host {
  static constexpr bool simulated = true;
  void run_until(const done& enough) {
    for (int i = 0; !enough() && i < 10'000; ++i) {
      time.advance(1ms);
      bell.poll(duration::zero());
    }
  }
  simulated_clock time;
  simulated_reactor bell{time};
  simulated_network net{7, {.jitter = 3ms, .segment_bytes = 700}};
};

/// One end of a connection, and what it was told.
struct party {
  std::unique_ptr<stream_socket> socket;
  bool open = false;
  std::string got;
  std::size_t largest_piece = 0;
  std::vector<std::string> ends;

  stream_handlers handlers() {
    return {[this] { open = true; },
            [this](std::string_view bytes) {
              got += bytes;
              largest_piece = std::max(largest_piece, bytes.size());
            },
            [this](std::string_view why) { ends.emplace_back(why); }};
  }
  bool say(std::string text) {
    const bool taken = socket->send(std::make_shared<const std::string>(std::move(text)));
    socket->flush();
    return taken;
  }
};

template <class Host>
struct connected_pair {
  explicit connected_pair(const char* address = "127.0.0.1") {
    const auto host = parse_ip_address(address).value();
    listener = at.net
                   .listen_tcp(at.bell, {host, 0}, port_sharing::exclusive,
                               [this](std::unique_ptr<stream_socket> s) {
                                 b.socket = std::move(s);
                                 b.socket->set_handlers(b.handlers());
                               })
                   .value();
    a.socket = at.net.connect_tcp(at.bell, host, listener->local(), a.handlers());
    at.run_until([&] { return a.open && b.socket; });
    REQUIRE(a.open);
    REQUIRE(b.socket);
  }
  Host at;
  party a, b;
  std::unique_ptr<stream_listener> listener;
};

std::string long_text(std::size_t size) {
  std::string out(size, ' ');
  for (std::size_t i = 0; i < size; ++i)
    out[i] = static_cast<char>('a' + i % 23);
  return out;
}

} // namespace

TEMPLATE_TEST_CASE("stream: bytes go both ways in order, over IPv4 and IPv6", "[io][stream]",
                   real_host, simulated_host) {
  for (const auto* address : {"127.0.0.1", "::1"})
    DYNAMIC_SECTION(address) {
      connected_pair<TestType> w(address);
      CHECK(w.a.socket->peer() == w.listener->local());
      CHECK(w.b.socket->peer() == w.a.socket->local());
      CHECK(w.b.socket->local() == w.listener->local());
      const auto text = long_text(200'000);
      CHECK(w.a.say(text));
      CHECK(w.a.say("the end"));
      CHECK(w.b.say("and back"));
      w.at.run_until([&] { return w.b.got.size() >= text.size() + 7 && w.a.got.size() >= 8; });
      CHECK(w.b.got == text + "the end");
      CHECK(w.a.got == "and back");
      CHECK(w.b.largest_piece <= stream_read_bytes);
      CHECK(w.a.socket->queued_bytes() == 0);
    }
}

TEMPLATE_TEST_CASE("stream: one half closes, the other goes on", "[io][stream]", real_host,
                   simulated_host) {
  connected_pair<TestType> w;
  CHECK(w.a.say("last words"));
  w.a.socket->finish();
  w.at.run_until([&] { return !w.b.ends.empty(); });
  CHECK(w.b.got == "last words");
  CHECK(w.b.ends == std::vector<std::string>{""});
  CHECK(w.b.say("heard"));
  w.at.run_until([&] { return w.a.got == "heard"; });
  CHECK(w.a.got == "heard");
  CHECK(w.a.ends.empty());
  w.b.socket.reset();
  w.at.run_until([&] { return !w.a.ends.empty(); });
  CHECK(w.a.ends == std::vector<std::string>{""});
}

TEMPLATE_TEST_CASE("stream: its end is told once and in a sentence", "[io][stream]", real_host,
                   simulated_host) {
  TestType host;
  const auto here = parse_ip_address("127.0.0.1").value();
  auto listener =
      host.net.listen_tcp(host.bell, {here, 0}, port_sharing::exclusive, [](auto) {}).value();
  const auto there = listener->local();
  SECTION("an address in use") {
    const auto second = host.net.listen_tcp(host.bell, there, port_sharing::exclusive, [](auto) {});
    REQUIRE_FALSE(second);
    CHECK(second.error()
          == "cannot listen on tcp " + to_string(there) + ": Address already in use");
  }
  SECTION("nobody listens") {
    listener.reset();
    party a;
    a.socket = host.net.connect_tcp(host.bell, here, there, a.handlers());
    CHECK(a.ends.empty()); // never from inside
    CHECK(a.say("lost"));
    host.run_until([&] { return !a.ends.empty(); });
    CHECK_FALSE(a.open);
    CHECK(a.ends == std::vector<std::string>{"Connection refused"});
  }
  SECTION("a peer that is gone resets what still comes") {
    party a;
    a.socket = host.net.connect_tcp(host.bell, here, there, a.handlers());
    host.run_until([&] { return a.open; }); // its listener drops it at once
    host.run_until([&] { return !a.ends.empty(); });
    CHECK(a.ends.size() == 1);
  }
}

TEMPLATE_TEST_CASE("stream: a handler may destroy its stream", "[io][stream]", real_host,
                   simulated_host) {
  connected_pair<TestType> w;
  bool heard = false;
  w.b.socket->set_handlers({{},
                            [&](std::string_view) {
                              heard = true;
                              w.b.socket.reset();
                            },
                            [](std::string_view) { FAIL_CHECK("told after its death"); }});
  CHECK(w.a.say("go away"));
  w.at.run_until([&] { return !w.a.ends.empty(); });
  CHECK(heard);
  CHECK(w.a.ends.size() == 1);
}

TEST_CASE("stream: what waits for a slow reader is bounded, at n and n + 1", "[io][stream]") {
  simulated_host host;
  const auto here = parse_ip_address("10.0.0.1").value();
  const auto far = parse_ip_address("10.0.0.2").value();
  party b;
  const auto listener = host.net
                            .listen_tcp(host.bell, {far, 5060}, port_sharing::exclusive,
                                        [&](std::unique_ptr<stream_socket> s) {
                                          b.socket = std::move(s);
                                          b.socket->set_handlers(b.handlers());
                                        })
                            .value();
  party a;
  a.socket = host.net.connect_tcp(host.bell, here, {far, 5060}, a.handlers());
  host.run_until([&] { return a.open; });
  host.net.set_cut(far, true); // nothing is acknowledged
  CHECK(a.say(std::string(max_stream_queue_bytes - 1, 'x')));
  CHECK(a.say("y"));
  CHECK(a.socket->queued_bytes() == max_stream_queue_bytes);
  CHECK_FALSE(a.say("z"));
  host.net.set_cut(far, false);
  host.run_until([&] { return b.got.size() == max_stream_queue_bytes; });
  CHECK(b.got.back() == 'y');
  CHECK(a.socket->queued_bytes() == 0);
  CHECK(a.say("z"));
  host.net.reset_streams(far);
  host.run_until([&] { return !a.ends.empty() && !b.ends.empty(); });
  CHECK(a.ends == std::vector<std::string>{"Connection reset by peer"});
  CHECK(b.ends == a.ends);
}

TEST_CASE("stream: the kernel's buffers are bounded too", "[io][stream]") {
  connected_pair<real_host> w;
  std::size_t sent = 0;
  w.b.socket->set_handlers({{}, [](std::string_view) {}, [](std::string_view) {}});
  const auto piece = std::make_shared<const std::string>(64'000, 'x');
  while (w.a.socket->send(piece)) {
    w.a.socket->flush();
    sent += piece->size();
    REQUIRE(sent < 64'000'000);
  }
  CHECK(w.a.socket->queued_bytes() > max_stream_queue_bytes - piece->size());
}

TEST_CASE("stream: several listeners share one address", "[io][stream]") {
  simulated_host host;
  const ip_endpoint there{parse_ip_address("10.0.0.2").value(), 5060};
  std::vector<int> accepted(2);
  std::deque<std::unique_ptr<stream_listener>> listeners;
  for (int& count : accepted)
    listeners.push_back(
        host.net.listen_tcp(host.bell, there, port_sharing::shared, [&count](auto) { ++count; })
            .value());
  CHECK_FALSE(host.net.listen_tcp(host.bell, there, port_sharing::exclusive, [](auto) {}));
  std::deque<party> callers(40);
  for (auto& c : callers)
    c.socket =
        host.net.connect_tcp(host.bell, parse_ip_address("10.0.0.1").value(), there, c.handlers());
  host.run_until([&] { return accepted[0] + accepted[1] == 40; });
  CHECK(accepted[0] > 5);
  CHECK(accepted[1] > 5);
}

TEST_CASE("stream: accepted connections leave descriptors to the process, at n and n + 1",
          "[io][stream][limits]") {
  rlimit before{};
  REQUIRE(::getrlimit(RLIMIT_NOFILE, &before) == 0);
  real_host h;
  const auto next_descriptor = [] {
    const owned_fd probe{::open("/dev/null", O_RDONLY | O_CLOEXEC)};
    return probe.get();
  };
  std::deque<owned_fd> filler; // until more are open than may be kept, else half are
  while (next_descriptor() < 2 * descriptors_kept_from_streams)
    filler.emplace_back(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  // The listener takes one, the first client the next; the connection from him is the last allowed.
  const auto all = next_descriptor() + 3 + descriptors_kept_from_streams;
  const rlimit small{static_cast<rlim_t>(all), before.rlim_max};
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &small) == 0);
  std::vector<std::unique_ptr<stream_socket>> accepted;
  const auto here = parse_ip_endpoint("127.0.0.1:0").value();
  auto listener =
      h.net.listen_tcp(h.bell, here, port_sharing::exclusive,
                       [&](std::unique_ptr<stream_socket> s) { accepted.push_back(std::move(s)); });
  REQUIRE(listener);
  party first, second;
  first.socket = h.net.connect_tcp(h.bell, here.address, (*listener)->local(), first.handlers());
  h.run_until([&] { return accepted.size() == 1; });
  CHECK(accepted.size() == 1);
  second.socket = h.net.connect_tcp(h.bell, here.address, (*listener)->local(), second.handlers());
  h.run_until([&] { return !second.ends.empty(); });
  CHECK(second.ends.size() == 1);
  CHECK(accepted.size() == 1);
  CHECK(first.ends.empty());
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &before) == 0);
}
