#include "protocols/sdp/attributes.hpp"

#include <catch2/catch.hpp>

using namespace tandem;
using namespace tandem::sdp;

namespace {

/// A description with one audio stream; `session_lines` and `media_lines` are added.
session make(const std::string& session_lines, const std::string& media_lines,
             const std::string& m = "m=audio 4000 RTP/AVP 0 8 101") {
  const auto s =
      parse_session("v=0\no=- 1 1 IN IP4 192.0.2.1\n" + session_lines + m + "\n" + media_lines);
  REQUIRE(s);
  return *s;
}

const std::string c = "c=IN IP4 192.0.2.1\n";

} // namespace

TEST_CASE("direction: media overrides session, sendrecv by default (RFC 8866 §6.7)", "[sdp]") {
  struct row {
    const char *session_lines, *media_lines;
    direction expected;
  };
  const std::vector<row> table = {
      {"", "", direction::sendrecv},
      {"a=sendonly\n", "", direction::sendonly},
      {"a=sendonly\n", "a=recvonly\n", direction::recvonly},
      {"", "a=ptime:20\na=inactive\n", direction::inactive},
      {"", "a=sendonly:what\na=recvonly\n", direction::recvonly},
      {"a=inactive\n", "a=sendrecv\n", direction::sendrecv},
  };
  for (const auto& r : table) {
    INFO(r.session_lines << r.media_lines);
    const auto s = make(r.session_lines, r.media_lines);
    CHECK(direction_of(s, s.media[0]) == r.expected);
  }
}

TEST_CASE("direction: mirrored is what the other end sees (RFC 3264 §6.1)", "[sdp]") {
  CHECK(mirrored(direction::sendrecv) == direction::sendrecv);
  CHECK(mirrored(direction::sendonly) == direction::recvonly);
  CHECK(mirrored(direction::recvonly) == direction::sendonly);
  CHECK(mirrored(direction::inactive) == direction::inactive);
  for (const auto d :
       {direction::sendrecv, direction::sendonly, direction::recvonly, direction::inactive}) {
    CHECK(parse_direction(to_string(d)) == d);
    CHECK(make_direction(sends(d), receives(d)) == d);
  }
  CHECK_FALSE(parse_direction("Sendrecv"));
}

TEST_CASE("set_direction: one direction line stays, in its place", "[sdp]") {
  auto s = make("", "a=ptime:20\na=sendonly\na=mid:1\na=inactive\n");
  set_direction(s.media[0], direction::recvonly);
  CHECK(s.media[0].attributes
        == attributes{{"ptime", "20"}, {"recvonly", std::nullopt}, {"mid", "1"}});
  auto bare = make("", "a=ptime:20\n");
  set_direction(bare.media[0], direction::inactive);
  CHECK(bare.media[0].attributes == attributes{{"ptime", "20"}, {"inactive", std::nullopt}});
}

TEST_CASE("rtpmap, fmtp and ptime: read, and ignored where senseless", "[sdp]") {
  const auto s = make("", "a=rtpmap:101 telephone-event/8000\na=fmtp:101 0-15,66\n"
                          "a=rtpmap:96 opus/48000/2\na=rtpmap:97 X/0\na=rtpmap:98 /8000\n"
                          "a=rtpmap:99 X/8000/0\na=rtpmap:128 X/8000\na=rtpmap:8 pcma/8000\n"
                          "a=ptime:20\n");
  const auto& m = s.media[0];
  CHECK(rtp_map_of(m, "101") == rtp_map{101, "telephone-event", 8000, 1});
  CHECK(rtp_map_of(m, "96") == rtp_map{96, "opus", 48000, 2});
  CHECK(rtp_map_of(m, "8") == rtp_map{8, "pcma", 8000, 1});
  CHECK(rtp_map_of(m, "0") == rtp_map{0, "PCMU", 8000, 1}); // RFC 3551 §6
  CHECK(rtp_map_of(m, "9") == rtp_map{9, "G722", 8000, 1});
  CHECK(rtp_map_of(m, "18") == rtp_map{18, "G729", 8000, 1});
  for (const auto* none : {"97", "98", "99", "128", "100", "1", "10", ""}) {
    INFO(none);
    CHECK_FALSE(rtp_map_of(m, none));
  }
  CHECK(fmtp_of(m, "101") == "0-15,66");
  CHECK_FALSE(fmtp_of(m, "1"));
  CHECK(ptime_ms_of(m) == 20);
  for (const auto* odd : {"", "a=ptime\n", "a=ptime:0\n", "a=ptime:1001\n", "a=ptime:20ms\n"}) {
    INFO(odd);
    CHECK_FALSE(ptime_ms_of(make("", odd).media[0]));
  }
}

