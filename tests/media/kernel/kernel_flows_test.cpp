// The program of media/kernel in a real kernel, in namespaces that each test makes for itself.
#include "media/kernel/kernel_flows.hpp"

#include "media/limits.hpp"
#include "media/socket_engine.hpp"
#include "runtime/io/real_clock.hpp"
#include "tests/media/kernel/network.hpp"
#include "tests/media/loopback.hpp"
#include "tests/protocols/rtp/packet_bytes.hpp"

#include <catch2/catch.hpp>
#include <netinet/in.h>
#include <netinet/ip6.h>
#include <netinet/udp.h>
#include <poll.h>

#include <chrono>
#include <cstdio>
#include <cstring>
#include <numeric>
#include <thread>

using namespace tandem;
using namespace tandem::test;
using namespace std::chrono_literals;
using media::direction;
using media::drop;

namespace {

ip_address address(const char* text) {
  return parse_ip_address(text).value();
}

std::string filters_of(const char* interface) {
  std::string text;
  auto* const pipe =
      popen((std::string("tc filter show dev ") + interface + " ingress").c_str(), "r");
  REQUIRE(pipe != nullptr);
  for (int c = std::fgetc(pipe); c != EOF; c = std::fgetc(pipe))
    text += static_cast<char>(c);
  REQUIRE(pclose(pipe) == 0);
  return text;
}

bool has_filter(const char* interface) {
  return filters_of(interface).find("tandem_relay") != std::string::npos;
}

media::engine_settings settings_for(const ip_address& ours, const std::string& interface) {
  media::engine_settings s;
  s.address = ours;
  s.first_port = 20000;
  s.last_port = 20007;
  s.kernel_interfaces = {interface};
  return s;
}

/// The whole engine between two phones that are made before it, wherever they are.
class carried_call {
public:
  carried_call(const ip_address& ours, const std::string& interface, const phone& p, const phone& q)
    : alice(p), bob(q) {
    auto started =
        media::start_socket_engine(settings_for(ours, interface), time_, [](const auto&) {});
    if (!started)
      FAIL(started.error());
    engine = std::move(started->media);
    look = std::move(started->look);
    a = engine->allocate(ours.family, {1, 1}).value();
    b = engine->allocate(ours.family, {1, 1}).value();
    point(a, alice);
    point(b, bob);
    REQUIRE(engine->submit(media::connect{a.id, b.id}));
  }

  void point(const media::slot& s, const phone& p) {
    REQUIRE(engine->submit(
        media::set_remote{s.id, p.rtp.local(), p.rtcp.local(), direction::send_receive, 8000}));
  }
  /// Sends from one phone until the kernel has carried a packet; returns how many were sent, none
  /// of which is under way any more.
  std::uint16_t settle() {
    bool is_heard = false; // before that the slots may not be open yet
    for (std::uint16_t n = 1; n < 2000; ++n) {
      send(n);
      const auto until = time_.now() + (is_heard ? 5s : 100ms);
      bool has_come = false;
      while (!has_come && time_.now() < until)
        if (const auto got = take(10ms)) {
          is_heard = true;
          has_come = got->content == rtp_bytes({.sequence = n});
        }
      if (!has_come || of(a).rtp_packets_carried == 0)
        continue;
      // The worker counts a packet after it has sent it.
      REQUIRE(comes_true([&] { return !take(10ms) && of(a).rtp_packets_received >= came_; }));
      return n;
    }
    FAIL("nothing was carried");
    return 0;
  }
  /// The other phone's next packet.
  std::optional<phone_socket::received> take(std::chrono::milliseconds limit) {
    auto got = bob.rtp.receive_within(limit);
    came_ += got ? 1 : 0;
    return got;
  }
  /// Nothing more of what was sent to the other phone is under way.
  [[nodiscard]] bool have_all_come() {
    return comes_true([&] {
      (void) take(10ms);
      return came_ == of(b).rtp_packets_sent;
    });
  }
  void send(std::uint16_t sequence, std::uint32_t ssrc = 0x11223344) const {
    alice.rtp.send(rtp_bytes({.ssrc = ssrc, .sequence = sequence}), a.rtp);
  }
  [[nodiscard]] media::slot_statistics of(const media::slot& s) const {
    return engine->statistics(s.id).value();
  }
  template <class Condition>
  [[nodiscard]] bool comes_true(Condition condition) const {
    const auto deadline = time_.now() + 5s;
    while (!condition())
      if (time_.now() > deadline)
        return false;
    return true;
  }

