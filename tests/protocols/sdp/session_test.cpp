#include "protocols/sdp/session.hpp"

#include "protocols/sdp/limits.hpp"

#include <catch2/catch.hpp>

using namespace tandem;
using namespace tandem::sdp;

namespace {

const std::string head =
    "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n";

std::string repeat(std::string_view line, std::size_t n) {
  std::string out;
  for (std::size_t i = 0; i < n; ++i)
    out += line;
  return out;
}

} // namespace

TEST_CASE("session: the example of RFC 8866 §5 with every kind of line", "[sdp]") {
  const std::string text = "v=0\r\n"
                           "o=jdoe 3724394400 3724394405 IN IP4 198.51.100.1\r\n"
                           "s=Call to John Smith\r\n"
                           "i=SDP Offer #1\r\n"
                           "u=http://www.jdoe.example.com/home.html\r\n"
                           "e=Jane Doe <jane@jdoe.example.com>\r\n"
                           "p=+1 617 555-6011\r\n"
                           "c=IN IP4 198.51.100.1\r\n"
                           "b=CT:154\r\n"
                           "t=2873397496 2873404696\r\n"
                           "r=7d 1h 0 25h\r\n"
                           "a=recvonly\r\n"
                           "m=audio 49170 RTP/AVP 0\r\n"
                           "m=video 51372/2 RTP/AVP 99\r\n"
                           "i=slides\r\n"
                           "c=IN IP6 2001:db8::2\r\n"
                           "b=AS:64\r\n"
                           "a=rtpmap:99 h263-1998/90000\r\n"
                           "a=unheard-of:\r\n";
  const auto s = parse_session(text);
  REQUIRE(s);
  CHECK(s->origin == origin{"jdoe", 3724394400, 3724394405, ip_family::v4, "198.51.100.1"});
  CHECK(s->name == "Call to John Smith");
  CHECK(s->descriptive.size() == 4);
  CHECK(s->connection == connection{ip_family::v4, "198.51.100.1"});
  CHECK(s->bandwidths == std::vector<bandwidth>{{"CT", "154"}});
  CHECK(s->timing == std::vector<raw_line>{{'t', "2873397496 2873404696"}, {'r', "7d 1h 0 25h"}});
  CHECK(s->attributes == attributes{{"recvonly", std::nullopt}});
  REQUIRE(s->media.size() == 2);
  CHECK(s->media[0].kind == "audio");
  CHECK(s->media[0].port == 49170);
  CHECK(s->media[0].port_count == 1);
  CHECK(s->media[0].formats == std::vector<std::string>{"0"});
  CHECK_FALSE(s->media[0].connection);
  const auto& video = s->media[1];
  CHECK(video.port_count == 2);
  CHECK(video.proto == "RTP/AVP");
  CHECK(video.information == "slides");
  CHECK(video.connection == connection{ip_family::v6, "2001:db8::2"});
  CHECK(video.bandwidths == std::vector<bandwidth>{{"AS", "64"}});
  CHECK(video.attributes == attributes{{"rtpmap", "99 h263-1998/90000"}, {"unheard-of", ""}});
  CHECK(to_text(*s) == text);
}

