#include "protocols/sdp/anchor.hpp"

#include "protocols/sdp/attributes.hpp"
#include "protocols/sdp/limits.hpp"

#include <catch2/catch.hpp>

using namespace tandem;
using namespace tandem::sdp;

namespace {

const local_media v4{*parse_ip_address("198.51.100.5"), 20000, 20001};
const local_media v6{*parse_ip_address("2001:db8::5"), 20000, 20001};
const origin ours = make_origin(77, 3, v4.address);

session parsed(const std::string& text) {
  const auto s = parse_session(text);
  REQUIRE(s);
  return *s;
}

const std::string theirs =
    "v=0\r\no=alice 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n";
const std::string anchored =
    "v=0\r\no=- 77 3 IN IP4 198.51.100.5\r\ns=-\r\nc=IN IP4 198.51.100.5\r\nt=0 0\r\n";

} // namespace

TEST_CASE("anchor: o=, c= and the port are ours, codecs and the unknown stay in order",
          "[sdp][anchor]") {
  const std::string body = "b=AS:80\r\n"
                           "a=rtpmap:96 opus/48000/2\r\n"
                           "a=fmtp:96 useinbandfec=1\r\n"
                           "a=x-unheard:of it\r\n"
                           "a=rtpmap:101 telephone-event/8000\r\n"
                           "a=fmtp:101 0-16\r\n"
                           "a=ptime:20\r\n"
                           "a=mid:1\r\n"
                           "a=sendonly\r\n";
  const auto in = parsed(theirs + "a=tool:x\r\nm=audio 4000 RTP/AVP 96 0 101\r\n" + body);
  CHECK(to_text(anchor(in, v4, ours))
        == anchored + "a=tool:x\r\nm=audio 20000 RTP/AVP 96 0 101\r\n" + body);
  const auto over6 = anchor(in, v6, make_origin(77, 3, v6.address));
  CHECK(over6.connection == connection{ip_family::v6, "2001:db8::5"});
  CHECK(over6.origin.family == ip_family::v6);
}

TEST_CASE("anchor: lines about the peer's own transport are removed", "[sdp][anchor]") {
  for (const auto* line : {"candidate:1 1 UDP 2130706431 192.0.2.1 4000 typ host",
                           "end-of-candidates",
                           "remote-candidates:1 192.0.2.1 4000",
                           "ice-ufrag:8hhY",
                           "ice-pwd:asd88fgpdd777uzjYhagZg",
                           "ice-lite",
                           "ice-mismatch",
                           "ice-options:trickle",
                           "ice-pacing:50",
                           "fingerprint:SHA-256 12:DF",
                           "setup:actpass",
                           "connection:new",
                           "tls-id:abc",
                           "crypto:1 AES_CM_128_HMAC_SHA1_80 inline:x",
                           "key-mgmt:mikey x",
                           "zrtp-hash:1.10 x",
                           "rtcp:4001 IN IP4 192.0.2.1",
                           "rtcp-mux",
                           "rtcp-mux-only",
                           "bundle-only",
                           "group:BUNDLE 1 2"}) {
    INFO(line);
    const auto a = std::string{"a="} + line + "\r\n";
    const auto media = parsed(theirs + "m=audio 4000 RTP/AVP 0\r\n" + a + "a=ptime:20\r\n");
    CHECK(to_text(anchor(media, v4, ours))
          == anchored + "m=audio 20000 RTP/AVP 0\r\na=ptime:20\r\n");
    const auto whole = parsed(theirs + a + "m=audio 4000 RTP/AVP 0\r\n");
    CHECK(to_text(anchor(whole, v4, ours)) == anchored + "m=audio 20000 RTP/AVP 0\r\n");
  }
  // Near misses stay.
  const std::string keep = "a=group:LS 1\r\na=candidate-x\r\na=rtcp-fb:* nack\r\n";
  CHECK(to_text(anchor(parsed(theirs + "m=audio 4000 RTP/AVP 0\r\n" + keep), v4, ours))
        == anchored + "m=audio 20000 RTP/AVP 0\r\n" + keep);
}

TEST_CASE("anchor: a=rtcp is written only for a port that is not the next (RFC 3605)",
          "[sdp][anchor]") {
  const auto in = parsed(theirs + "m=audio 4000 RTP/AVP 0\r\na=rtcp:9\r\n");
  const local_media apart{v4.address, 20000, 20007};
  CHECK(to_text(anchor(in, apart, ours))
        == anchored + "m=audio 20000 RTP/AVP 0\r\na=rtcp:20007\r\n");
  CHECK(remote_media(anchor(in, apart, ours), 0)->rtcp.port == 20007);
  CHECK(remote_media(anchor(in, v4, ours), 0)->rtcp.port == 20001);
}