  const phone& alice;
  const phone& bob;
  real_clock time_;
  std::unique_ptr<media::engine> engine;
  std::function<media::traffic()> look;
  media::slot a, b;

private:
  std::uint64_t came_ = 0;
};

/// Returns the last sequence number.
std::uint16_t carries(carried_call& c) {
  const auto first = c.settle();
  const auto in = c.of(c.a), out = c.of(c.b);
  for (std::uint16_t n = 1; n <= 100; ++n) {
    c.send(static_cast<std::uint16_t>(first + n));
    const auto got = c.bob.rtp.receive();
    REQUIRE(got);
    CHECK(got->from == c.b.rtp);
    CHECK(got->content == rtp_bytes({.sequence = static_cast<std::uint16_t>(first + n)}));
  }
  const auto now = c.of(c.a);
  CHECK(now.rtp_packets_carried == in.rtp_packets_carried + 100); // not one through a socket
  CHECK(now.rtp_packets_received == in.rtp_packets_received + 100);
  CHECK(now.rtp_bytes_received == in.rtp_bytes_received + 100 * 172);
  CHECK(now.rtp_packets_lost == in.rtp_packets_lost);
  CHECK(c.of(c.b).rtp_packets_sent == out.rtp_packets_sent + 100);
  REQUIRE(c.comes_true([&] { return c.look().received == now.rtp_packets_received; }));
  CHECK(c.look().carried == now.rtp_packets_carried);
  return static_cast<std::uint16_t>(first + 100);
}

std::uint16_t checksum_of(const ip_endpoint& from, const ip_endpoint& to, const bytes& segment) {
  const auto words = [](std::uint32_t sum, const std::uint8_t* at, std::size_t size) {
    for (std::size_t i = 0; i < size; ++i)
      sum += i % 2 == 0 ? std::uint32_t{at[i]} << 8 : at[i];
    return sum;
  };
  const std::size_t size = from.address.family == ip_family::v4 ? 4 : 16;
  auto sum = words(IPPROTO_UDP + static_cast<std::uint32_t>(segment.size()),
                   from.address.bytes.data(), size);
  sum = words(sum, to.address.bytes.data(), size);
  sum = words(sum, segment.data(), segment.size());
  while (sum >> 16 != 0)
    sum = (sum & 0xffffU) + (sum >> 16);
  return static_cast<std::uint16_t>(~sum);
}

/// As a card delivers it: with the checksum in it, not yet looked at.
void send_raw(const ip_endpoint& from, const ip_endpoint& to, const bytes& rtp, int error) {
  bytes segment;
  put_u16(segment, from.port);
  put_u16(segment, to.port);
  put_u16(segment, static_cast<std::uint32_t>(8 + rtp.size()));
  put_u16(segment, 0);
  segment.insert(segment.end(), rtp.begin(), rtp.end());
  const auto sum = static_cast<std::uint16_t>(checksum_of(from, to, segment) + error);
  segment[6] = static_cast<std::uint8_t>(sum >> 8);
  segment[7] = static_cast<std::uint8_t>(sum);
  media::socket_address source, target;
  const auto length = media::write_address({from.address, 0}, source);
  (void) media::write_address({to.address, 0}, target);
  const media::owned_fd raw{socket(source.any.sa_family, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_UDP)};
  REQUIRE(bind(raw.get(), &source.any, length) == 0);
  REQUIRE(sendto(raw.get(), segment.data(), segment.size(), 0, &target.any, length)
          == static_cast<ssize_t>(segment.size()));
}

void keeps_checksums_right(carried_call& c, std::uint16_t last) {
  const auto before = c.of(c.a).rtp_packets_carried;
  const auto next = rtp_bytes({.sequence = static_cast<std::uint16_t>(last + 1)});
  send_raw(c.alice.rtp.local(), c.a.rtp, next, 1);
  send_raw(c.alice.rtp.local(), c.a.rtp, next, 0);
  const auto got = c.bob.rtp.receive();
  REQUIRE(got);
  CHECK(got->content == next);
  CHECK(c.bob.rtp.has_nothing()); // the wrong one is as wrong as it was
  CHECK(c.of(c.a).rtp_packets_carried == before + 2);
}

} // namespace

