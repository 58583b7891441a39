#include "protocols/sip/via.hpp"

#include "protocols/sip/limits.hpp"
#include "protocols/sip/typed_headers.hpp"
#include "tests/protocols/sip/sip_text.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <string_view>
#include <vector>

using namespace tandem::sip;
using tandem::test::sip_text;
using tandem::test::with_header;

TEST_CASE("Via: parts and parameters (RFC 3261 §20.42, RFC 3581 §3)", "[sip][via]") {
  auto read = [](std::string_view text) {
    via v;
    REQUIRE(take_via(text, v));

    CHECK(text.empty());
    return v;
  };
  auto v = read("SIP/2.0/UDP pc33.atlanta.com:5066;branch=z9hG4bK776asdhds;rport;ttl=16"
                ";maddr=224.2.0.1;received=192.0.2.1;x=\"a;b,c\"");
  CHECK(v.protocol_name == "SIP");
  CHECK(v.protocol_version == "2.0");
  CHECK(v.transport == via_transport::udp);
  CHECK(v.transport_name == "UDP");
  CHECK(v.host == "pc33.atlanta.com");
  CHECK(v.port == 5066);
  CHECK(v.branch == "z9hG4bK776asdhds");
  CHECK(v.has_unique_branch());
  CHECK(v.rport_is == rport_form::requested);
  CHECK(v.ttl == 16);
  CHECK(v.maddr == "224.2.0.1");
  CHECK(v.received == "192.0.2.1");
  CHECK(v.parameters.find("X")->value == "a;b,c");
  CHECK(v.parameters.find("y") == std::nullopt);

  v = read("SIP / 2.0 / TCP first.example.com: 4000;ttl=16 ;maddr=224.2.0.1 ;branch=a7c6a8dlze.1");
  CHECK(v.transport == via_transport::tcp);
  CHECK(v.port == 4000);
  CHECK_FALSE(v.has_unique_branch());

  v = read("sip/2.0/tls [2001:db8::9:1];received=2001:db8::9:255;branch=z9hG4bK;rport=65535");
  CHECK(v.transport == via_transport::tls);
  CHECK(v.host == "[2001:db8::9:1]");
  CHECK(v.port == 0);
  CHECK(v.port_or_default() == 5061);
  CHECK(v.received == "2001:db8::9:255");
  CHECK(v.rport_is == rport_form::valued);
  CHECK(v.rport == 65535);
  CHECK_FALSE(v.has_unique_branch()); // RFC 4475 §3.2.1: the bare cookie

  v = read("  SIP/2.0/WSS df7jal23ls0d.invalid ; branch = z9hG4bKa  ");
  CHECK(v.text == "SIP/2.0/WSS df7jal23ls0d.invalid ; branch = z9hG4bKa");
  CHECK(v.transport == via_transport::wss);
  CHECK(v.branch == "z9hG4bKa");
  CHECK(read("SIP/2.0/WS h").transport == via_transport::ws);
  CHECK(read("SIP/2.0/SCTP h").transport == via_transport::sctp);
  CHECK(read("SIP/2.0/UDP h").port_or_default() == 5060);
  CHECK(read("SIP/2.0/UDP h;rport").parameters.text == ";rport");
}

TEST_CASE("Via: malformed (RFC 3261 §25.1)", "[sip][via]") {
  const std::vector<std::string_view> table = {
      "",
      "h",
      "SIP/2.0",
      "SIP/2.0/UDP",
      "SIP/2.0/UDP ",
      "SIP/2.0/UDPh;branch=x",
      "SIP//UDP h",
      "/2.0/UDP h",
      "SIP/2.0/UDP ;branch=x",
      "SIP/2.0/UDP h:",
      "SIP/2.0/UDP h:0",
      "SIP/2.0/UDP h:65536",
      "SIP/2.0/UDP h:x",
      "SIP/2.0/UDP h h",
      "SIP/2.0/UDP [::1",
      "SIP/2.0/UDP h;",
      "SIP/2.0/UDP h;;branch=x",
      "SIP/2.0/UDP h;branch=",
      "SIP/2.0/UDP h;=x",
      "SIP/2.0/UDP h;branch=x;branch=y",
      "SIP/2.0/UDP h;branch",
      "SIP/2.0/UDP h;branch=\"x\"",
      "SIP/2.0/UDP h;rport=65536",
      "SIP/2.0/UDP h;rport=x",
      "SIP/2.0/UDP h;rport;rport",
      "SIP/2.0/UDP h;ttl=256",
      "SIP/2.0/UDP h;ttl=1;ttl=1",
      "SIP/2.0/UDP h;ttl",
      "SIP/2.0/UDP h;received=name",
      "SIP/2.0/UDP h;x=\"y",
      "SIP/2.0/UDP h,",
      "SIP/2.0/UDP h;branch=x y",
  };
  for (const auto text : table) {
    INFO(text);
    auto list = text;
    via v;
    CHECK_FALSE(take_via(list, v));
  }
  CHECK(parse_via_start("SIP/2.0/UDP h:5070;;,")->port == 5070);
  CHECK_FALSE(parse_via_start("SIP/2.0/UDP ;;"));
}

TEST_CASE("Via: lines and commas are one list (RFC 3261 §7.3.1)", "[sip][via]") {
  const auto m = tandem::test::parsed(sip_text(
      {"OPTIONS sip:x SIP/2.0", "Via: SIP/2.0/UDP a , SIP/2.0/UDP b", "v: SIP/2.0/UDP c"}));
  const auto vias = read_vias(*m);
  REQUIRE(vias);
  REQUIRE(vias->size() == 3);
  CHECK((*vias)[0].text == "SIP/2.0/UDP a");
  CHECK((*vias)[1].host == "b");
  CHECK((*vias)[2].host == "c");
  CHECK(read_top_via(*m)->host == "a");

  CHECK(read_vias(*with_header("X: y")).error().code == header_errc::missing);
  CHECK(read_top_via(*with_header("X: y")).error().code == header_errc::missing);
  for (const auto* bad : {"Via:", "Via: x", "Via: SIP/2.0/UDP a,", "Via: ,SIP/2.0/UDP a"})
    CHECK(read_vias(*with_header(bad)).error()
          == header_error{header_id::via, header_errc::malformed});
}

TEST_CASE("Via limits: elements, at n and n + 1", "[sip][via][limits]") {
  const auto with = [](std::size_t n) {
    std::string line = "Via: SIP/2.0/UDP h";
    for (std::size_t i = 1; i < n; ++i)
      line.append(",SIP/2.0/UDP h");
    return with_header(line);
  };
  CHECK(read_vias(*with(max_vias))->size() == max_vias);
  CHECK(read_vias(*with(max_vias + 1)).error().code == header_errc::too_many);
}
