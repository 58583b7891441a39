#include "protocols/sip/uri.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <string_view>
#include <vector>

using namespace tandem::sip;

TEST_CASE("uri: parts (RFC 3261 §19.1.1)", "[sip][uri]") {
  struct row {
    std::string_view text;
    uri_scheme scheme;
    std::string_view user, password, host;
    std::uint16_t port;
    std::string_view parameters, headers;
  };
  const std::vector<row> table = {
      // §19.1.3
      {"sip:alice@atlanta.com", uri_scheme::sip, "alice", "", "atlanta.com", 0, "", ""},
      {"sip:alice:secretword@atlanta.com;transport=tcp", uri_scheme::sip, "alice", "secretword",
       "atlanta.com", 0, ";transport=tcp", ""},
      {"sips:alice@atlanta.com?subject=project%20x&priority=urgent", uri_scheme::sips, "alice", "",
       "atlanta.com", 0, "", "subject=project%20x&priority=urgent"},
      {"sip:+1-212-555-1212:1234@gateway.com;user=phone", uri_scheme::sip, "+1-212-555-1212",
       "1234", "gateway.com", 0, ";user=phone", ""},
      {"sips:1212@gateway.com", uri_scheme::sips, "1212", "", "gateway.com", 0, "", ""},
      {"sip:alice@192.0.2.4", uri_scheme::sip, "alice", "", "192.0.2.4", 0, "", ""},
      {"sip:atlanta.com;method=REGISTER?to=alice%40atlanta.com", uri_scheme::sip, "", "",
       "atlanta.com", 0, ";method=REGISTER", "to=alice%40atlanta.com"},
      {"sip:alice;day=tuesday@atlanta.com", uri_scheme::sip, "alice;day=tuesday", "", "atlanta.com",
       0, "", ""},
      {"SIP:[2001:db8::10]:5070;lr", uri_scheme::sip, "", "", "[2001:db8::10]", 5070, ";lr", ""},
      {"sip:a@h:65535", uri_scheme::sip, "a", "", "h", 65535, "", ""},
      {"sip:a@h?x=", uri_scheme::sip, "a", "", "h", 0, "", "x="},
      {"sip:%00@h_1.example", uri_scheme::sip, "%00", "", "h_1.example", 0, "", ""},
  };
  for (const auto& r : table) {
    INFO(r.text);
    const auto u = parse_uri(r.text);
    REQUIRE(u);
    CHECK(u->text == r.text);
    CHECK(u->scheme == r.scheme);
    CHECK(u->user == r.user);
    CHECK(u->password == r.password);
    CHECK(u->host == r.host);
    CHECK(u->port == r.port);
    CHECK(u->parameters.text == r.parameters);
    CHECK(u->headers == r.headers);
  }
}

TEST_CASE("uri: other schemes are kept as they are (RFC 3261 §25.1 absoluteURI)", "[sip][uri]") {
  const auto tel = parse_uri("tel:+358-555-1234567;postd=pp22");
  REQUIRE(tel);
  CHECK(tel->scheme == uri_scheme::tel);
  CHECK(tel->opaque == "+358-555-1234567;postd=pp22");
  const auto soap = parse_uri("soap.beep://192.0.2.103:3002");
  REQUIRE(soap);
  CHECK(soap->scheme == uri_scheme::other);
  CHECK(soap->scheme_name == "soap.beep");
  CHECK_FALSE(soap->is_sip());
}

TEST_CASE("uri: malformed (RFC 3261 §25.1)", "[sip][uri]") {
  const std::vector<std::pair<std::string_view, uri_error>> table = {
      {"", uri_error::bad_scheme},
      {"alice@atlanta.com", uri_error::bad_scheme},
      {":x", uri_error::bad_scheme},
      {"1sip:x", uri_error::bad_scheme},
      {"<sip:x>", uri_error::bad_scheme},
      {" sip:x", uri_error::bad_scheme},
      {"sip:", uri_error::bad_host},
      {"sip:@h", uri_error::bad_user},
      {"sip:a b@h", uri_error::bad_user},
      {"sip:a\"@h", uri_error::bad_user},
      {"sip:a%4@h", uri_error::bad_user},
      {"sip:a%zz@h", uri_error::bad_user},
      {"sip:a:p;q@h", uri_error::bad_user},
      {"sip:a@b@c", uri_error::bad_host},
      {"sip:a@", uri_error::bad_host},
      {"sip:a@[::1", uri_error::bad_host},
      {"sip:a@[]", uri_error::bad_host},
      {"sip:a@h h", uri_error::bad_host},
      {"sip:a@h>", uri_error::bad_host},
      {"sip:a@h:", uri_error::bad_port},
      {"sip:a@h:0", uri_error::bad_port},
      {"sip:a@h:65536", uri_error::bad_port},
      {"sip:a@h:x", uri_error::bad_port},
      {"sip:a@h;", uri_error::bad_parameter},
      {"sip:a@h;;x", uri_error::bad_parameter},
      {"sip:a@h;=x", uri_error::bad_parameter},
      {"sip:a@h;x=", uri_error::bad_parameter},
      {"sip:a@h;x=%1", uri_error::bad_parameter},
      {"sip:a@h; lr", uri_error::bad_parameter},
      {"sip:a@h?", uri_error::bad_header},
      {"sip:a@h?x", uri_error::bad_header},
      {"sip:a@h?=x", uri_error::bad_header},
      {"sip:a@h?x=1&", uri_error::bad_header},
      {"sip:a@h?x=<y>", uri_error::bad_header},
      {"tel:", uri_error::bad_character},
      {"http://a b", uri_error::bad_character},
      {"http://a>", uri_error::bad_character},
  };
  for (const auto& [text, error] : table) {
    INFO(text);
    const auto u = parse_uri(text);
    REQUIRE_FALSE(u);
    CHECK(u.error() == error);
  }
}

