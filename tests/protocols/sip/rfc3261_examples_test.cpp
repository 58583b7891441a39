// The registration and session setup of RFC 3261 §24, as the RFC prints them.
#include "protocols/sip/check.hpp"
#include "protocols/sip/typed_headers.hpp"
#include "tests/protocols/sip/sip_text.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <string_view>

using namespace tandem::sip;
using tandem::test::parsed;
using tandem::test::sip_text;

TEST_CASE("RFC 3261 §24.1: registration", "[sip][examples]") {
  const auto f1 = parsed(
      sip_text({"REGISTER sip:registrar.biloxi.com SIP/2.0",
                "Via: SIP/2.0/UDP bobspc.biloxi.com:5060;branch=z9hG4bKnashds7", "Max-Forwards: 70",
                "To: Bob <sip:bob@biloxi.com>", "From: Bob <sip:bob@biloxi.com>;tag=456248",
                "Call-ID: 843817637684230@998sdasdh09", "CSeq: 1826 REGISTER",
                "Contact: <sip:bob@192.0.2.4>", "Expires: 7200", "Content-Length: 0"}));
  CHECK(check_request(*f1));
  CHECK(f1->get_method() == method::register_);
  CHECK(read_top_via(*f1)->port == 5060);
  CHECK(read_to(*f1)->display_name == "Bob");
  CHECK(read_contacts(*f1)->list.at(0).address.uri.host == "192.0.2.4");
  CHECK(read_expires(*f1) == 7200U);

  const auto f2 = parsed(sip_text(
      {"SIP/2.0 200 OK",
       "Via: SIP/2.0/UDP bobspc.biloxi.com:5060;branch=z9hG4bKnashds7;received=192.0.2.4",
       "To: Bob <sip:bob@biloxi.com>;tag=2493k59kd", "From: Bob <sip:bob@biloxi.com>;tag=456248",
       "Call-ID: 843817637684230@998sdasdh09", "CSeq: 1826 REGISTER",
       "Contact: <sip:bob@192.0.2.4>", "Expires: 7200", "Content-Length: 0"}));
  CHECK(check_response(*f2));
  CHECK(read_top_via(*f2)->received == "192.0.2.4");
  CHECK(read_to(*f2)->tag == "2493k59kd");
}

TEST_CASE("RFC 3261 §24.2: session setup", "[sip][examples]") {
  const std::string sdp(142, 's');
  const auto f4 = parsed(
      sip_text({"INVITE sip:bob@192.0.2.4 SIP/2.0",
                "Via: SIP/2.0/UDP server10.biloxi.com;branch=z9hG4bK4b43c2ff8.1",
                "Via: SIP/2.0/UDP bigbox3.site3.atlanta.com;branch=z9hG4bK77ef4c2312983.1"
                " ;received=192.0.2.2",
                "Via: SIP/2.0/UDP pc33.atlanta.com;branch=z9hG4bKnashds8 ;received=192.0.2.1",
                "Max-Forwards: 68", "To: Bob <sip:bob@biloxi.com>",
                "From: Alice <sip:alice@atlanta.com>;tag=1928301774", "Call-ID: a84b4c76e66710",
                "CSeq: 314159 INVITE", "Contact: <sip:alice@pc33.atlanta.com>",
                "Content-Type: application/sdp", "Content-Length: 142"},
               sdp));
  CHECK(check_request(*f4));
  const auto vias = read_vias(*f4);
  REQUIRE(vias->size() == 3);
  CHECK(vias->at(0).branch == "z9hG4bK4b43c2ff8.1");
  CHECK(vias->at(1).received == "192.0.2.2");
  CHECK(vias->at(2).host == "pc33.atlanta.com");
  CHECK(read_content_type(*f4)->is("application", "sdp"));
  CHECK(f4->body() == sdp);
  CHECK(read_max_forwards(*f4) == 68);

  const auto f8 = parsed(
      sip_text({"SIP/2.0 180 Ringing",
                "Via: SIP/2.0/UDP pc33.atlanta.com;branch=z9hG4bKnashds8 ;received=192.0.2.1",
                "To: Bob <sip:bob@biloxi.com>;tag=a6c85cf",
                "From: Alice <sip:alice@atlanta.com>;tag=1928301774", "Call-ID: a84b4c76e66710",
                "Contact: <sip:bob@192.0.2.4>", "CSeq: 314159 INVITE", "Content-Length: 0"}));
  CHECK(check_response(*f8));
  CHECK(f8->status() == 180);
  CHECK(read_cseq(*f8)->method == method::invite);

  const auto f13 =
      parsed(sip_text({"BYE sip:alice@pc33.atlanta.com SIP/2.0",
                       "Via: SIP/2.0/UDP 192.0.2.4;branch=z9hG4bKnashds10", "Max-Forwards: 70",
                       "From: Bob <sip:bob@biloxi.com>;tag=a6c85cf",
                       "To: Alice <sip:alice@atlanta.com>;tag=1928301774",
                       "Call-ID: a84b4c76e66710", "CSeq: 231 BYE", "Content-Length: 0"}));
  CHECK(check_request(*f13));
  CHECK(read_contacts(*f13).error().code == header_errc::missing);
  CHECK(f13->body().empty());
}
