#include "protocols/sip/writer.hpp"

#include "protocols/sip/typed_headers.hpp"
#include "tests/protocols/sip/sip_text.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <string_view>

using namespace tandem::sip;
using tandem::check_failure;
using tandem::test::parsed;

TEST_CASE("writer: what it writes reads back (RFC 3261 §7)", "[sip][writer]") {
  message_writer w;
  w.request_line(method::invite, "sip:bob@biloxi.example");
  w.header(header_id::via, "SIP/2.0/UDP ", "192.0.2.1:5060", ";branch=", branch_cookie, "x");
  w.header(header_id::from, quoted{R"(a "b" \c)"},
           " <sip:a@h>;tag=", std::uint64_t{18446744073709551615U});
  w.header(header_id::cseq, 7U, " INVITE");
  w.header("X-Tandem", "");
  w.body("application/sdp", "v=0\r\n");
  const auto wire = w.finish();
  CHECK(*wire
        == "INVITE sip:bob@biloxi.example SIP/2.0\r\n"
           "Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKx\r\n"
           "From: \"a \\\"b\\\" \\\\c\" <sip:a@h>;tag=18446744073709551615\r\n"
           "CSeq: 7 INVITE\r\n"
           "X-Tandem: \r\n"
           "Content-Type: application/sdp\r\n"
           "Content-Length: 5\r\n"
           "\r\n"
           "v=0\r\n");
  const auto m = parsed(*wire);
  CHECK(m->body() == "v=0\r\n");
  CHECK(unescape_quoted(read_from(*m)->display_name) == R"(a "b" \c)");
}

TEST_CASE("writer: responses and bodies", "[sip][writer]") {
  message_writer plain;
  plain.status_line(486);
  CHECK(*plain.finish() == "SIP/2.0 486 Busy Here\r\nContent-Length: 0\r\n\r\n");

  message_writer own_words;
  own_words.status_line(400, "Bad CSeq");
  own_words.body({}, "x");
  CHECK(*own_words.finish() == "SIP/2.0 400 Bad CSeq\r\nContent-Length: 1\r\n\r\nx");
}

TEST_CASE("writer: copies every line of a header in order", "[sip][writer]") {
  const auto m = parsed("OPTIONS sip:x SIP/2.0\r\nv: a, b\r\nX-a: 1\r\nVia: c\r\ny: 2\r\n\r\n");
  message_writer w;
  w.status_line(200);
  w.copy(*m, header_id::via);
  w.copy(*m, header_id::unknown);
  w.copy(*m, header_id::route);
  CHECK(*w.finish()
        == "SIP/2.0 200 OK\r\nVia: a, b\r\nVia: c\r\nX-a: 1\r\nContent-Length: 0\r\n\r\n");
}

TEST_CASE("writer: a line break inside a line is a bug, wherever it stands", "[sip][writer]") {
  for (std::size_t at = 0; at < 40; ++at)
    for (const char c : {'\r', '\n'}) {
      std::string value(40, 'x');
      value[at] = c;
      message_writer w;
      w.request_line("OPTIONS", "sip:x");
      CHECK_THROWS_AS(w.header(header_id::subject, value), check_failure);
      message_writer name, reason, uri, type;
      name.status_line(200);
      CHECK_THROWS_AS(name.header(value, "x"), check_failure);
      CHECK_THROWS_AS(reason.status_line(200, value), check_failure);
      CHECK_THROWS_AS(uri.request_line("OPTIONS", value), check_failure);
      type.status_line(200);
      CHECK_THROWS_AS(type.body(value, "x"), check_failure);
    }
  message_writer every_other_byte;
  every_other_byte.status_line(200);
  std::string value;
  for (int c = 0; c < 256; ++c)
    if (c != '\r' && c != '\n')
      value.push_back(static_cast<char>(c));
  CHECK_NOTHROW(every_other_byte.header("X", value));
}

TEST_CASE("writer: calls out of order are bugs", "[sip][writer]") {
  message_writer w;
  CHECK_THROWS_AS(w.header(header_id::subject, "x"), check_failure);
  CHECK_THROWS_AS(w.body({}, {}), check_failure);
  CHECK_THROWS_AS(w.request_line(method::unknown, "sip:x"), check_failure);
  CHECK_THROWS_AS(w.request_line("X", ""), check_failure);
  w.request_line(method::options, "sip:x");
  CHECK_THROWS_AS(w.status_line(200), check_failure);
  CHECK_THROWS_AS(w.header("", "x"), check_failure);
  CHECK_THROWS_AS(w.header(header_id::unknown, "x"), check_failure);
  CHECK_THROWS_AS(w.header(header_id::content_length, "0"), check_failure);
  w.body({}, {});
  CHECK_THROWS_AS(w.body({}, {}), check_failure);
  CHECK_THROWS_AS(w.header(header_id::subject, "x"), check_failure);
}
