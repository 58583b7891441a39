#include "protocols/sip/parser.hpp"
#include "tests/protocols/sip/sip_text.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <vector>

using namespace tandem::sip;
using tandem::test::sip_text;
using outcome = stream_frame::outcome;

TEST_CASE("stream framing: Content-Length ends a message (RFC 3261 §18.3)", "[sip][stream]") {
  struct row {
    std::string received;
    outcome is;
    std::size_t skip, size;
  };
  const auto ping = sip_text({"OPTIONS sip:x SIP/2.0", "l: 0"});
  const auto with_body = sip_text({"MESSAGE sip:x SIP/2.0", "Content-Length :\r\n 3"}, "abc");
  const std::vector<row> table = {
      {"", outcome::need_more, 0, 0},
      {"\r\n\r\n", outcome::need_more, 4, 0}, // a keep-alive is dropped
      {"\r\n\r", outcome::need_more, 2, 0},
      {"OPTIONS", outcome::need_more, 0, 0},
      {ping, outcome::complete, 0, ping.size()},
      {ping + ping, outcome::complete, 0, ping.size()},
      {"\r\n" + ping, outcome::complete, 2, ping.size()},
      {with_body, outcome::complete, 0, with_body.size()},
      {with_body + "S", outcome::complete, 0, with_body.size()},
      {with_body.substr(0, with_body.size() - 1), outcome::need_more, 0, with_body.size()},
      {sip_text({"OPTIONS sip:x SIP/2.0"}), outcome::broken, 0, 0}, // §20.14: required
      {sip_text({"OPTIONS sip:x SIP/2.0", "l: x"}), outcome::broken, 0, 0},
      {sip_text({"OPTIONS sip:x SIP/2.0", "l: 0", "l: 0"}), outcome::broken, 0, 0},
      {sip_text({"OPTIONS sip:x SIP/2.0", "l: 4294967296"}), outcome::broken, 0, 0},
  };
  for (const auto& r : table) {
    INFO(r.received);
    const auto f = next_frame(r.received);
    CHECK(f.is == r.is);
    CHECK(f.skip_bytes == r.skip);
    CHECK(f.size_bytes == r.size);
  }
}

TEST_CASE("stream framing limits: message bytes, at n and n + 1", "[sip][stream][limits]") {
  message_limits limits;
  limits.message_bytes = 60;
  const auto with = [](int length) {
    return sip_text({"OPTIONS sip:x SIP/2.0", "l: " + std::to_string(length)});
  };
  const auto room = static_cast<int>(60 - with(10).size());
  CHECK(next_frame(with(room), limits).is == outcome::need_more);
  CHECK(next_frame(with(room + 1), limits).is == outcome::broken);
  CHECK(next_frame(std::string(59, 'x'), limits).is == outcome::need_more);
  CHECK(next_frame(std::string(60, 'x'), limits).is == outcome::broken);
}
