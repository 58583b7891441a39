// RFC 7616 §3.3, §3.4, RFC 8760 §2.4, RFC 3261 §22: challenges and verdicts of the server.
#include "protocols/digest/digest_server.hpp"

#include "tests/protocols/digest/digest_requests.hpp"

using namespace std::chrono_literals;
using namespace tandem;
using namespace tandem::test;
using verdict = sip::digest_server::verdict;
using reason = sip::digest_server::reason;

namespace {

constexpr ip_address here{ip_family::v4, {192, 0, 2, 7}};
constexpr ip_address elsewhere{ip_family::v4, {192, 0, 2, 8}};
const sip::login_secret secret{.password = "secret"};

struct desk {
  libcrypto_hash hash{{7}};
  sip::digest_server server{hash, 0};
  time_point now{1h};
  sip::message_ptr asked_with; ///< keeps the last challenge alive
  hash_algorithm strongest = hash_algorithm::sha512_256;

  explicit desk(std::vector<hash_algorithm> offered = {
                    hash_algorithm::sha512_256, hash_algorithm::sha256, hash_algorithm::md5}) {
    server.set_offer({"example.test", std::move(offered), 300s});
  }

  sip::challenge challenge(hash_algorithm a = hash_algorithm::sha256, reason why = reason::none) {
    sip::message_writer w;
    w.status_line({401});
    server.write_challenges(w, here, why, strongest, now);
    asked_with = message_of(*w.finish());
    for (const auto& field : asked_with->headers(sip::header_id::www_authenticate))
      if (const auto c = sip::parse_challenge(field.value); c && c->algorithm == a)
        return *c;
    FAIL("not offered");
    return {};
  }

  verdict verify(const sip::message& m, const std::optional<sip::login_secret>& s = secret,
                 const ip_address& from = here) {
    const auto found = server.find_credentials(m);
    REQUIRE(found);
    REQUIRE(*found);
    return server.verify(**found, s, m, from, now);
  }
};

} // namespace

TEST_CASE("digest_server: one challenge per algorithm, strongest first, one nonce (RFC 8760 §2.4)",
          "[digest]") {
  desk d;
  (void) d.challenge();
  std::vector<hash_algorithm> seen;
  std::set<std::string_view> nonces;
  for (const auto& field : d.asked_with->headers(sip::header_id::www_authenticate)) {
    const auto c = sip::parse_challenge(field.value);
    REQUIRE(c);
    CHECK(c->realm == "example.test");
    CHECK_FALSE(c->stale);
    seen.push_back(c->algorithm);
    nonces.insert(c->nonce);
  }
  CHECK(seen
        == std::vector{hash_algorithm::sha512_256, hash_algorithm::sha256, hash_algorithm::md5});
  CHECK(nonces.size() == 1);
  CHECK(d.challenge(hash_algorithm::md5, reason::stale).stale);
}

TEST_CASE("digest_server: a peer is offered nothing stronger than it bears, if anything is left",
          "[digest]") {
  const auto id = sip::header_id::www_authenticate;
  desk d;
  d.strongest = hash_algorithm::md5;
  (void) d.challenge(hash_algorithm::md5);
  CHECK(d.asked_with->count(id) == 1);
  d.strongest = hash_algorithm::sha256;
  (void) d.challenge(hash_algorithm::sha256);
  CHECK(d.asked_with->count(id) == 2);
  desk strict{{hash_algorithm::sha256}};
  strict.strongest = hash_algorithm::md5;
  (void) strict.challenge(hash_algorithm::sha256);
  CHECK(strict.asked_with->count(id) == 1);
}

TEST_CASE("digest_server: who knows the password passes, by every algorithm", "[digest]") {
  for (const auto a : sip::algorithms_by_strength) {
    desk d;
    CHECK(d.verify(*register_with(authorization(d.hash, d.challenge(a)))) == verdict::passed);
  }
}

TEST_CASE("digest_server: stored hashes serve as well as the password (RFC 7616 §3.4.2)",
          "[digest]") {
  desk d;
  const auto md5 = sip::make_ha1(d.hash, hash_algorithm::md5, "1001", "example.test", "secret");
  const auto sha256 =
      sip::make_ha1(d.hash, hash_algorithm::sha256, "1001", "example.test", "secret");
  const sip::login_secret both{.ha1_md5 = md5.view(), .ha1_sha256 = sha256.view()};
  const sip::login_secret one{.ha1_md5 = md5.view()};
  const auto by = [&](hash_algorithm a, const sip::login_secret& s) {
    return d.verify(*register_with(authorization(d.hash, d.challenge(a))), s);
  };
  CHECK(by(hash_algorithm::md5, both) == verdict::passed);
  CHECK(by(hash_algorithm::sha256, both) == verdict::passed);
  CHECK(by(hash_algorithm::md5, one) == verdict::passed);
  CHECK(by(hash_algorithm::sha256, one) == verdict::wrong);
  CHECK(by(hash_algorithm::sha512_256, both) == verdict::wrong);
}

