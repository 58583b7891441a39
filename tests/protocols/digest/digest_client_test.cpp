// RFC 3261 §22.2, §22.3, RFC 7616 §3.3: which challenges to our requests are answered.
#include "protocols/digest/digest_client.hpp"

#include "tests/protocols/digest/digest_requests.hpp"

using namespace tandem;
using namespace tandem::test;
using refusal = sip::digest_client::refusal;

namespace {

const libcrypto_hash hash{{}};
constexpr sip::login us{"carrier-user", "carrier-secret"};

sip::message_ptr challenged(unsigned status, std::string_view nonce, std::string_view more = {}) {
  const std::string name = status == 407 ? "Proxy-Authenticate" : "WWW-Authenticate";
  return message_of("SIP/2.0 " + std::to_string(status) + " No\r\n" + name
                    + ": Digest realm=\"carrier\", qop=\"auth\", nonce=\"" + std::string(nonce)
                    + "\"" + std::string(more) + "\r\nContent-Length: 0\r\n\r\n");
}

auto answer(sip::digest_client& c, const sip::message_ptr& response) {
  return c.on_challenge(*response, us, {"INVITE", "sip:7@192.0.2.1"}, "cn", hash);
}

sip::message_ptr request_of(const sip::digest_client& c) {
  sip::message_writer w;
  w.request_line("INVITE", "sip:7@192.0.2.1");
  c.write(w);
  return message_of(*w.finish());
}

} // namespace

TEST_CASE("digest_client: answers a 401 and a 407 in the header that belongs to it", "[digest]") {
  for (const unsigned status : {401U, 407U}) {
    sip::digest_client c;
    CHECK(c.empty());
    REQUIRE(answer(c, challenged(status, "n1", ", opaque=\"op\", algorithm=SHA-256")));
    CHECK_FALSE(c.empty());
    const auto sent = request_of(c);
    const auto ours =
        status == 401 ? sip::header_id::authorization : sip::header_id::proxy_authorization;
    CHECK(sent->count(ours) == 1);
    CHECK(sent->count(sip::header_id::authorization)
              + sent->count(sip::header_id::proxy_authorization)
          == 1);
    const auto read = sip::parse_credentials(*sent->header(ours));
    REQUIRE(read);
    CHECK(read->username == "carrier-user");
    CHECK(read->opaque == "op");
    CHECK(read->uri == "sip:7@192.0.2.1");
    CHECK(read->nc == 1);
    const auto ha1 =
        sip::make_ha1(hash, hash_algorithm::sha256, us.username, "carrier", us.password);
    CHECK(sip::make_response(hash, *read, "INVITE", ha1.view()).view() == read->response);
    CHECK(sent->raw().find("carrier-secret") == std::string_view::npos);
  }
}

TEST_CASE("digest_client: a challenge without qop is answered without (RFC 3261 §22.4 item 8)",
          "[digest]") {
  sip::digest_client c;
  // The figures are md5sum's: A1 "carrier-user:carrier:carrier-secret", A2
  // "INVITE:sip:7@192.0.2.1".
  REQUIRE(answer(c, message_of("SIP/2.0 407 No\r\nProxy-Authenticate: Digest realm=\"carrier\", "
                               "nonce=\"n1\"\r\nContent-Length: 0\r\n\r\n")));
  const auto sent = request_of(c);
  const auto written = sent->header(sip::header_id::proxy_authorization);
  REQUIRE(written);
  CHECK(written->find("qop") == std::string_view::npos);
  CHECK(written->find("nc=") == std::string_view::npos);
  CHECK(written->find("cnonce") == std::string_view::npos);
  CHECK(written->find("response=\"1b327fcd905338ba1592b16f4b764e3e\"") != std::string_view::npos);
}

TEST_CASE("digest_client: a proxy and the server behind it each get theirs (§22.3)", "[digest]") {
  sip::digest_client c;
  REQUIRE(answer(c, challenged(407, "p")));
  REQUIRE(answer(c, challenged(401, "s")));
  const auto sent = request_of(c);
  CHECK(sent->count(sip::header_id::authorization) == 1);
  CHECK(sent->count(sip::header_id::proxy_authorization) == 1);
}

TEST_CASE("digest_client: once, and once more if the nonce was stale (RFC 7616 §3.3)", "[digest]") {
  sip::digest_client c;
  REQUIRE(answer(c, challenged(401, "n1")));
  CHECK(answer(c, challenged(401, "n2")) == tl::unexpected(refusal::wrong_password));
  CHECK(answer(c, challenged(401, "n1", ", stale=true"))
        == tl::unexpected(refusal::wrong_password)); // the same nonce again
  REQUIRE(answer(c, challenged(401, "n2", ", stale=TRUE")));
  CHECK(answer(c, challenged(401, "n3", ", stale=true"))
        == tl::unexpected(refusal::wrong_password)); // max_answered_challenges
}

TEST_CASE("digest_client: nothing that can be answered", "[digest]") {
  sip::digest_client c;
  CHECK(answer(c, message_of("SIP/2.0 401 No\r\nContent-Length: 0\r\n\r\n"))
        == tl::unexpected(refusal::no_challenge));
  CHECK(answer(c, challenged(401, "n", ", algorithm=SHA-3"))
        == tl::unexpected(refusal::no_challenge));
  CHECK(c.empty());
}

TEST_CASE("digest_client: goes on from a snapshot as if nothing had happened", "[digest]") {
  sip::digest_client c;
  const auto check = [&c] {
    const sip::digest_client again{c.snapshot_now()};
    CHECK(again.snapshot_now() == c.snapshot_now());
    CHECK(request_of(again)->raw() == request_of(c)->raw());
  };
  check();
  REQUIRE(answer(c, challenged(401, "n1")));
  check();
  c = sip::digest_client{c.snapshot_now()};
  CHECK_FALSE(answer(c, challenged(401, "n2")));
  REQUIRE(answer(c, challenged(401, "n2", ", stale=true")));
  check();
}
