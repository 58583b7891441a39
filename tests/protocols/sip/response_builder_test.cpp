#include "protocols/sip/response_builder.hpp"

#include "protocols/sip/typed_headers.hpp"
#include "tests/protocols/sip/sip_text.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <string_view>
#include <vector>

using namespace tandem;
using namespace tandem::sip;
using tandem::test::parsed;
using tandem::test::sip_text;

namespace {

ip_endpoint endpoint(std::string_view text) {
  return *parse_ip_endpoint(text);
}

message_ptr request(std::string_view via, std::string_view start = "INVITE sip:b@h SIP/2.0",
                    std::string_view to = "To: <sip:b@h>") {
  return parsed(sip_text({start, "v: " + std::string{via}, "Record-Route: <sip:p1;lr>",
                          "From: A <sip:a@h>;tag=1", "Record-Route: <sip:p2;lr>, <sip:p3;lr>", to,
                          "i: call", "CSeq: 7 INVITE", "Timestamp: 54.2", "Subject: no"}));
}

std::string respond(const message& to, const response_head& head) {
  message_writer w;
  begin_response(w, to, head);
  return *w.finish();
}

} // namespace

TEST_CASE("response: what is copied from the request (RFC 3261 §8.2.6, §12.1.1)",
          "[sip][response]") {
  const auto source = endpoint("192.0.2.1:5060");
  const auto invite =
      request("SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKx, SIP/2.0/UDP next\r\nVia: SIP/2.0/UDP last");
  const std::string vias = "Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKx, SIP/2.0/UDP next\r\n"
                           "Via: SIP/2.0/UDP last\r\n";
  const std::string routes =
      "Record-Route: <sip:p1;lr>\r\nRecord-Route: <sip:p2;lr>, <sip:p3;lr>\r\n";
  const std::string from = "From: A <sip:a@h>;tag=1\r\n";
  const std::string tail = "Call-ID: call\r\nCSeq: 7 INVITE\r\n";
  const std::string end = "Content-Length: 0\r\n\r\n";
  CHECK(respond(*invite, {180, {}, "ours", source})
        == "SIP/2.0 180 Ringing\r\n" + vias + routes + from + "To: <sip:b@h>;tag=ours\r\n" + tail
               + end);
  CHECK(respond(*invite, {299, {}, "ours", source}).find(routes) != std::string::npos);
  CHECK(respond(*invite, {404, "No Bob", "ours", source})
        == "SIP/2.0 404 No Bob\r\n" + vias + from + "To: <sip:b@h>;tag=ours\r\n" + tail + end);
  CHECK(respond(*invite, {100, {}, "ours", source}) // no tag, but Timestamp
        == "SIP/2.0 100 Trying\r\n" + vias + from + "To: <sip:b@h>\r\n" + tail
               + "Timestamp: 54.2\r\n" + end);
  CHECK(respond(*invite, {200, {}, "", source}).find("To: <sip:b@h>\r\n") != std::string::npos);

  const auto within =
      request("SIP/2.0/UDP 192.0.2.1", "BYE sip:b@h SIP/2.0", "To: <sip:b@h> ; tag=2");
  const auto ok = respond(*within, {200, {}, "ours", source});
  CHECK(ok.find("To: <sip:b@h> ; tag=2\r\n") != std::string::npos);
  CHECK(ok.find("Record-Route") == std::string::npos); // BYE creates no dialog
  CHECK(ok.find("Timestamp") == std::string::npos);
}