TEST_CASE("digest_server: wrong password, method, user or nobody: the same verdict", "[digest]") {
  desk d;
  const auto c = d.challenge();
  CHECK(d.verify(*register_with(authorization(d.hash, c, {.password = "guess"})))
        == verdict::wrong);
  CHECK(d.verify(*register_with(authorization(d.hash, c, {.method = "INVITE"}))) == verdict::wrong);
  CHECK(d.verify(*register_with(authorization(d.hash, c, {.user = "1002"})), std::nullopt)
        == verdict::wrong);
  // Nobody's password cannot be guessed, whatever stands in for it.
  CHECK(d.verify(*register_with(authorization(d.hash, c, {.password = ""})), std::nullopt)
        == verdict::wrong);
  CHECK(d.verify(*register_with(authorization(d.hash, c))) == verdict::passed); // nc is still free
}

TEST_CASE("digest_server: nonces of others, of other addresses, or too old are stale, whatever the "
          "response is (RFC 7616 §3.3)",
          "[digest]") {
  desk d;
  const auto c = d.challenge();
  const auto good = register_with(authorization(d.hash, c));
  const auto bad = register_with(authorization(d.hash, c, {.password = "guess"}));
  CHECK(d.verify(*good, secret, elsewhere) == verdict::stale);
  CHECK(d.verify(*bad, secret, elsewhere) == verdict::stale);
  auto forged = c;
  forged.nonce = "0123";
  CHECK(d.verify(*register_with(authorization(d.hash, forged))) == verdict::stale);

  sip::digest_server other_shard{d.hash, 1};
  other_shard.set_offer(d.server.offer());
  const auto found = other_shard.find_credentials(*good);
  CHECK(other_shard.verify(**found, secret, *good, here, d.now) == verdict::stale);

  d.now += 300s;
  CHECK(d.verify(*good) == verdict::passed);
  d.now += 1ms;
  CHECK(d.verify(*good) == verdict::stale);
  CHECK(d.verify(*bad) == verdict::stale);
}

TEST_CASE("digest_server: nc rises with each request, a retransmission is answered, a replay is "
          "stale (RFC 7616 §5.12)",
          "[digest]") {
  desk d;
  const auto c = d.challenge();
  const auto first = register_with(authorization(d.hash, c), "2");
  CHECK(d.verify(*first) == verdict::passed);
  CHECK(d.verify(*first) == verdict::repeated);
  CHECK(d.verify(*register_with(authorization(d.hash, c), "3")) == verdict::stale);
  CHECK(d.verify(*register_with(authorization(d.hash, c, {.nc = 2}), "3")) == verdict::passed);
  d.now += 33s;
  CHECK(d.verify(*first) == verdict::stale);
}

TEST_CASE("digest_server: credentials for another request (RFC 7616 §3.4.6)", "[digest]") {
  desk d;
  const auto c = d.challenge();
  const auto to = [&](const std::string& signed_uri, std::string_view request_uri) {
    return d.verify(
        *register_with(authorization(d.hash, c, {.uri = signed_uri}), "2", request_uri));
  };
  CHECK(to("sip:other.test", "sip:example.test") == verdict::wrong_uri);
  CHECK(to("sip:example.test:5060;transport=udp", "sip:EXAMPLE.test") == verdict::passed);
  CHECK(sip::is_same_resource("sip:1@h", "sip:1@h;user=phone"));
  CHECK_FALSE(sip::is_same_resource("sip:1@h", "sip:2@h"));
  CHECK_FALSE(sip::is_same_resource("sip:1@h", "sips:1@h"));
  CHECK_FALSE(sip::is_same_resource("sip:1@h", "sip:1@g"));
  CHECK(sip::is_same_resource("tel:1", "tel:1"));
  CHECK_FALSE(sip::is_same_resource("tel:1", "tel:2"));
}

TEST_CASE("digest_server: an algorithm that is not offered does not pass", "[digest]") {
  desk d{{hash_algorithm::sha256}};
  auto c = d.challenge(hash_algorithm::sha256);
  c.algorithm = hash_algorithm::md5;
  CHECK(d.verify(*register_with(authorization(d.hash, c))) == verdict::not_offered);
}

TEST_CASE("digest_server: which credentials are for us (RFC 3261 §22.2)", "[digest]") {
  desk d;
  const auto c = d.challenge();
  auto foreign = c;
  foreign.realm = "other.test";
  const auto ours = authorization(d.hash, c);
  const auto none = [&](const std::string& lines) {
    const auto found = d.server.find_credentials(*register_with(lines));
    return found && !*found;
  };
  CHECK(none(""));
  CHECK(none("Authorization: Basic abc\r\n"));
  CHECK(none("Authorization: Digest broken\r\n"));
  CHECK(none(authorization(d.hash, foreign)));
  CHECK(d.verify(
            *register_with("Authorization: Basic abc\r\n" + authorization(d.hash, foreign) + ours))
        == verdict::passed);
  // A phone that answers all of our challenges: the strongest counts.
  auto weak = c;
  weak.algorithm = hash_algorithm::md5;
  const auto both = register_with(authorization(d.hash, weak) + ours, "5");
  CHECK((*d.server.find_credentials(*both))->algorithm == hash_algorithm::sha256);

  CHECK(
      d.server.find_credentials(*register_with("Authorization: Digest realm=\"example.test\"\r\n"))
      == tl::unexpected(sip::digest_error::missing));
  std::string many;
  for (std::size_t i = 1; i < sip::max_auth_headers; ++i)
    many += "Authorization: Basic abc\r\n";
  CHECK(d.server.find_credentials(*register_with(many + ours)));
  CHECK(d.server.find_credentials(*register_with(many + many + ours))
        == tl::unexpected(sip::digest_error::too_long));
}
