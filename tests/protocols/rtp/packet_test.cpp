#include "protocols/rtp/packet.hpp"

#include "tests/protocols/rtp/packet_bytes.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <vector>

using namespace tandem;
using rtp::packet_error;
using rtp::packet_view;

namespace {

using bytes = std::vector<std::uint8_t>;

// Twelve bytes of header with the given first two, then `tail`.
bytes packet(std::uint8_t first, std::uint8_t second, const bytes& tail = {}) {
  bytes b{first, second, 0x12, 0x34, 0, 0, 0, 160, 0xaa, 0xbb, 0xcc, 0xdd};
  for (const auto octet : tail) // insert() of a range draws a false warning of g++ 12 at -O2
    b.push_back(octet);
  return b;
}

} // namespace

TEST_CASE("RFC 3550 §5.1: every field of the fixed header", "[rtp]") {
  const auto b = packet(0x80, 0x80 | 96, {1, 2, 3});
  const auto p = packet_view::parse(b);
  REQUIRE(p);
  CHECK(p->marker());
  CHECK(p->payload_type() == 96);
  CHECK(p->sequence() == 0x1234);
  CHECK(p->timestamp() == 160);
  CHECK(p->ssrc() == 0xaabbccdd);
  CHECK(p->csrc_count() == 0);
  CHECK_FALSE(p->extension());
  CHECK(p->padding_bytes() == 0);
  CHECK(bytes(p->payload().begin(), p->payload().end()) == bytes{1, 2, 3});
}

TEST_CASE("RFC 3550 §5.1, §5.3.1: CSRC list, extension and padding around the payload", "[rtp]") {
  // V=2 P=1 X=1 CC=2
  const auto b = packet(0xb2, 8, {0,    0,    0, 1, 0, 0, 0, 2, // CSRCs
                                  0xbe, 0xde, 0, 1,             // extension of one word
                                  9,    9,    9, 9,             //
                                  7,    7,                      // payload
                                  0,    0,    3});              // padding of 3
  const auto p = packet_view::parse(b);
  REQUIRE(p);
  CHECK_FALSE(p->marker());
  CHECK(p->csrc_count() == 2);
  CHECK(p->csrc(0) == 1);
  CHECK(p->csrc(1) == 2);
  REQUIRE(p->extension());
  CHECK(p->extension()->profile == 0xbede);
  CHECK(bytes(p->extension()->body.begin(), p->extension()->body.end()) == bytes{9, 9, 9, 9});
  CHECK(p->padding_bytes() == 3);
  CHECK(bytes(p->payload().begin(), p->payload().end()) == bytes{7, 7});
}

TEST_CASE("RFC 3550 A.1: what is not RTP and why", "[rtp]") {
  struct row {
    std::string what;
    bytes datagram;
    packet_error error;
  };
  auto eleven = packet(0x80, 0);
  eleven.pop_back();
  const std::vector<row> rows{
      {"empty", {}, packet_error::too_short},
      {"11 bytes", eleven, packet_error::too_short},
      {"version 0: a STUN request", packet(0x00, 1), packet_error::bad_version},
      {"version 1: DTLS begins with 20 to 63", packet(0x16, 0xfe), packet_error::bad_version},
      {"version 3", packet(0xc0, 0), packet_error::bad_version},
      {"RTCP SR", packet(0x80, 200), packet_error::rtcp_type},
      {"RTCP APP", packet(0x80, 204), packet_error::rtcp_type},
      {"type 72 without marker", packet(0x80, 72), packet_error::rtcp_type},
      {"one CSRC announced, three bytes left", packet(0x81, 0, {1, 2, 3}), packet_error::too_short},
      {"15 CSRCs announced, 14 there", packet(0x8f, 0, bytes(56, 0)), packet_error::too_short},
      {"extension header cut off", packet(0x90, 0, {0, 0, 0}), packet_error::too_short},
      {"extension longer than the rest", packet(0x90, 0, {0, 0, 0, 2, 1, 1, 1, 1}),
       packet_error::too_short},
      {"extension of 65535 words", packet(0x90, 0, {0, 0, 0xff, 0xff}), packet_error::too_short},
      {"padding of 0", packet(0xa0, 0, {5, 0}), packet_error::bad_padding},
      {"padding larger than the payload", packet(0xa0, 0, {5, 3}), packet_error::bad_padding},
      {"padding announced, no payload", packet(0xa0, 0), packet_error::bad_padding},
  };
  for (const auto& r : rows) {
    INFO(r.what);
    const auto p = packet_view::parse(r.datagram);
    REQUIRE_FALSE(p);
    CHECK(p.error() == r.error);
  }
}

TEST_CASE("RFC 3550 A.1: the borders that are still RTP", "[rtp]") {
  CHECK(packet_view::parse(packet(0x80, 71)));
  CHECK(packet_view::parse(packet(0x80, 77)));
  CHECK(packet_view::parse(packet(0x80, 0))->payload().empty());
  CHECK(packet_view::parse(packet(0x8f, 0, bytes(60, 0)))->csrc_count() == 15);
  CHECK(packet_view::parse(packet(0x90, 0, {0, 0, 0, 0}))->extension()->body.empty());
  CHECK(packet_view::parse(packet(0xa0, 0, {0, 2}))->payload().empty()); // all padding
}