TEST_CASE(
    "anchor: only the first live audio over RTP/AVP is relayed, the rest has port 0 (RFC 3264 §6)",
    "[sdp][anchor]") {
  struct row {
    std::string in, out;
    std::optional<std::size_t> relayed;
  };
  const std::string avp = "m=audio 4000 RTP/AVP 0\r\n", ours_avp = "m=audio 20000 RTP/AVP 0\r\n";
  const std::vector<row> table = {
      {avp + "m=video 5000 RTP/AVP 99\r\nc=IN IP4 192.0.2.9\r\na=rtpmap:99 H264/90000\r\n",
       ours_avp + "m=video 0 RTP/AVP 99\r\n", 0},
      {"m=video 5000/2 RTP/AVP 99\r\nb=AS:1\r\ni=x\r\n" + avp,
       "m=video 0 RTP/AVP 99\r\n" + ours_avp, 1},
      {avp + avp, ours_avp + "m=audio 0 RTP/AVP 0\r\n", 0},
      {"m=audio 0 RTP/AVP 0\r\n" + avp, "m=audio 0 RTP/AVP 0\r\n" + ours_avp, 1},
      {"m=audio 4000 RTP/SAVP 0\r\n" + avp, "m=audio 0 RTP/SAVP 0\r\n" + ours_avp, 1},
      {"m=audio 4000 UDP/TLS/RTP/SAVPF 111\r\n", "m=audio 0 UDP/TLS/RTP/SAVPF 111\r\n",
       std::nullopt},
      {"m=image 4000 udptl t38\r\n", "m=image 0 udptl t38\r\n", std::nullopt},
      {"m=video 0 RTP/AVP\r\n", "m=video 0 RTP/AVP 0\r\n", std::nullopt},
      {"m=audio 4000/2 RTP/AVP 0\r\nc=IN IP4 192.0.2.9\r\n", ours_avp, 0},
      {"", "", std::nullopt},
  };
  for (const auto& r : table) {
    INFO(r.in);
    const auto in = parsed(theirs + r.in);
    CHECK(relayed_media(in) == r.relayed);
    CHECK(to_text(anchor(in, v4, ours)) == anchored + r.out);
  }
}

TEST_CASE("anchor: hold by 0.0.0.0 becomes hold by direction (RFC 3264 §8.4)", "[sdp][anchor]") {
  struct row {
    const char *in, *out;
  };
  const std::vector<row> table = {
      {"", "a=sendonly\r\n"},
      {"a=sendrecv\r\n", "a=sendonly\r\n"},
      {"a=recvonly\r\n", "a=inactive\r\n"},
      {"a=sendonly\r\n", "a=sendonly\r\n"},
      {"a=inactive\r\n", "a=inactive\r\n"},
  };
  for (const auto& r : table) {
    INFO(r.in);
    const auto m = std::string{"m=audio 4000 RTP/AVP 0\r\nc=IN IP4 0.0.0.0\r\n"} + r.in;
    const auto out = anchor(parsed(theirs + m), v4, ours);
    CHECK(to_text(out) == anchored + "m=audio 20000 RTP/AVP 0\r\n" + r.out);
    CHECK(is_held(out, 0));
  }
}

TEST_CASE("echo_answer: all formats, direction mirrored (RFC 3264 §6.1)", "[sdp][anchor]") {
  struct row {
    const char *in, *out;
  };
  const std::vector<row> table = {
      {"a=sendrecv\r\n", "a=sendrecv\r\n"},
      {"a=sendonly\r\n", "a=recvonly\r\n"},
      {"a=recvonly\r\n", "a=sendonly\r\n"},
      {"a=inactive\r\n", "a=inactive\r\n"},
      {"", "a=sendrecv\r\n"},
      {"c=IN IP4 0.0.0.0\r\n", "a=recvonly\r\n"},
  };
  for (const auto& r : table) {
    INFO(r.in);
    const auto offer = parsed(theirs + "m=video 5000 RTP/AVP 99\r\nm=audio 4000 RTP/AVP 0 101\r\n"
                              + "a=rtpmap:101 telephone-event/8000\r\n" + r.in);
    CHECK(to_text(echo_answer(offer, v4, ours))
          == anchored + "m=video 0 RTP/AVP 99\r\nm=audio 20000 RTP/AVP 0 101\r\n"
                 + "a=rtpmap:101 telephone-event/8000\r\n" + r.out);
  }
}

TEST_CASE("echo_answer: a direction of the session is mirrored too", "[sdp][anchor]") {
  const auto offer = parsed(theirs + "a=sendonly\r\nm=audio 4000 RTP/AVP 0\r\n");
  const auto answer = echo_answer(offer, v4, ours);
  CHECK(direction_of(answer, answer.media[0]) == direction::recvonly);
}