TEST_CASE("session: what real phones send is read, and written as RFC 8866 wants it", "[sdp]") {
  struct row {
    const char* why;
    std::string text, written;
  };
  const std::string tail = "m=audio 4000 RTP/AVP 0\r\n";
  const std::vector<row> table = {
      {"bare LF",
       "v=0\no=- 1 1 IN IP4 192.0.2.1\ns=-\nc=IN IP4 192.0.2.1\nt=0 0\nm=audio 4000 RTP/AVP 0\n",
       head + tail},
      {"no end of the last line", head + "m=audio 4000 RTP/AVP 0", head + tail},
      {"empty lines at the end", head + tail + "\r\n\r\n", head + tail},
      {"s= and t= missing", "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\nc=IN IP4 192.0.2.1\r\n" + tail,
       head + tail},
      {"s= empty",
       "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n" + tail,
       head + tail},
      {"lines in another order",
       "v=0\r\nt=0 0\r\nc=IN IP4 192.0.2.1\r\ns=-\r\no=- 1 1 IN IP4 192.0.2.1\r\n" + tail,
       head + tail},
      {"several blanks", head + "m=audio  4000  RTP/AVP  0 \r\n", head + tail},
      {"blanks in the user name",
       "v=0\r\no=John Doe 1 1 IN IP4 192.0.2.1\r\ns=-\r\nt=0 0\r\n" + tail,
       "v=0\r\no=John Doe 1 1 IN IP4 192.0.2.1\r\ns=-\r\nt=0 0\r\n" + tail},
      {"no user name",
       "v=0\r\no= 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n" + tail,
       head + tail},
      {"a refused stream without format", head + "m=video 0 RTP/AVP\r\n",
       head + "m=video 0 RTP/AVP\r\n"},
      {"k= is dropped (RFC 8866 §5.12)", head + "k=prompt\r\n" + tail + "k=clear:x\r\n",
       head + tail},
      {"a second c= of a level", head + tail + "c=IN IP4 192.0.2.7\r\nc=IN IP4 192.0.2.8\r\n",
       head + tail + "c=IN IP4 192.0.2.7\r\n"},
      {"the largest numbers", "v=0\r\no=- 18446744073709551615 0 IN IP6 ::1\r\ns=-\r\nt=0 0\r\n",
       "v=0\r\no=- 18446744073709551615 0 IN IP6 ::1\r\ns=-\r\nt=0 0\r\n"},
  };
  for (const auto& r : table)
    DYNAMIC_SECTION(r.why) {
      const auto s = parse_session(r.text);
      REQUIRE(s);
      CHECK(to_text(*s) == r.written);
      CHECK(parse_session(r.written) == s);
    }
}

TEST_CASE("session: what is refused, with line and reason", "[sdp]") {
  struct row {
    std::string text, error;
  };
  const std::string o = "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\n";
  const std::vector<row> table = {
      {"", "empty"},
      {"hello", "line 1: a description begins with v=0"},
      {"v=1\r\n", "line 1: a description begins with v=0"},
      {"v=0\r\ns=-\r\n", "line 2: o= is missing"},
      {"v=0\r\no=- x 1 IN IP4 h\r\n",
       "line 2: o= needs a session id and a version, numbers of 64 bits"},
      {"v=0\r\no=- 1 18446744073709551616 IN IP4 h\r\n",
       "line 2: o= needs a session id and a version, numbers of 64 bits"},
      {"v=0\r\no=- 1 -1 IN IP4 h\r\n",
       "line 2: o= needs a session id and a version, numbers of 64 bits"},
      {"v=0\r\no=1 IN IP4 h\r\n",
       "line 2: o= needs a session id and a version, numbers of 64 bits"},
      {"v=0\r\no=- 1 1 IN IP5 h\r\n", R"(line 2: o= needs "IN IP4" or "IN IP6")"},
      {o + o.substr(5), "line 3: a second o="},
      {o + "c=IN IP7 h\r\n", R"(line 3: c= needs "IN IP4" or "IN IP6")"},
      {o + "c=ATM IP4 h\r\n", R"(line 3: c= needs "IN IP4" or "IN IP6")"},
      {o + "c=IN IP4\r\n", "line 3: c= needs one address"},
      {o + "c=IN IP4 192.0.2.1 192.0.2.2\r\n", "line 3: c= needs one address"},
      {o + "b=64\r\n", "line 3: b= needs type:value"},
      {o + "b=:64\r\n", "line 3: b= needs type:value"},
      {o + "a=\r\n", "line 3: a= needs a name"},
      {o + "a=:x\r\n", "line 3: a= needs a name"},
      {o + "x=1\r\n", "line 3: unknown or misplaced line type x="},
      {o + "\x01=1\r\n", "line 3: a line type is one letter"},
      {o + "m=audio 1 RTP/AVP 0\r\ns=late\r\n", "line 4: unknown or misplaced line type s="},
      {o + "audio\r\n", "line 3: not of the form letter=value"},
      {o + "a\r\n", "line 3: not of the form letter=value"},
      {o + "\r\na=x\r\n", "line 4: text behind an empty line"},
      {o + "a=x\ry\r\n", "line 3: NUL or CR within a line"},
      {o + std::string("a=x\0y\r\n", 7), "line 3: NUL or CR within a line"},
      {o + "m=audio\r\n", "line 3: m= needs a kind, a port, a protocol and formats"},
      {o + "m=audio 4000 RTP/AVP\r\n", "line 3: m= needs at least one format"},
      {o + "m=audio 65536 RTP/AVP 0\r\n", "line 3: the port of m= is not a number from 0 to 65535"},
      {o + "m=audio x RTP/AVP 0\r\n", "line 3: the port of m= is not a number from 0 to 65535"},
      {o + "m=audio -1 RTP/AVP 0\r\n", "line 3: the port of m= is not a number from 0 to 65535"},
      {o + "m=audio 1/0 RTP/AVP 0\r\n",
       "line 3: the port count of m= is not a number from 1 to 65535"},
      {o + "m=audio 1/ RTP/AVP 0\r\n",
       "line 3: the port count of m= is not a number from 1 to 65535"},
  };
  for (const auto& r : table) {
    INFO(r.text);
    const auto s = parse_session(r.text);
    REQUIRE_FALSE(s);
    CHECK(to_string(s.error()) == r.error);
  }
}

