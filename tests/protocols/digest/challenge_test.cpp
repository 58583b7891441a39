// RFC 7616 §3.3, RFC 8760 §2.4: challenges, and which of several a client answers.
#include "protocols/digest/challenge.hpp"

#include "tests/protocols/digest/digest_requests.hpp"

using namespace tandem;
using namespace tandem::test;
using sip::digest_error;

TEST_CASE("challenge: written and read again", "[digest]") {
  for (const auto a : sip::algorithms_by_strength)
    for (const bool stale : {false, true}) {
      const sip::challenge c{
          .realm = "example.test", .nonce = "n", .opaque = "o", .algorithm = a, .stale = stale};
      const auto text = sip::to_text(c);
      INFO(text);
      CHECK(sip::parse_challenge(text) == c);
    }
}

TEST_CASE("challenge: the header that RFC 7616 §3.9.1 shows", "[digest]") {
  const auto c = sip::parse_challenge(
      "Digest realm=\"http-auth@example.org\", qop=\"auth, auth-int\", algorithm=SHA-256,"
      " nonce=\"7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v\","
      " opaque=\"FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS\"");
  REQUIRE(c);
  CHECK(c->realm == "http-auth@example.org");
  CHECK(c->algorithm == hash_algorithm::sha256);
  CHECK_FALSE(c->stale);
}

TEST_CASE("challenge: what we cannot answer, and why", "[digest]") {
  struct row {
    const char* text;
    digest_error why;
  };
  for (const auto& [text, why] :
       {row{"Basic realm=\"r\"", digest_error::another_scheme},
        row{"Digest realm=\"r\", qop=\"auth\"", digest_error::missing},
        row{"Digest nonce=\"n\", qop=\"auth\"", digest_error::missing},
        row{"Digest realm=\"r\", nonce=\"n\", qop=\"\"", digest_error::unknown_qop},
        row{"Digest realm=\"r\", nonce=\"n\", qop=\"auth-int\"", digest_error::unknown_qop},
        row{"Digest realm=\"r\", nonce=\"n\", qop=\"auth\", algorithm=AKAv1-MD5",
            digest_error::unknown_algorithm},
        row{"Digest realm=\"r\", nonce=\"n\", qop=\"auth\", nonce=\"m\"", digest_error::repeated},
        row{"Digest realm=\"r\" nonce=\"n\"", digest_error::malformed}}) {
    INFO(text);
    CHECK(sip::parse_challenge(text) == tl::unexpected(why));
  }
}

TEST_CASE("challenge: the strongest known one is chosen, wherever it stands (RFC 8760 §2.4)",
          "[digest]") {
  const auto response = [](std::string_view lines) {
    return message_of("SIP/2.0 401 Unauthorized\r\n" + std::string(lines)
                      + "Content-Length: 0\r\n\r\n");
  };
  const auto line = [](std::string_view algorithm) {
    return "WWW-Authenticate: Digest realm=\"r\", nonce=\"" + std::string(algorithm)
           + "\", qop=\"auth\", algorithm=" + std::string(algorithm) + "\r\n";
  };
  const auto id = sip::header_id::www_authenticate;
  const auto mixed = response(line("MD5") + line("SHA-3") + line("SHA-512-256") + line("SHA-256"));
  REQUIRE(sip::choose_challenge(*mixed, id));
  CHECK(sip::choose_challenge(*mixed, id)->nonce == "SHA-512-256");
  CHECK_FALSE(sip::choose_challenge(*response(line("SHA-3")), id));
  CHECK_FALSE(sip::choose_challenge(*mixed, sip::header_id::proxy_authenticate));

  std::string many;
  for (std::size_t i = 1; i < sip::max_auth_headers; ++i)
    many += line("MD5");
  const auto within = response(many + line("SHA-256"));
  const auto beyond = response(many + line("MD5") + line("SHA-256"));
  CHECK(sip::choose_challenge(*within, id)->nonce == "SHA-256");
  CHECK(sip::choose_challenge(*beyond, id)->nonce == "MD5");
}
