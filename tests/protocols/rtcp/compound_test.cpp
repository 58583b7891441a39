#include "protocols/rtcp/compound.hpp"

#include "protocols/rtcp/description.hpp"
#include "protocols/rtcp/reports.hpp"
#include "tests/protocols/rtp/packet_bytes.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <vector>

using namespace tandem;
using namespace tandem::rtcp;

namespace {

using bytes = std::vector<std::uint8_t>;

bytes operator+(bytes a, const bytes& b) {
  for (const auto octet : b) // insert() of a range draws a false warning of g++ 12 at -O2
    a.push_back(octet);
  return a;
}

// A packet whose length field is right; `body` is a multiple of four.
bytes raw(std::uint8_t first, std::uint8_t type, const bytes& body) {
  bytes b{first, type};
  test::put_u16(b, static_cast<std::uint32_t>(body.size() / 4));
  return b + body;
}

const bytes empty_rr = raw(0x80, 201, {0, 0, 0, 7});

packet only(const bytes& b) {
  auto c = compound_view::parse(b);
  REQUIRE(c);
  const auto first = c->next();
  REQUIRE(first);
  return *first;
}

// The packet behind an RR, as a compound must begin with a report.
packet second(const bytes& whole) {
  auto c = compound_view::parse(whole);
  REQUIRE(c);
  REQUIRE(c->next());
  const auto p = c->next();
  REQUIRE(p);
  CHECK_FALSE(c->next());
  return *p;
}

} // namespace

TEST_CASE("RFC 3550 A.2: what is not RTCP and why", "[rtcp]") {
  struct row {
    std::string what;
    bytes datagram;
    compound_error error;
  };
  auto long_by_a_word = empty_rr;
  long_by_a_word[3] = 2;
  const std::vector<row> rows{
      {"empty", {}, compound_error::too_short},
      {"three bytes", {0x80, 201, 0}, compound_error::too_short},
      {"version 1", raw(0x40, 201, {0, 0, 0, 7}), compound_error::bad_version},
      {"an RTP packet", test::rtp_bytes({}), compound_error::bad_first},
      {"begins with SDES", raw(0x80, 202, {}), compound_error::bad_first},
      {"begins with BYE", raw(0x80, 203, {}), compound_error::bad_first},
      {"first packet padded", raw(0xa0, 201, {0, 0, 0, 7, 0, 0, 0, 4}), compound_error::bad_first},
      {"longer than the datagram", long_by_a_word, compound_error::too_short},
      {"one byte behind the last packet", empty_rr + bytes{0x80}, compound_error::too_short},
      {"second packet of version 0", empty_rr + raw(0x00, 203, {}), compound_error::bad_version},
      {"second of three padded",
       empty_rr + raw(0xa1, 203, {0, 0, 0, 7, 0, 0, 0, 4}) + raw(0x80, 203, {}),
       compound_error::bad_padding},
      {"padding 0", empty_rr + raw(0xa0, 203, {0, 0, 0, 0}), compound_error::bad_padding},
      {"padding 3", empty_rr + raw(0xa0, 203, {0, 0, 0, 3}), compound_error::bad_padding},
      {"padding over the header", empty_rr + raw(0xa0, 203, {0, 0, 0, 8}),
       compound_error::bad_padding},
      {"padding announced in a bare header", empty_rr + raw(0xa0, 203, {}),
       compound_error::bad_padding},
  };
  for (const auto& r : rows) {
    INFO(r.what);
    const auto c = compound_view::parse(r.datagram);
    REQUIRE_FALSE(c);
    CHECK(c.error() == r.error);
  }
}

TEST_CASE("RFC 3550 §6.1: the walk gives every packet, without padding", "[rtcp]") {
  const auto b = empty_rr + raw(0x80, 205, {1, 2, 3, 4})
                 + raw(0xa1, 203, {0, 0, 0, 7, 0, 0, 0, 4}); // BYE, 4 bytes of padding
  auto c = compound_view::parse(b);
  REQUIRE(c);
  CHECK(c->next()->type == packet_type::receiver_report);
  const auto feedback = c->next();
  CHECK(static_cast<int>(feedback->type) == 205);
  CHECK(feedback->body.size() == 4);
  const auto last = c->next();
  CHECK(last->type == packet_type::bye);
  CHECK(last->count == 1);
  CHECK(last->body.size() == 4);
  CHECK_FALSE(c->next());
  CHECK_FALSE(c->next());
}