TEST_CASE("session: every limit holds at n and refuses n + 1", "[sdp][limits]") {
  struct row {
    const char* limit;
    std::size_t n;
    std::string (*with)(std::size_t n);
    std::string error;
  };
  const std::vector<row> table = {
      {"text", max_text_bytes,
       [](std::size_t n) { return head + "a=" + std::string(n - head.size() - 4, 'x') + "\r\n"; },
       "longer than 16384 bytes"},
      {"lines", max_lines,
       [](std::size_t n) {
         return head + repeat("m=x 1 y 0\r\n" + repeat("a=x\r\n", 200), 2) + "m=x 1 y 0\r\n"
                + repeat("a=x\r\n", n - 408);
       },
       "line 513: more than 512 lines"},
      {"media", max_media_sections,
       [](std::size_t n) { return head + repeat("m=audio 1 RTP/AVP 0\r\n", n); },
       "line 22: more than 16 m= lines"},
      {"formats", max_formats,
       [](std::size_t n) { return head + "m=audio 1 RTP/AVP" + repeat(" 0", n) + "\r\n"; },
       "line 6: more than 64 formats in one m= line"},
      {"attributes of the session", max_attributes,
       [](std::size_t n) { return head + repeat("a=x\r\n", n); },
       "line 262: more than 256 a= lines in one section"},
      {"attributes of a media", max_attributes,
       [](std::size_t n) { return head + "m=audio 1 RTP/AVP 0\r\n" + repeat("a=x\r\n", n); },
       "line 263: more than 256 a= lines in one section"},
      {"bandwidth", max_bandwidth_lines,
       [](std::size_t n) { return head + repeat("b=AS:1\r\n", n); },
       "line 22: more than 16 b= lines in one section"},
      {"description", max_descriptive_lines,
       [](std::size_t n) { return head + repeat("e=x\r\n", n); },
       "line 38: more than 32 lines of description"},
      {"timing", max_descriptive_lines,
       [](std::size_t n) { return head + repeat("r=1\r\n", n - 1); },
       "line 37: more than 32 lines of timing"},
  };
  for (const auto& r : table)
    DYNAMIC_SECTION(r.limit) {
      CHECK(parse_session(r.with(r.n)));
      const auto over = parse_session(r.with(r.n + 1));
      REQUIRE_FALSE(over);
      CHECK(to_string(over.error()) == r.error);
    }
}