TEST_CASE("make_offer: PCMU, PCMA and telephone-event for an INVITE without offer",
          "[sdp][anchor]") {
  CHECK(to_text(make_offer(v4, ours))
        == anchored
               + "m=audio 20000 RTP/AVP 0 8 101\r\n"
                 "a=rtpmap:0 PCMU/8000\r\na=rtpmap:8 PCMA/8000\r\n"
                 "a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\n"
                 "a=ptime:20\r\na=sendrecv\r\n");
  CHECK(make_offer(v6, make_origin(1, 1, v6.address)).connection == make_connection(v6.address));
  CHECK(relayed_media(make_offer(v4, ours)) == 0);
}

TEST_CASE("anchor: audio and video, each at its place (RFC 3264 §6)", "[sdp][anchor]") {
  const std::string audio = "m=audio 4000 RTP/AVP 0\r\n";
  const std::string video = "m=video 4002 RTP/AVPF 99\r\n";
  const auto rest = [](const std::string& port) {
    return "m=video " + port + " RTP/AVPF 99\r\na=rtcp-fb:99 nack pli\r\na=mid:v\r\na=sendonly\r\n";
  };
  const auto in = parsed(theirs + "a=group:BUNDLE a v\r\n" + rest("4002") + audio + video
                         + "m=text 4004 RTP/AVP 98\r\n");
  CHECK(relayed_video(in) == std::vector<std::size_t>{0, 2});
  const std::vector<placed_media> places{{1, v4},
                                         {0, {v4.address, 20002, 20003}},
                                         {2, {v4.address, 20004, 20005}},
                                         {3, {v4.address, 20006, 20007}}};
  CHECK(to_text(anchor(in, places, v4.address, ours))
        == anchored + rest("20002") + "m=audio 20000 RTP/AVP 0\r\nm=video 20004 RTP/AVPF 99\r\n"
               + "m=text 0 RTP/AVP 98\r\n");
  CHECK(to_text(anchor(in, {places[0]}, v4.address, ours))
        == anchored + "m=video 0 RTP/AVPF 99\r\nm=audio 20000 RTP/AVP 0\r\n"
               + "m=video 0 RTP/AVPF 99\r\nm=text 0 RTP/AVP 98\r\n");
}

TEST_CASE("passed_on: all of it but o=", "[sdp][anchor]") {
  const std::string more = "a=ice-ufrag:x\r\na=group:BUNDLE 1 2\r\n"
                           "m=audio 4000 RTP/SAVPF 96\r\nc=IN IP4 0.0.0.0\r\n"
                           "a=rtcp-mux\r\na=crypto:1 AES\r\n"
                           "m=image 4002 udptl t38\r\nm=audio 0 RTP/AVP 0\r\n";
  auto expected = parsed(theirs + more);
  expected.origin = ours;
  CHECK(passed_on(parsed(theirs + more), ours) == expected);
  CHECK(passed_on(parsed(theirs), ours).media.empty());
}

TEST_CASE("anchor: the number of m= lines fits (RFC 3264 §6, §8)", "[sdp][anchor]") {
  const std::string audio = "m=audio 4000 RTP/AVP 0\r\n";
  const std::string video = "m=video 4002 RTP/AVP 99\r\na=rtpmap:99 H264/90000\r\n";
  const std::string refused = "m=video 0 RTP/AVP 99\r\n";
  const auto one = parsed(theirs + audio);
  const auto two = parsed(theirs + audio + video);
  CHECK(to_text(fit_offer(one, two)) == theirs + audio + refused);
  CHECK(fit_offer(two, one) == two);
  CHECK(fit_offer(two, two) == two);
  CHECK(to_text(fit_answer(one, two)) == theirs + audio + refused);
  CHECK(fit_answer(two, one) == one);
  CHECK(fit_answer(two, two) == two);
}

TEST_CASE("anchor: as many videos as are relayed, and one more", "[sdp][anchor]") {
  auto text = theirs + "m=audio 4000 RTP/AVP 0\r\n";
  for (std::size_t i = 0; i < max_relayed_sections; ++i)
    text += "m=video 4002 RTP/AVP 99\r\n";
  CHECK(relayed_video(parsed(text)).size() == max_relayed_sections - 1);
  CHECK(relayed_video(parsed(theirs + "m=video 0 RTP/AVP 99\r\n")).empty());
  CHECK(relayed_video(parsed(theirs + "m=video 4002 UDP/TLS/RTP/SAVPF 99\r\n")).empty());
}