TEST_CASE("RFC 3550 §6.4.1: SR with a report block", "[rtcp]") {
  bytes body;
  for (const std::uint32_t word : {0x01020304U,              // SSRC
                                   0xe0000000U, 0x80000000U, // NTP
                                   0x1000U, 50U, 8000U,      // RTP timestamp, packets, bytes
                                   0x0a0b0c0dU, 0x40ffffffU, // block: SSRC, 1/4 lost, -1 in all
                                   0x10005U, 20U, 0xaaaaU, 65536U})
    test::put_u32(body, word);
  const auto b = raw(0x81, 200, body);
  const auto p = only(b);
  CHECK(read_sender_report(p) == sender_report{0x01020304, 0xe000000080000000, 0x1000, 50, 8000});
  CHECK(read_report_block(p, 0) == report_block{0x0a0b0c0d, 0x40, -1, 0x10005, 20, 0xaaaa, 65536});
  CHECK_FALSE(read_report_block(p, 1));
  CHECK_FALSE(read_receiver_report(p));
}

TEST_CASE("RFC 3550 §6.4.2: RR, a count that the body cannot hold is refused", "[rtcp]") {
  bytes body{0, 0, 0, 7};
  body.resize(4 + 24, 0);
  CHECK(read_receiver_report(only(raw(0x81, 201, body))) == 7U);
  CHECK(read_report_block(only(raw(0x81, 201, body)), 0));
  CHECK_FALSE(read_receiver_report(only(raw(0x82, 201, body))));
  CHECK_FALSE(read_report_block(only(raw(0x82, 201, body)), 0));
  CHECK_FALSE(read_receiver_report(only(raw(0x80, 201, {}))));
  CHECK_FALSE(read_sender_report(only(raw(0x80, 200, bytes(20, 0)))));
}

TEST_CASE("RFC 3550 §6.5: the items of two SDES chunks", "[rtcp]") {
  const auto b =
      empty_rr + raw(0x82, 202, {0, 0, 0, 7, 1, 3, 'a', '@', 'b', 6, 1, 'x', 0, 0, 0, 0, // chunk 1
                                 0, 0, 0, 8, 1, 0, 0,   0});                             // chunk 2
  sdes_walk walk{second(b)};
  auto item = walk.next();
  REQUIRE(item);
  CHECK((item->ssrc == 7 && item->type == sdes_type::cname && item->text == "a@b"));
  item = walk.next();
  REQUIRE(item);
  CHECK((item->ssrc == 7 && item->type == sdes_type::tool && item->text == "x"));
  item = walk.next();
  REQUIRE(item);
  CHECK((item->ssrc == 8 && item->type == sdes_type::cname && item->text.empty()));
  CHECK_FALSE(walk.next());
  CHECK_FALSE(walk.is_broken());
}

TEST_CASE("RFC 3550 §6.5: a broken SDES ends the walk and says so", "[rtcp]") {
  const std::vector<std::pair<std::string, bytes>> rows{
      {"chunk announced, none there", {}},
      {"no null octet behind the items", {0, 0, 0, 7, 1, 2, 'a', 'b'}},
      {"item longer than the rest", {0, 0, 0, 7, 1, 3, 'a', 'b'}},
      {"type without length", {0, 0, 0, 7, 1, 1, 'a', 1}},
  };
  for (const auto& [what, body] : rows) {
    INFO(what);
    const auto b = empty_rr + raw(0x81, 202, body);
    sdes_walk walk{second(b)};
    while (walk.next()) {
    }
    CHECK(walk.is_broken());
    CHECK_FALSE(walk.next());
  }
  sdes_walk not_sdes{only(empty_rr)};
  CHECK_FALSE(not_sdes.next());
  CHECK_FALSE(not_sdes.is_broken());
}

TEST_CASE("RFC 3550 §6.6: BYE with sources and a reason", "[rtcp]") {
  auto b = empty_rr + raw(0x82, 203, {0, 0, 0, 7, 0, 0, 0, 8, 3, 'e', 'n', 'd'});
  const auto with_reason = read_bye(second(b));
  REQUIRE(with_reason);
  CHECK(with_reason->source_count() == 2);
  CHECK(with_reason->source(1) == 8);
  CHECK(with_reason->reason == "end");
  b = empty_rr + raw(0x80, 203, {});
  CHECK(read_bye(second(b))->source_count() == 0);
  b = empty_rr + raw(0x81, 203, {});
  CHECK_FALSE(read_bye(second(b)));
  b = empty_rr + raw(0x80, 203, {4, 'e', 'n', 'd'});
  CHECK_FALSE(read_bye(second(b)));
}

TEST_CASE("RFC 3550 §6.7: APP", "[rtcp]") {
  auto b = empty_rr + raw(0x83, 204, {0, 0, 0, 7, 'T', 'E', 'S', 'T', 1, 2, 3, 4});
  const auto a = read_application(second(b));
  REQUIRE(a);
  CHECK(a->subtype == 3);
  CHECK(a->ssrc == 7);
  CHECK(std::string_view(a->name.data(), 4) == "TEST");
  CHECK(a->content.size() == 4);
  b = empty_rr + raw(0x80, 204, {0, 0, 0, 7});
  CHECK_FALSE(read_application(second(b)));
}
