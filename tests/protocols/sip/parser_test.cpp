#include "protocols/sip/parser.hpp"

#include "protocols/sip/typed_headers.hpp"
#include "tests/protocols/sip/sip_text.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <string_view>
#include <vector>

using namespace tandem::sip;
using tandem::test::sip_text;

namespace {

constexpr std::string_view top_via = "Via: SIP/2.0/UDP h;branch=z9hG4bKa";
using errc = parse_errc;

} // namespace

TEST_CASE("parser: what is no message, and whether it can be answered", "[sip][parser]") {
  struct row {
    std::string text;
    errc code;
    int status;
    bool answerable;
  };
  const std::string options = "OPTIONS sip:x SIP/2.0";
  const std::vector<row> table = {
      {"", errc::empty, 400, false},
      {"\r\n\r\n", errc::empty, 400, false}, // keep-alive, RFC 5626 §3.5.1
      {"\r\n\r", errc::not_sip, 400, false},
      {"hello", errc::not_sip, 400, false},
      {"GET / HTTP/1.1\r\n\r\n", errc::not_sip, 400, false},
      {"\x16\x03\x01\r\n\r\n", errc::not_sip, 400, false},
      {sip_text({" OPTIONS sip:x SIP/2.0", top_via}), errc::not_sip, 400, false},
      // RFC 3261 §7.1
      {sip_text({"OPTIONS  sip:x SIP/2.0", top_via}), errc::bad_request_line, 400, true},
      {sip_text({"OPTIONS sip:x  SIP/2.0", top_via}), errc::bad_request_line, 400, true},
      {sip_text({"OPTIONS sip:x SIP/2.0 ", top_via}), errc::bad_request_line, 400, true},
      {sip_text({"OPTIONS SIP/2.0", top_via}), errc::bad_request_line, 400, true},
      {sip_text({"OPTIONS sip:x SIP/2", top_via}), errc::bad_request_line, 400, true},
      {sip_text({"OPTIONS sip:x SIP/2.", top_via}), errc::bad_request_line, 400, true},
      {sip_text({"ACK  sip:x SIP/2.0", top_via}), errc::bad_request_line, 400,
       false},                                                                    // §17: no answer
      {sip_text({"OPTIONS  sip:x SIP/2.0"}), errc::bad_request_line, 400, false}, // to whom?
      {sip_text({"OPTIONS sip:x SIP/7.0", top_via}), errc::unsupported_version, 505, true},
      {sip_text({"OPTIONS sip:x SIP/2.00", top_via}), errc::unsupported_version, 505, true},
      {sip_text({"ACK sip:x SIP/7.0", top_via}), errc::unsupported_version, 505, false},
      // §7.2: no response to a response
      {sip_text({"SIP/7.0 200 OK", top_via}), errc::unsupported_version, 505, false},
      {sip_text({"SIP/2.0 99 Low", top_via}), errc::bad_status_line, 400, false},
      {sip_text({"SIP/2.0 099 Low", top_via}), errc::bad_status_line, 400, false},
      {sip_text({"SIP/2.0 700 High", top_via}), errc::bad_status_line, 400, false},
      {sip_text({"SIP/2.0 2000 Long", top_via}), errc::bad_status_line, 400, false},
      {sip_text({"SIP/2.0 2x0 Word", top_via}), errc::bad_status_line, 400, false},
      {sip_text({"SIP/2.0", top_via}), errc::bad_status_line, 400, false},
      {sip_text({"SIP/2.0 200 OK", top_via, "broken"}), errc::bad_header_line, 400, false},
      // §7.3
      {sip_text({options, top_via, "no colon"}), errc::bad_header_line, 400, true},
      {sip_text({options, top_via, ": no name"}), errc::bad_header_line, 400, true},
      {sip_text({options, top_via, "two words: x"}), errc::bad_header_line, 400, true},
      {sip_text({options, top_via, "X-Lf: a\nb"}), errc::bad_header_line, 400, true},
      {sip_text({options, top_via, "X-Cr: a\rb"}), errc::bad_header_line, 400, true},
      {sip_text({options, " folded: start line", top_via}), errc::bad_header_line, 400, true},
      {options + "\r\n" + std::string{top_via} + "\r\n", errc::no_end_of_headers, 400, true},
      {options + "\r\n" + std::string{top_via}, errc::no_end_of_headers, 400, false},
      // §18.3, §20.14
      {sip_text({options, top_via, "l: 5"}, "1234"), errc::body_too_short, 400, true},
      {sip_text({options, top_via, "l: 99999999999999999999"}), errc::body_too_short, 400, true},
      {sip_text({options, top_via, "l: -1"}), errc::bad_content_length, 400, true},
      {sip_text({options, top_via, "l: +1"}, "1"), errc::bad_content_length, 400, true},
      {sip_text({options, top_via, "l: 0x1"}), errc::bad_content_length, 400, true},
      {sip_text({options, top_via, "l:"}), errc::bad_content_length, 400, true},
      {sip_text({options, top_via, "l: 0, 0"}), errc::bad_content_length, 400, true},
      {sip_text({options, top_via, "l: 0", "Content-Length: 0"}), errc::bad_content_length, 400,
       true},
  };
  for (const auto& r : table) {
    INFO(r.text);
    const auto m = parse_message(r.text);
    REQUIRE_FALSE(m);
    CHECK(m.error().code == r.code);
    CHECK(m.error().status == r.status);
    CHECK(m.error().answerable() == r.answerable);
    CHECK_FALSE(m.error().reason.empty());
  }
}