TEST_CASE("kernel flows: a settled stream is carried past the sockets of loopback", "[media]") {
  const own_network network;
  const auto host = GENERATE(as<std::string>(), "127.0.0.1", "::1");
  const phone alice{address(host.c_str())}, bob{address(host.c_str())};
  carried_call c{address(host.c_str()), "lo", alice, bob};
  CHECK(has_filter("lo"));
  (void) carries(c);
  c.engine.reset();
  CHECK_FALSE(has_filter("lo"));
}

TEST_CASE("kernel flows: checksums are right on the way out", "[media]") {
  const own_network network;
  const auto host = GENERATE(as<std::string>(), "127.0.0.1", "::1");
  const phone alice{address(host.c_str())}, bob{address(host.c_str())};
  carried_call c{address(host.c_str()), "lo", alice, bob};
  keeps_checksums_right(c, c.settle());
}

TEST_CASE("kernel flows: a settled stream turns round at a card", "[media]") {
  const own_network phones_side;
  const own_network node_side;
  shell("ip link add v0 type veth peer name v1 netns " + phones_side.path());
  phones_side.enter();
  shell("ip link set v1 up");
  node_side.enter();
  shell(
      "ip link set v0 up && ip addr add 10.0.0.1/24 dev v0 && ip addr add fd00::1/64 dev v0 nodad");
  phones_side.enter();
  shell("ip addr add 10.0.0.2/24 dev v1 && ip addr add 10.0.0.3/24 dev v1");
  shell("ip addr add fd00::2/64 dev v1 nodad && ip addr add fd00::3/64 dev v1 nodad");
  const bool is_v6 = GENERATE(false, true);
  const phone alice{address(is_v6 ? "fd00::2" : "10.0.0.2")};
  const phone bob{address(is_v6 ? "fd00::3" : "10.0.0.3")};
  node_side.enter();
  carried_call c{address(is_v6 ? "fd00::1" : "10.0.0.1"), "v0", alice, bob};
  const auto last = carries(c);
  phones_side.enter(); // raw packets start there
  keeps_checksums_right(c, last);
}

TEST_CASE("port pool: an unparked IPv6 socket hears addresses other than its own", "[media]") {
  const own_network network;
  shell("ip addr add fd00::1 dev lo nodad && ip addr add fd00::2 dev lo nodad");
  auto settings = settings_for(address("fd00::1"), "lo");
  auto pool = media::bind_pool(settings, media::plan_pool(settings, 20000).value());
  REQUIRE(pool);
  const auto& pair = pool->pairs.front();
  const phone_socket stranger{{address("fd00::2"), 0}};
  std::array<char, 8> got;
  stranger.send(rtp_bytes({}), pair.rtp_local);
  CHECK(recv(pair.rtp.get(), got.data(), got.size(), MSG_DONTWAIT) < 0);
  REQUIRE(media::unpark(pair.rtp.get(), pair.rtp_local.address.family));
  stranger.send(rtp_bytes({}), pair.rtp_local);
  pollfd readable{pair.rtp.get(), POLLIN, 0};
  CHECK(poll(&readable, 1, 5000) == 1);
  CHECK(recv(pair.rtp.get(), got.data(), got.size(), MSG_DONTWAIT) == 8);
  REQUIRE(media::park(pair.rtp.get(), pair.rtp_local));
  stranger.send(rtp_bytes({}), pair.rtp_local);
  CHECK(recv(pair.rtp.get(), got.data(), got.size(), MSG_DONTWAIT) < 0);
}