TEST_CASE("remote_media: where to send (RFC 8866 §5.7, RFC 3605 §2.1)", "[sdp]") {
  struct row {
    std::string session_lines, media_lines, m, rtp, rtcp;
    direction expected;
  };
  const std::string audio = "m=audio 4000 RTP/AVP 0";
  constexpr auto both = direction::sendrecv;
  const std::vector<row> table = {
      {c, "", audio, "192.0.2.1:4000", "192.0.2.1:4001", both},
      {c, "c=IN IP4 192.0.2.9\n", audio, "192.0.2.9:4000", "192.0.2.9:4001", both},
      {"", "c=IN IP6 2001:db8::9\n", audio, "[2001:db8::9]:4000", "[2001:db8::9]:4001", both},
      {c, "a=rtcp:4100\n", audio, "192.0.2.1:4000", "192.0.2.1:4100", both},
      {c, "a=rtcp:4100 IN IP4 192.0.2.7\n", audio, "192.0.2.1:4000", "192.0.2.7:4100", both},
      {c, "a=rtcp:4100 IN IP6 ::1\n", audio, "192.0.2.1:4000", "[::1]:4100", both},
      // Odd ones are as if absent.
      {c, "a=rtcp:4100 IN IP4 host\n", audio, "192.0.2.1:4000", "192.0.2.1:4001", both},
      {c, "a=rtcp:4100 IN IP6 192.0.2.7\n", audio, "192.0.2.1:4000", "192.0.2.1:4001", both},
      {c, "a=rtcp:0\n", audio, "192.0.2.1:4000", "192.0.2.1:4001", both},
      {c, "a=rtcp:70000\n", audio, "192.0.2.1:4000", "192.0.2.1:4001", both},
      {c, "a=rtcp\n", audio, "192.0.2.1:4000", "192.0.2.1:4001", both},
      {c, "", "m=audio 65535 RTP/AVP 0", "192.0.2.1:65535", "192.0.2.1:0", both},
      {c, "a=sendonly\n", audio, "192.0.2.1:4000", "192.0.2.1:4001", direction::sendonly},
      {"c=IN IP4 0.0.0.0\n", "", audio, "0.0.0.0:4000", "0.0.0.0:4001", direction::sendonly},
      {"c=IN IP6 ::\n", "a=recvonly\n", audio, "[::]:4000", "[::]:4001", direction::inactive},
  };
  for (const auto& r : table) {
    INFO(r.session_lines << r.m << " " << r.media_lines);
    const auto where = remote_media(make(r.session_lines, r.media_lines, r.m), 0);
    REQUIRE(where);
    CHECK(to_string(where->rtp) == r.rtp);
    CHECK(to_string(where->rtcp) == r.rtcp);
    CHECK(where->direction == r.expected);
  }
}

TEST_CASE("remote_media: and where there is nowhere to send", "[sdp]") {
  CHECK(remote_media(make(c, ""), 1).error() == target_errc::no_such_media);
  CHECK(remote_media(make(c, "", "m=audio 0 RTP/AVP 0"), 0).error() == target_errc::rejected);
  CHECK(remote_media(make("", ""), 0).error() == target_errc::no_connection);
  for (const auto* odd :
       {"c=IN IP4 phone.example\n", "c=IN IP4 224.2.1.1/127\n", "c=IN IP4 224.2.1.1\n",
        "c=IN IP6 ff02::1\n", "c=IN IP4 ::1\n", "c=IN IP6 192.0.2.1\n"}) {
    INFO(odd);
    CHECK(remote_media(make(odd, ""), 0).error() == target_errc::not_an_address);
  }
  CHECK(to_string(target_errc::rejected) == "the stream is rejected (port 0)");
}

TEST_CASE("is_held: by direction or by the address 0.0.0.0 (RFC 3264 §8.4)", "[sdp]") {
  struct row {
    std::string session_lines, media_lines, m;
    bool held;
  };
  const std::string audio = "m=audio 4000 RTP/AVP 0";
  const std::vector<row> table = {
      {c, "", audio, false},
      {c, "a=recvonly\n", audio, false},
      {c, "a=sendonly\n", audio, true},
      {c, "a=inactive\n", audio, true},
      {c + "a=sendonly\n", "", audio, true},
      {"c=IN IP4 0.0.0.0\n", "", audio, true},
      {"c=IN IP4 0.0.0.0\n", c, audio, false},
      {c, "c=IN IP6 ::\n", audio, true},
      {"c=IN IP4 phone.example\n", "", audio, false},
      {c, "a=sendonly\n", "m=audio 0 RTP/AVP 0", false},
  };
  for (const auto& r : table) {
    INFO(r.session_lines << r.m << " " << r.media_lines);
    CHECK(is_held(make(r.session_lines, r.media_lines, r.m), 0) == r.held);
  }
  CHECK_FALSE(is_held(make(c, "a=sendonly\n"), 1));
}