TEST_CASE("parser: the first problem is reported, and reading goes on (RFC 3261 §8.2)",
          "[sip][parser]") {
  const auto m = parse_message(sip_text({"OPTIONS sip:x SIP/7.0", "broken", top_via, "Call-ID: 7",
                                         "also broken", "Content-Length: z"}));
  REQUIRE_FALSE(m);
  CHECK(m.error().code == errc::unsupported_version);
  REQUIRE(m.error().answerable());
  CHECK(m.error().partial->header(header_id::call_id) == "7");
  CHECK(m.error().partial->method_name() == "OPTIONS");
}

TEST_CASE("parser: line breaks ahead are skipped (RFC 3261 §7.5)", "[sip][parser]") {
  const auto m = parse_message("\r\n\r\n" + sip_text({"OPTIONS sip:x SIP/2.0", top_via}, "b"));
  REQUIRE(m);
  CHECK((*m)->raw().starts_with("OPTIONS "));
  CHECK((*m)->body() == "b");
}

TEST_CASE("parser: any byte of a message may be missing or be another", "[sip][parser]") {
  const auto text = sip_text({"INVITE sip:a@b SIP/2.0", top_via, "To: \"a\\\"\" <sip:a@b>;tag=1",
                              "Contact: <sip:c@[::1]:1>;q=0.5", "l: 2"},
                             "v=");
  for (std::size_t n = 0; n < text.size(); ++n)
    CHECK_FALSE(parse_message(text.substr(0, n)));
  for (std::size_t n = 0; n < text.size(); ++n)
    for (const char c : {'\0', '\r', '\n', ' ', '"', '\xff'}) {
      auto changed = text;
      changed[n] = c;
      if (const auto m = parse_message(changed)) { // sanitizers watch
        (void) read_vias(**m);
        (void) read_to(**m);
        (void) read_contacts(**m);
      }
    }
}

TEST_CASE("parser limits: bytes of a message, at n and n + 1", "[sip][parser][limits]") {
  const auto head = sip_text({"OPTIONS sip:x SIP/2.0", top_via});
  const auto sized = [&](std::size_t n) { return head + std::string(n - head.size(), 'b'); };
  for (const std::size_t n : {most_message_bytes, std::size_t{200}}) {
    message_limits limits;
    limits.message_bytes = n;
    const auto at_limit = parse_message(sized(n), limits);
    REQUIRE(at_limit);
    CHECK((*at_limit)->raw().size() == n);
    CHECK((*at_limit)->body().size() == n - head.size());
    const auto beyond = parse_message(sized(n + 1), limits);
    REQUIRE_FALSE(beyond);
    CHECK(beyond.error().code == errc::message_too_large);
    CHECK(beyond.error().status == 513);
    CHECK(beyond.error().answerable());
  }
  message_limits generous; // the index has 16 bits whatever is configured
  generous.message_bytes = 1'000'000;
  CHECK_FALSE(parse_message(sized(most_message_bytes + 1), generous));
}

TEST_CASE("parser limits: header lines, at n and n + 1", "[sip][parser][limits]") {
  const auto with = [](std::size_t n) {
    std::string text = "OPTIONS sip:x SIP/2.0\r\n" + std::string{top_via} + "\r\n";
    for (std::size_t i = 1; i < n; ++i)
      text.append("Z: y\r\n");
    return text.append("\r\n");
  };
  for (const auto n : {message_limits{}.headers, most_headers}) {
    message_limits limits;
    limits.headers = n;
    const auto at_limit = parse_message(with(n), limits);
    REQUIRE(at_limit);
    std::size_t seen = 0;
    for (const auto& f : (*at_limit)->headers())
      seen += f.name.size() > 0;
    CHECK(seen == n);
    CHECK((*at_limit)->count(header_id::unknown) == n - 1);
    const auto beyond = parse_message(with(n + 1), limits);
    REQUIRE_FALSE(beyond);
    CHECK(beyond.error().code == errc::too_many_headers);
    CHECK(beyond.error().answerable());
  }
  message_limits generous; // the index has 8 bits whatever is configured
  generous.headers = 1'000;
  CHECK_FALSE(parse_message(with(most_headers + 1), generous));
}

TEST_CASE("parser limits: bytes of a line with its folds, at n and n + 1",
          "[sip][parser][limits]") {
  const auto n = message_limits{}.line_bytes;
  const auto padded = [](std::string_view start, std::size_t size) {
    return std::string{start} + std::string(size - start.size(), 'y');
  };
  const auto folded = [&](std::size_t size) { return "X: a\r\n " + std::string(size - 7, 'y'); };
  for (const std::size_t over : {0, 1}) {
    const auto header =
        parse_message(sip_text({"OPTIONS sip:x SIP/2.0", top_via, padded("X: ", n + over)}));
    const auto fold = parse_message(sip_text({"OPTIONS sip:x SIP/2.0", top_via, folded(n + over)}));
    const auto uri = padded("OPTIONS sip:", n + over - 8) + " SIP/2.0";
    const auto start = parse_message(sip_text({uri, top_via}));
    CHECK(header.has_value() == (over == 0));
    CHECK(fold.has_value() == (over == 0));
    CHECK(start.has_value() == (over == 0));
    if (over == 1) {
      CHECK(header.error().status == 400);
      CHECK(fold.error().code == errc::line_too_long);
      CHECK(start.error().status == 414); // §21.4.12
    }
  }
}
