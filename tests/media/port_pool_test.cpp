#include "media/port_pool.hpp"

#include "tests/media/loopback.hpp"

#include <catch2/catch.hpp>

#include <cstdio>
#include <fstream>
#include <string>
#include <vector>

using namespace tandem;
using namespace tandem::test;
using media::limits::descriptors_kept;

namespace {

media::engine_settings ports(std::uint16_t first, std::uint16_t last) {
  media::engine_settings s;
  s.address = own_loopback();
  s.first_port = first;
  s.last_port = last;
  return s;
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

} // namespace

TEST_CASE("RFC 3550 §11: pairs of an even port and the next", "[media]") {
  struct row {
    std::uint16_t first, last;
    std::size_t pairs; // 0: refused
  };
  const std::vector<row> rows{
      {20000, 29999, 5000}, {20000, 20001, 1}, {20001, 20003, 1}, {20001, 20002, 0},
      {20000, 20000, 0},    {20002, 20001, 0}, {65534, 65535, 1}, {65535, 65535, 0},
  };
  for (const auto& r : rows) {
    INFO(r.first << "-" << r.last);
    const auto plan = media::plan_pool(ports(r.first, r.last), 20000);
    CHECK(plan.has_value() == (r.pairs > 0));
    if (plan)
      CHECK(plan->pairs == r.pairs);
  }
}

TEST_CASE("limits: as many pairs as the limit of open files leaves", "[media]") {
  auto s = ports(20000, 29999);
  const std::size_t enough = 10000 + descriptors_kept;
  CHECK(media::plan_pool(s, enough)->warning.empty());
  const auto less = media::plan_pool(s, enough - 1);
  REQUIRE(less);
  CHECK(less->pairs == 4999);
  for (const auto* part :
       {"ports = [20000, 29999]", "10000 sockets", "RLIMIT_NOFILE", "11024", "4999 of 5000"}) {
    INFO(less->warning);
    CHECK(contains(less->warning, part));
  }
  s.address6 = parse_ip_address("::1");
  CHECK(media::plan_pool(s, 20000)->pairs == (20000 - descriptors_kept) / 4);
}

TEST_CASE("limits: least_pairs, and one less is refused with what to set", "[media]") {
  const auto s = ports(20000, 29999);
  const auto least = descriptors_kept + 2 * media::limits::least_pairs;
  CHECK(media::plan_pool(s, least)->pairs == media::limits::least_pairs);
  const auto refused = media::plan_pool(s, least - 1);
  REQUIRE_FALSE(refused);
  CHECK(contains(refused.error(), "RLIMIT_NOFILE"));
  CHECK(contains(refused.error(), "ulimit -Hn"));
  CHECK_FALSE(media::plan_pool(s, 256));
  CHECK(media::plan_pool(ports(20000, 20003), descriptors_kept + 4)); // who asks for few gets few
}

TEST_CASE("settings that cannot work are refused with a sentence", "[media]") {
  struct row {
    std::string what, said;
    media::engine_settings settings;
  };
  std::vector<row> rows(6, row{"", "", ports(20000, 20099)});
  rows[0].what = "0.0.0.0", rows[0].said = "that phones can reach";
  rows[0].settings.address = parse_ip_address("0.0.0.0").value();
  rows[1].what = "address6 ::", rows[1].said = "that phones can reach";
  rows[1].settings.address6 = parse_ip_address("::");
  rows[2].what = "address6 of IPv4", rows[2].said = "must be an IPv6";
  rows[2].settings.address6 = parse_ip_address("127.0.0.1");
  rows[3].what = "no worker", rows[3].said = "workers must be 1 to 64";
  rows[3].settings.workers = 0;
  rows[4].what = "too many workers", rows[4].said = "workers must be 1 to 64";
  rows[4].settings.workers = media::limits::most_workers + 1;
  rows[5].what = "more workers than pairs", rows[5].said = "fewer than there are media workers";
  rows[5].settings.workers = 51;
  for (const auto& r : rows) {
    INFO(r.what);
    const auto plan = media::plan_pool(r.settings, 20000);
    REQUIRE_FALSE(plan);
    INFO(plan.error());
    CHECK(contains(plan.error(), r.said));
  }
}

TEST_CASE("pool: a port that another process holds is left out with a warning", "[media]") {
  auto s = ports(22000, 22005);
  const phone_socket holder{{s.address, 22003}}; // the RTCP port of the second pair
  const auto plan = media::plan_pool(s, 20000);
  auto pool = media::bind_pool(s, *plan);
  REQUIRE_FALSE(pool); // two of three: below what was asked for and below least_pairs
  CHECK(contains(pool.error(), "2 of 3 RTP port pairs"));
  s.last_port = 22000 + 2 * media::limits::least_pairs + 1;
  const auto wider = media::plan_pool(s, 20000);
  pool = media::bind_pool(s, *wider);
  REQUIRE(pool);
  CHECK(pool->pairs.size() == media::limits::least_pairs);
  REQUIRE(pool->warnings.size() == 1);
  CHECK(contains(pool->warnings[0], "1 RTP port pairs from " + to_string(s.address) + ":22002"));
  for (const auto& p : pool->pairs)
    CHECK(p.rtp_local.port % 2 == 0);
}

TEST_CASE("pool: a parked socket buffers nothing, unparked it hears everybody", "[media]") {
  const auto s = ports(22100, 22101);
  auto pool = media::bind_pool(s, *media::plan_pool(s, 20000));
  REQUIRE(pool);
  const auto& pair = pool->pairs[0];
  const phone_socket sender;
  const auto waiting = [&] {
    std::array<char, 8> b;
    return recv(pair.rtp.get(), b.data(), b.size(), MSG_DONTWAIT) >= 0;
  };
  sender.send(bytes{1}, pair.rtp_local);
  CHECK_FALSE(waiting());
  REQUIRE(media::unpark(pair.rtp.get(), pair.rtp_local.address.family));
  CHECK_FALSE(waiting());
  const ip_endpoint bound_to = pair.rtp_local;
  sender.send(bytes{2}, bound_to); // still bound to the same port
  const phone_socket other;
  other.send(bytes{3}, bound_to);
  CHECK(waiting());
  CHECK(waiting());
  CHECK_FALSE(waiting());
  sender.send(bytes{4}, bound_to);
  REQUIRE(media::park(pair.rtp.get(), bound_to));
  sender.send(bytes{5}, bound_to);
  REQUIRE(media::unpark(pair.rtp.get(), pair.rtp_local.address.family));
  CHECK_FALSE(waiting()); // 4 was there before the parking: thrown away by it
}

// Loopback has no second IPv6 address to send from, so it is seen in what the kernel shows of the
// socket: port, then the 32 digits of the only address that it would hear.
TEST_CASE("pool: an unparked IPv6 socket is tied to no address", "[media]") {
  media::engine_settings s;
  s.address = *parse_ip_address("::1"); // one address for all processes: as in relay_fixture
  s.first_port = static_cast<std::uint16_t>(64200 + 2 * (getpid() % 600));
  s.last_port = static_cast<std::uint16_t>(s.first_port + 1);
  auto pool = media::bind_pool(s, *media::plan_pool(s, 20000));
  REQUIRE(pool);
  const auto& pair = pool->pairs[0];
  const phone_socket sender{{s.address, 0}};
  const auto waiting = [&] {
    std::array<char, 8> b;
    return recv(pair.rtp.get(), b.data(), b.size(), MSG_DONTWAIT) >= 0;
  };
  sender.send(bytes{1}, pair.rtp_local);
  CHECK_FALSE(waiting());
  REQUIRE(media::unpark(pair.rtp.get(), pair.rtp_local.address.family));
  sender.send(bytes{2}, pair.rtp_local);
  pollfd readable{pair.rtp.get(), POLLIN, 0};
  CHECK(poll(&readable, 1, 5000) == 1);
  CHECK(waiting());
  std::ifstream sockets{"/proc/self/net/udp6"};
  char port[8];
  std::snprintf(port, sizeof port, ":%04X ", s.first_port);
  std::string line;
  while (std::getline(sockets, line) && line.find(port) == line.npos) {
  }
  CHECK(contains(line, port + std::string(32, '0') + ":0000 "));
  REQUIRE(media::park(pair.rtp.get(), pair.rtp_local));
  sender.send(bytes{3}, pair.rtp_local);
  CHECK_FALSE(waiting());
}
