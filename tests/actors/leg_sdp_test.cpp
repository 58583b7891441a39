// RFC 3261 §8.2.3, §20.11, §20.12: which bodies are read as a description.
#include "actors/leg/leg_sdp.hpp"

#include "protocols/sip/parser.hpp"

#include <catch2/catch.hpp>

using namespace tandem;

namespace {

/// "sdp", "none", or the status to refuse with.
std::string read(const std::string& headers, const std::string& body) {
  const auto m = sip::parse_message("INVITE sip:a@b SIP/2.0\r\n" + headers + "Content-Length: "
                                    + std::to_string(body.size()) + "\r\n\r\n" + body);
  REQUIRE(m);
  const auto got = actors::leg_sdp::read(**m);
  if (!got)
    return std::to_string(got.error());
  return *got ? "sdp" : "none";
}

} // namespace

TEST_CASE("leg sdp: which bodies are a description (§8.2.3)", "[actors]") {
  const std::string sdp = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n";
  const std::string is_sdp = "Content-Type: application/sdp\r\n";
  const std::string is_text = "Content-Type: text/plain\r\n";
  CHECK(read("", "") == "none");
  CHECK(read(is_sdp, sdp) == "sdp");
  CHECK(read(is_sdp + "Content-Encoding: identity\r\n", sdp) == "sdp");
  CHECK(read(is_sdp + "Content-Encoding: gzip\r\n", sdp) == "415");
  CHECK(read(is_sdp, "v=0\r\nnonsense\r\n") == "400");
  CHECK(read("", sdp) == "415");
  CHECK(read(is_text, "hello") == "415");
  const std::string optional = "Content-Disposition: render ; Handling=OPTIONAL\r\n";
  CHECK(read(is_text + optional, "hello") == "none");
  CHECK(read(is_sdp + optional, sdp) == "sdp");
  CHECK(read(is_text + "Content-Disposition: render;handling=required\r\n", "hello") == "415");
  CHECK(read(is_text + "Content-Disposition: render\r\n", "hello") == "415");
  CHECK(read(is_text + "Content-Disposition: ;;=\r\n", "hello") == "415");
}
