// RFC 7616 §3.4, RFC 3261 §20.7: reading, writing and computing credentials.
#include "protocols/digest/credentials.hpp"

#include "tests/protocols/digest/digest_requests.hpp"

using namespace tandem;
using namespace tandem::test;
using sip::digest_error;

namespace {

const std::string md5_response = "8ca523f5e9506fed4657c9700eebdbec";

std::string header(const std::string& more = {}) {
  return R"(Digest username="1001", realm="example.test", nonce="n", uri="sip:a@b", response=")"
         + md5_response + R"(", cnonce="c", nc=0000000a, qop=auth)" + more;
}

std::string without(const std::string& name) {
  auto text = header();
  const auto at = text.find(name + "=");
  const auto end = text.find(", ", at);
  return text.erase(at, end == std::string::npos ? end : end + 2 - at);
}

std::string with(const std::string& from, const std::string& to) {
  auto text = header();
  const auto at = text.find(from);
  REQUIRE(at != std::string::npos);
  return text.replace(at, from.size(), to);
}

} // namespace

TEST_CASE("credentials: the examples of RFC 7616 §3.9.1 and §3.9.2", "[digest]") {
  const libcrypto_hash h{{}};
  struct row {
    hash_algorithm algorithm;
    const char *user, *realm, *password, *nonce, *uri, *cnonce, *response;
  };
  const row rows[]{
      {hash_algorithm::md5, "Mufasa", "http-auth@example.org", "Circle of Life",
       "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", "/dir/index.html",
       "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ", "8ca523f5e9506fed4657c9700eebdbec"},
      {hash_algorithm::sha256, "Mufasa", "http-auth@example.org", "Circle of Life",
       "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", "/dir/index.html",
       "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ",
       "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"},
      // As its erratum 4897 has it: the RFC's own digits are of another hash.
      {hash_algorithm::sha512_256, "J\u00e4s\u00f8n Doe", "api@example.org", "Secret, or not?",
       "5TsQWLVdgBdmrQ0XsxbDODV+57QdFR34I9HAbC/RVvkK", "/doe.json",
       "NTg6RKcb9boFIAS3KrFK9BGeh+iDa/sm6jUMp2wds69v",
       "3798d4131c277846293534c3edc11bd8a5e4cdcbff78b05db9d95eeb1cec68a5"},
  };
  for (const auto& r : rows) {
    INFO(r.response);
    sip::credentials c;
    c.username = r.user;
    c.nonce = r.nonce;
    c.uri = r.uri;
    c.cnonce = r.cnonce;
    c.nc_digits = "00000001";
    c.algorithm = r.algorithm;
    const auto ha1 = sip::make_ha1(h, r.algorithm, r.user, r.realm, r.password);
    CHECK(sip::make_response(h, c, "GET", ha1.view()).view() == r.response);
  }
}

TEST_CASE("credentials: the header that RFC 7616 §3.9.1 shows is read, and written again",
          "[digest]") {
  const auto* text =
      "Digest username=\"Mufasa\",\t realm=\"http-auth@example.org\", uri=\"/dir/index.html\","
      " algorithm=SHA-256, nonce=\"7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v\", nc=00000001,"
      " cnonce=\"f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ\", qop=auth,"
      " response=\"753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1\","
      " opaque=\"FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS\"";
  const auto c = sip::parse_credentials(text);
  REQUIRE(c);
  CHECK(c->username == "Mufasa");
  CHECK(c->algorithm == hash_algorithm::sha256);
  CHECK(c->opaque == "FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS");
  const auto written = sip::to_text(*c);
  CHECK(sip::parse_credentials(written) == c);
}

TEST_CASE("credentials: what clients write differently is read alike (RFC 3261 §7.3.1)",
          "[digest]") {
  const auto first = header(); // what is read are views of it
  const auto plain = sip::parse_credentials(first);
  REQUIRE(plain);
  CHECK(plain->nc == 10);
  CHECK(plain->algorithm == hash_algorithm::md5); // §3.4: when absent
  for (const auto& text :
       {with("Digest", "DIGEST"), with("username=", "UserName = "),
        with("qop=auth", "qop=\"auth\""), header(", algorithm=md5"),
        header(",, auth-param=x, other=\"y, z\""), with("nc=0000000a", "nc=\"0000000a\"")}) {
    INFO(text);
    CHECK(sip::parse_credentials(text) == plain);
  }
}

TEST_CASE("credentials: what cannot be credentials, and why (RFC 7616 §3.4)", "[digest]") {
  struct row {
    std::string text;
    digest_error why;
  };
  std::vector<row> rows{
      {"Basic dXNlcjpwYXNz", digest_error::another_scheme},
      {"", digest_error::malformed},
      {"Digest", digest_error::malformed},
      {"Digest ", digest_error::missing},
      {"Digest username", digest_error::malformed},
      {"Digest username=\"x", digest_error::malformed},
      {"Digest username=\"x\" realm=\"y\"", digest_error::malformed},
      {header(", username=\"1002\""), digest_error::repeated},
      {header(", QOP=auth"), digest_error::repeated},
      {header(", algorithm=SHA-1"), digest_error::unknown_algorithm},
      {header(", algorithm=MD5-sess"), digest_error::unknown_algorithm},
      {header(", algorithm=SHA-256"), digest_error::malformed}, // too few digits for it
      {with("qop=auth", "qop=auth-int"), digest_error::unknown_qop},
      {header(", userhash=true"), digest_error::unknown_qop},
      {with("0000000a", "a"), digest_error::malformed},
      {with("0000000a", "0000000g"), digest_error::malformed},
      {with("0000000a", "00000000"), digest_error::malformed},
      {with("0000000a", "00000000a"), digest_error::malformed},
      {with("nonce=\"n\"", "nonce=\"\""), digest_error::malformed},
      {with(md5_response, "8CA523F5E9506FED4657C9700EEBDBEC"), digest_error::malformed}, // LHEX
      {with(md5_response, md5_response.substr(1)), digest_error::malformed},
  };
  for (const auto* name : {"username", "realm", "nonce", "uri", "response", "cnonce", "nc", "qop"})
    rows.push_back({without(name), digest_error::missing});
  for (const auto& r : rows) {
    INFO(r.text);
    const auto read = sip::parse_credentials(r.text);
    REQUIRE_FALSE(read);
    CHECK(static_cast<int>(read.error()) == static_cast<int>(r.why));
  }
}

TEST_CASE("credentials: length and number of parameters at their limits and one beyond",
          "[digest]") {
  const auto padded = [](std::size_t size) {
    const auto text = header(", x=");
    return text + std::string(size - text.size(), 'x');
  };
  CHECK(sip::parse_credentials(padded(sip::max_auth_value_bytes)));
  CHECK(sip::parse_credentials(padded(sip::max_auth_value_bytes + 1))
        == tl::unexpected(digest_error::too_long));
  std::string many;
  for (std::size_t i = 8; i < sip::max_auth_parameters; ++i)
    many += ", x" + std::to_string(i) + "=y";
  CHECK(sip::parse_credentials(header(many)));
  CHECK(sip::parse_credentials(header(many + ", z=z")) == tl::unexpected(digest_error::too_long));
}

TEST_CASE("credentials: the realm of what is otherwise unreadable", "[digest]") {
  CHECK(sip::realm_of(header()) == "example.test");
  CHECK(sip::realm_of("Digest realm=\"r\", broken") == "r");
  CHECK(sip::realm_of("Basic abc").empty());
}