TEST_CASE("uri: equivalence (RFC 3261 §19.1.4)", "[sip][uri]") {
  struct row {
    std::string_view a, b;
    bool same;
  };
  const std::vector<row> table = {
      // the RFC's equivalent pairs
      {"sip:%61lice@atlanta.com;transport=TCP", "sip:alice@AtlanTa.CoM;Transport=tcp", true},
      {"sip:carol@chicago.com", "sip:carol@chicago.com;newparam=5", true},
      {"sip:carol@chicago.com", "sip:carol@chicago.com;security=on", true},
      {"sip:carol@chicago.com;newparam=5", "sip:carol@chicago.com;security=on", true},
      {"sip:biloxi.com;transport=tcp;method=REGISTER?to=sip:bob%40biloxi.com",
       "sip:biloxi.com;method=REGISTER;transport=tcp?to=sip:bob%40biloxi.com", true},
      {"sip:alice@atlanta.com?subject=project%20x&priority=urgent",
       "sip:alice@atlanta.com?priority=urgent&subject=project%20x", true},
      // and those that are not
      {"SIP:ALICE@AtLanTa.CoM;Transport=udp", "sip:alice@AtLanTa.CoM;Transport=UDP", false},
      {"sip:bob@biloxi.com", "sip:bob@biloxi.com:5060", false},
      {"sip:bob@biloxi.com", "sip:bob@biloxi.com;transport=udp", false},
      {"sip:bob@biloxi.com", "sip:bob@biloxi.com:6000;transport=tcp", false},
      {"sip:carol@chicago.com", "sip:carol@chicago.com?Subject=next%20meeting", false},
      {"sip:bob@phone21.boxesbybob.com", "sip:bob@192.0.2.4", false},
      // equality is not transitive, says the RFC
      {"sip:carol@chicago.com;security=on", "sip:carol@chicago.com;security=off", false},
      {"sip:a@h", "sips:a@h", false},
      {"sip:a@h", "sip:h", false},
      {"sip:a:x@h", "sip:a@h", false},
      {"sip:a@h;ttl=1", "sip:a@h", false},
      {"sip:a@h", "sip:a@h;user=phone", false},
      {"sip:a@h", "sip:a@h;method=INVITE", false},
      {"sip:a@h", "sip:a@h;maddr=1.2.3.4", false},
      {"sip:a@h;lr", "sip:a@h", true},
      {"sip:a%40b@h", "sip:a@h", false},
      {"sip:a%3bb@h", "sip:a;b@h", false}, // ";" is reserved: escaped, it is another character
      {"sip:a%2a@h", "sip:a*@h", true},
      {"sip:a@[::1]", "sip:a@[0:0:0:0:0:0:0:1]", true},
      {"sip:a@h?x=1", "sip:a@h?X=1", true},
      {"sip:a@h?x=1", "sip:a@h?x=2", false},
      {"sip:h;x=1;x=2", "sip:h;x=1;x=2", true}, // forbidden by §19.1.1, found by fuzzing
      {"sip:h;x=1;x=2", "sip:h;x=3", false},
      {"tel:+1", "TEL:+1", true},
      {"tel:+1", "tel:+2", false},
  };
  for (const auto& r : table) {
    INFO(r.a << "  " << r.b);
    const auto a = parse_uri(r.a), b = parse_uri(r.b);
    REQUIRE(a);
    REQUIRE(b);
    CHECK(equivalent(*a, *b) == r.same);
    CHECK(equivalent(*b, *a) == r.same);
    CHECK(equivalent(*a, *a));
  }
}

TEST_CASE("uri: unescaping, parameters and addresses", "[sip][uri]") {
  CHECK(parse_uri("sip:J%20R%2e@h")->unescaped_user() == "J R.");
  const auto u = parse_uri("sip:h;LR;transport=tcp;x=a%20b");
  CHECK(u->parameters.has("lr"));
  CHECK(u->parameters.find("Transport") == "tcp");
  CHECK(u->parameters.find("x") == "a%20b");
  CHECK(u->parameters.find("y") == std::nullopt);
  CHECK(unescape_percent("%") == "%");
  CHECK(unescape_percent("%4") == "%4");
  CHECK(unescape_percent("%gg%41") == "%ggA");
  CHECK(host_address("192.0.2.1") == tandem::parse_ip_address("192.0.2.1"));
  CHECK(host_address("[2001:db8::1]") == tandem::parse_ip_address("2001:db8::1"));
  CHECK(host_address("2001:db8::1") == std::nullopt);
  CHECK(host_address("[192.0.2.1]") == std::nullopt);
  CHECK(host_address("example.com") == std::nullopt);
}