TEST_CASE("response: the top Via is stamped (RFC 3261 §18.2.1, RFC 3581 §4)", "[sip][response]") {
  struct row {
    std::string_view via, source, stamped;
  };
  const std::vector<row> table = {
      {"SIP/2.0/UDP 192.0.2.1", "192.0.2.1:5070", "SIP/2.0/UDP 192.0.2.1"},
      {"SIP/2.0/UDP 192.0.2.1:5060", "192.0.2.2:5060",
       "SIP/2.0/UDP 192.0.2.1:5060;received=192.0.2.2"},
      {"SIP/2.0/UDP h;branch=x", "192.0.2.1:5060", "SIP/2.0/UDP h;branch=x;received=192.0.2.1"},
      {"SIP/2.0/UDP 192.0.2.1;rport;branch=x", "192.0.2.1:5070",
       "SIP/2.0/UDP 192.0.2.1;branch=x;received=192.0.2.1;rport=5070"},
      {"SIP/2.0/UDP h ;branch=x ; rport , SIP/2.0/UDP next", "192.0.2.1:5070",
       "SIP/2.0/UDP h ;branch=x;received=192.0.2.1;rport=5070, SIP/2.0/UDP next"},
      {"SIP/2.0/UDP [2001:db8::1]:5060", "[2001:db8::1]:5060", "SIP/2.0/UDP [2001:db8::1]:5060"},
      {"SIP/2.0/UDP [2001:db8::1];rport", "[2001:db8::2]:5060",
       "SIP/2.0/UDP [2001:db8::1];received=2001:db8::2;rport=5060"},
      // claims of the client are not passed on
      {"SIP/2.0/UDP h;received=192.0.2.66;branch=x;rport=66;y", "192.0.2.1:5070",
       "SIP/2.0/UDP h;branch=x;y;received=192.0.2.1;rport=5070"},
      {"SIP/2.0/UDP 192.0.2.1;received=192.0.2.66", "192.0.2.1:5070", "SIP/2.0/UDP 192.0.2.1"},
      // a broken one goes back as it came
      {"SIP/2.0/UDP 192.0.2.15;;,;,,", "192.0.2.1:5070", "SIP/2.0/UDP 192.0.2.15;;,;,,"},
  };
  for (const auto& r : table) {
    INFO(r.via << " from " << r.source);
    const auto text = respond(*request(r.via), {200, {}, "t", endpoint(r.source)});
    CHECK(parsed(text)->header(header_id::via) == r.stamped);
  }
}

TEST_CASE("response: where it goes (RFC 3261 §18.2.2, RFC 3581 §4)", "[sip][response]") {
  struct row {
    std::string_view via, source, destination;
  };
  const std::vector<row> table = {
      {"SIP/2.0/UDP 192.0.2.1", "192.0.2.1:5070", "192.0.2.1:5060"},
      {"SIP/2.0/UDP 192.0.2.1:5080", "192.0.2.1:5070", "192.0.2.1:5080"},
      {"SIP/2.0/UDP name.example:5080", "192.0.2.1:5070", "192.0.2.1:5080"},
      {"SIP/2.0/UDP 192.0.2.1:5080;rport", "192.0.2.9:5070", "192.0.2.9:5070"},
      {"SIP/2.0/UDP 192.0.2.1:5080;received=192.0.2.66", "192.0.2.9:5070", "192.0.2.9:5080"},
      {"SIP/2.0/UDP h:5080;maddr=224.2.0.1;rport", "192.0.2.9:5070", "224.2.0.1:5080"},
      {"SIP/2.0/UDP h;maddr=[2001:db8::5]", "192.0.2.9:5070", "[2001:db8::5]:5060"},
      {"SIP/2.0/UDP h;maddr=name.example", "192.0.2.9:5070", "192.0.2.9:5060"},
      {"SIP/2.0/TLS h", "[::1]:5070", "[::1]:5060"},
      {"SIP/2.0/UDP h:5080;;,;,,", "192.0.2.9:5070", "192.0.2.9:5080"},
      {"SIP/2.0/UDP h;;,;,,", "192.0.2.9:5070", "192.0.2.9:5070"},
      {"unreadable", "192.0.2.9:5070", "192.0.2.9:5070"},
  };
  for (const auto& r : table) {
    INFO(r.via << " from " << r.source);
    CHECK(to_string(response_destination(*request(r.via), endpoint(r.source))) == r.destination);
  }
}

TEST_CASE("response: to what could not be parsed in full (RFC 4475 §3.1.2, §3.3.1)",
          "[sip][response]") {
  const auto broken = parse_message(
      sip_text({"INVITE  sip:x SIP/2.0", "Via: SIP/2.0/UDP h;rport", "To: \"x <sip:b@h>", "t: y"}));
  REQUIRE_FALSE(broken);
  REQUIRE(broken.error().answerable());
  CHECK(respond(*broken.error().partial,
                {broken.error().status, broken.error().reason, "ours", endpoint("192.0.2.1:5070")})
        == "SIP/2.0 400 Bad Request-Line\r\n"
           "Via: SIP/2.0/UDP h;received=192.0.2.1;rport=5070\r\n"
           "To: \"x <sip:b@h>\r\n"
           "Content-Length: 0\r\n\r\n");
}