TEST_CASE("kernel flows: what does not match exactly goes to the socket", "[media]") {
  const own_network network;
  const phone alice{address("127.0.0.1")}, bob{address("127.0.0.1")}, mallory{address("127.0.0.1")};
  carried_call c{address("127.0.0.1"), "lo", alice, bob};
  const auto first = c.settle();
  const auto carried = c.of(c.a).rtp_packets_carried;

  SECTION("a third party's packet, which is refused there") {
    mallory.rtp.send(rtp_bytes({.sequence = static_cast<std::uint16_t>(first + 1)}), c.a.rtp);
    REQUIRE(c.comes_true([&] { return c.of(c.a).dropped_for(drop::wrong_source) == 1; }));
    CHECK(bob.rtp.has_nothing());
    c.send(static_cast<std::uint16_t>(first + 1));
    CHECK(bob.rtp.receive());
    CHECK(mallory.rtp.has_nothing());
    CHECK(c.of(c.a).rtp_packets_carried == carried + 1);
  }
  SECTION("another SSRC") {
    c.send(7, 99);
    CHECK(bob.rtp.receive());
    CHECK(c.comes_true([&] { return c.of(c.a).ssrc == 99; }));
    CHECK(c.of(c.a).rtp_packets_carried == carried);
  }
  SECTION("a jump in the numbers (RFC 3550 A.1)") {
    c.send(static_cast<std::uint16_t>(first + 3000));
    CHECK(bob.rtp.receive());
    CHECK(c.of(c.a).rtp_packets_carried == carried);
    c.send(static_cast<std::uint16_t>(first + 2999 - 1));
    CHECK(bob.rtp.receive());
  }
  SECTION("RTCP and what is not RTP") {
    alice.rtcp.send(rtcp_bytes(1), c.a.rtcp);
    CHECK(bob.rtcp.receive());
    alice.rtp.send(rtcp_bytes(0x11223344), c.a.rtp);
    REQUIRE(c.comes_true([&] { return c.of(c.a).dropped_for(drop::not_rtp) == 1; }));
    CHECK(c.of(c.a).rtp_packets_carried == carried);
  }
  SECTION("longer than a datagram may be") {
    auto most = rtp_bytes({.sequence = static_cast<std::uint16_t>(first + 1)});
    most.resize(media::limits::datagram_bytes);
    alice.rtp.send(most, c.a.rtp);
    CHECK(bob.rtp.receive());
    CHECK(c.of(c.a).rtp_packets_carried == carried + 1);
    most.resize(media::limits::datagram_bytes + 1);
    alice.rtp.send(most, c.a.rtp);
    REQUIRE(c.comes_true([&] { return c.of(c.a).dropped_for(drop::oversize) == 1; }));
    CHECK(bob.rtp.has_nothing());
  }
}

TEST_CASE("kernel flows: hold stops the flow", "[media]") {
  const own_network network;
  const phone alice{address("127.0.0.1")}, bob{address("127.0.0.1")};
  carried_call c{address("127.0.0.1"), "lo", alice, bob};
  auto next = c.settle();
  REQUIRE(c.engine->submit(media::set_direction{c.a.id, direction::inactive}));
  // Heard, counted, passed on to nobody.
  REQUIRE(c.comes_true([&] {
    c.send(++next);
    (void) c.take(10ms);
    return c.of(c.a).dropped_for(drop::not_allowed) != 0;
  }));
  REQUIRE(c.have_all_come()); // of before the command was carried out
  c.send(++next);
  REQUIRE(c.comes_true([&] { return c.of(c.a).dropped_for(drop::not_allowed) >= 2; }));
  CHECK(bob.rtp.has_nothing());
}

