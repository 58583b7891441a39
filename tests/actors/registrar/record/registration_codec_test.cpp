// A registration as bytes: read back as it was, aged by the right clock, and never by force.
#include "actors/registrar/record/registration_codec.hpp"

#include "actors/registrar/record/limits.hpp"

#include <catch2/catch.hpp>

#include <random>

using namespace std::chrono_literals;

using namespace tandem;
using namespace tandem::actors;

namespace {

registration_record sample() {
  registration_record r;
  r.user = "1001";
  r.user_agent = "phone/1.0";
  r.since_register = 3s;
  r.written = {"boot-a", time_point{1000s}, wall_time{50'000s}};
  r.bindings.bindings = {
      {"sip:1001@127.0.0.1:5070",
       "call-1",
       {1, *parse_ip_endpoint("127.0.0.1:5070")},
       60s,
       120,
       7,
       {},
       ";+sip.instance=\"<urn:uuid:1>\""},
      {"sip:1001@[::1]:5070", "call-2", {0, *parse_ip_endpoint("[::1]:6000")}, 3600s, 3600, 1, 0}};
  return r;
}

} // namespace

TEST_CASE("registration record: every field comes back", "[registrar]") {
  const auto r = sample();
  const auto read = decode_registration(encode_registration(r));
  REQUIRE(read);
  CHECK(*read == r);
  registration_record bare;
  bare.user = "u";
  CHECK(decode_registration(encode_registration(bare)) == bare);
}

TEST_CASE("registration record: the most that a user can have fits, one byte more does not",
          "[registrar]") {
  auto r = sample();
  r.user = std::string(256, 'u');
  r.user_agent = std::string(limits::user_agent_bytes, 'a');
  auto b = r.bindings.bindings.back();
  b.uri = std::string(sip::max_binding_uri_bytes, 'u');
  b.call_id = std::string(sip::max_binding_call_id_bytes, 'c');
  b.parameters = std::string(sip::max_binding_parameter_bytes, 'p');
  r.bindings.bindings.assign(sip::max_bindings, b);
  const auto bytes = encode_registration(r);
  CHECK(bytes.size() <= limits::registration_bytes);
  CHECK(decode_registration(bytes) == r);
  r.bindings.bindings.push_back(b);
  CHECK_FALSE(decode_registration(encode_registration(r)));
  r = sample();
  r.bindings.bindings.front().uri = std::string(sip::max_binding_uri_bytes + 1, 'u');
  CHECK_FALSE(decode_registration(encode_registration(r)));
  r = sample();
  r.bindings.bindings.front().parameters = std::string(sip::max_binding_parameter_bytes + 1, 'p');
  CHECK_FALSE(decode_registration(encode_registration(r)));
  r = sample();
  r.user_agent = std::string(limits::user_agent_bytes + 1, 'a');
  CHECK_FALSE(decode_registration(encode_registration(r)));
}

TEST_CASE("registration record: time that passed on disk counts", "[registrar]") {
  const auto r = sample();
  struct row {
    const char* what;
    moment now;
    duration passed;
  };
  for (const auto& [what, now, passed] :
       {row{"same boot", {"boot-a", time_point{1010s}, wall_time{50'010s}}, 10s},
        row{"same boot, the wall clock jumped",
            {"boot-a", time_point{1010s}, wall_time{90'000s}},
            10s},
        row{"after a reboot", {"boot-b", time_point{5s}, wall_time{50'040s}}, 40s},
        row{"after a reboot, the wall clock went back",
            {"boot-b", time_point{5s}, wall_time{1s}},
            0s},
        row{"the boot clock ran backwards, which none does",
            {"boot-a", time_point{5s}, wall_time{50'020s}},
            20s}}) {
    INFO(what);
    CHECK(time_between(r.written, now) == passed);
    const auto a = aged(r, now);
    REQUIRE(a.bindings.bindings.size() == 2);
    CHECK(a.bindings.bindings[0].remaining == 60s - passed);
    CHECK(a.since_register == 3s + passed);
    CHECK(a.written == now);
  }
  CHECK(aged(r, {"boot-b", time_point{}, wall_time{50'060s}}).bindings.bindings.size() == 1);
  CHECK(aged(r, {"boot-b", time_point{}, wall_time{60'000'000s}}).bindings.bindings.empty());
}

TEST_CASE("registration record: damaged bytes are refused or read, and nothing else happens",
          "[registrar]") {
  const auto good = encode_registration(sample());
  for (std::size_t n = 0; n < good.size(); ++n)
    CHECK_FALSE(decode_registration(std::string_view{good}.substr(0, n)));
  CHECK_FALSE(decode_registration(std::string(limits::registration_bytes + 8, '\0')));
  auto before_1970 = sample(); // the difference to today could overflow
  before_1970.written.wall = wall_time{-1ns};
  CHECK_FALSE(decode_registration(encode_registration(before_1970)));
  before_1970.written.wall = {};
  CHECK(decode_registration(encode_registration(before_1970)));
  std::mt19937 dice{1};
  std::size_t refused = 0;
  for (int i = 0; i < 20'000; ++i) {
    auto bytes = good;
    for (int j = 0; j < 1 + i % 3; ++j)
      bytes[dice() % bytes.size()] = static_cast<char>(dice());
    const auto read = decode_registration(bytes);
    refused += read ? 0 : 1;
    if (read)
      CHECK(read->bindings.bindings.size() <= sip::max_bindings);
    else
      CHECK_FALSE(read.error().empty());
  }
  CHECK(refused > 1000);
}
