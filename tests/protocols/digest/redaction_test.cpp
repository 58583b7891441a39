// What ladders show of credentials.
#include "protocols/digest/redaction.hpp"

#include <catch2/catch.hpp>

using tandem::sip::without_proofs;

namespace {

std::string invite(const std::string& lines) {
  return "INVITE sip:1@h SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=b\r\n" + lines
         + "\r\nauthorization: response=\"in the body\"";
}

} // namespace

TEST_CASE("redaction: the response of digest credentials is not shown, all else is", "[digest]") {
  for (const std::string name : {"Authorization", "PROXY-AUTHORIZATION"}) {
    CHECK(without_proofs(invite(name
                                + ": Digest username=\"response=\\\"x\", Response=\"0123\","
                                  " nc=1, realm=\"r\"\r\n"))
          == invite(name
                    + ": Digest username=\"response=\\\"x\", Response=\"-\", nc=1, realm=\"r\""
                      "\r\n"));
  }
}

TEST_CASE("redaction: of what is not read as digest credentials nothing is shown", "[digest]") {
  CHECK(without_proofs(invite("Authorization: Basic dXNlcjpwdw==\r\n"))
        == invite("Authorization: Basic -\r\n"));
  CHECK(without_proofs(invite("Authorization: Digest nc=1, response=\"0123\r\n"))
        == invite("Authorization: Digest nc=1, -\r\n"));
  CHECK(without_proofs(invite("Authorization: Digest nc=1; response=\"0123\"\r\n"))
        == invite("Authorization: Digest nc=1-\r\n"));
}

TEST_CASE("redaction: messages without credentials stay as they are", "[digest]") {
  for (const std::string& text :
       {invite(""), invite("To: x\r\n"), std::string("no SIP\nat all"), std::string(),
        std::string("Authorization"), std::string("SIP/2.0 200 OK\nTo: x\n")}) {
    INFO(text);
    CHECK(without_proofs(text) == text);
  }
}