TEST_CASE("kernel flows: each hop costs one of the packet's (RFC 791 §3.2)", "[media]") {
  const own_network network;
  const phone alice{address("127.0.0.1")}, bob{address("127.0.0.1")};
  carried_call c{address("127.0.0.1"), "lo", alice, bob};
  const auto first = c.settle();
  for (const int hops : {1, 2}) {
    REQUIRE(setsockopt(alice.rtp.fd(), IPPROTO_IP, IP_TTL, &hops, sizeof hops) == 0);
    c.send(static_cast<std::uint16_t>(first + 1));
  }
  CHECK(bob.rtp.receive());
  CHECK(bob.rtp.has_nothing());
  REQUIRE(c.comes_true([&] { return c.of(c.a).dropped_for(drop::send_failed) == 1; }));
}

TEST_CASE("kernel flows: a flood is cut at packets_per_second", "[media]") {
  const own_network network;
  const phone alice{address("127.0.0.1")}, bob{address("127.0.0.1")};
  carried_call c{address("127.0.0.1"), "lo", alice, bob};
  auto next = c.settle();
  REQUIRE(c.comes_true([&] { // more than a second's share, however slow the machine
    for (std::uint32_t i = 0; i < media::limits::packets_per_second; ++i) {
      c.send(++next);
      (void) bob.rtp.receive(MSG_DONTWAIT);
    }
    return c.of(c.a).dropped_for(drop::flood) != 0;
  }));
}

TEST_CASE("kernel flows: a table holds its limit and not one more", "[media]") {
  const own_network network;
  const real_clock time;
  auto opened = media::open_kernel_flows({"lo"}, {address("127.0.0.1"), 20000, 29999}, time.now());
  if (!opened)
    FAIL(opened.error());
  const auto flow_of = [](std::size_t i) {
    const ip_endpoint phone{address("127.0.0.2"), static_cast<std::uint16_t>(1024 + i)};
    return media::flow{{{address("127.0.0.1"), 20000}, phone},
                       {address("127.0.0.1"), 20002},
                       phone,
                       8000,
                       1000,
                       0,
                       {}};
  };
  for (std::size_t i = 0; i < media::limits::kernel_flows; ++i)
    REQUIRE(opened->table->install(flow_of(i)));
  CHECK_FALSE(opened->table->install(flow_of(media::limits::kernel_flows)));
  REQUIRE(opened->table->remove(flow_of(0).name));
  CHECK(opened->table->install(flow_of(media::limits::kernel_flows)));
  CHECK_FALSE(opened->table->install(flow_of(1))); // taken
}

TEST_CASE("kernel flows: another node's filter is left alone", "[media]") {
  const own_network network;
  const real_clock time;
  const auto start = [&](std::uint16_t port) {
    auto opened = media::open_kernel_flows(
        {"lo"}, {address("127.0.0.1"), port, static_cast<std::uint16_t>(port + 7)}, time.now());
    if (!opened)
      FAIL(opened.error());
    return std::move(*opened);
  };
  auto one = start(20000);
  {
    const auto two = start(30000);
    CHECK(two.inherited.empty());
  }
  CHECK(has_filter("lo"));
  one.table.reset();
  CHECK_FALSE(has_filter("lo"));
}

TEST_CASE("kernel flows: what is missing is said", "[media]") {
  const own_network network;
  const real_clock time;
  const auto opened =
      media::open_kernel_flows({"nowhere0"}, {address("127.0.0.1"), 20000, 29999}, time.now());
  REQUIRE_FALSE(opened);
  CHECK(opened.error() == "[media] kernel_interfaces: interface \"nowhere0\": No such device");
}
