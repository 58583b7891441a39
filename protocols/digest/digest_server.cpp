#include "protocols/digest/digest_server.hpp"

#include "protocols/sip/typed_headers.hpp"
#include "protocols/sip/uri.hpp"
#include "runtime/base/check.hpp"

#include <algorithm>
#include <array>

namespace tandem::sip {

namespace {

/// RFC 3261 §17: 64*T1, in which a client repeats a request, with some of its T4.
constexpr std::chrono::seconds repeats_for{32};

/// Of what a retransmission repeats (§17.2.3, §8.2.2.2).
std::uint64_t fingerprint(const message& m) {
  std::uint64_t h = 0xcbf29ce484222325U; // FNV-1a; who can choose these has the password
  const auto mix = [&h](std::string_view text) {
    for (const char c : text)
      h = (h ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
    h = (h ^ 0xffU) * 0x100000001b3U;
  };
  mix(m.request_uri());
  for (const auto id : {header_id::via, header_id::call_id, header_id::cseq, header_id::from})
    mix(m.header(id).value_or(""));
  return h;
}

std::string_view ha1_of(const login_secret& s, hash_algorithm a) {
  switch (a) {
    case hash_algorithm::md5: return s.ha1_md5.value_or("");
    case hash_algorithm::sha256: return s.ha1_sha256.value_or("");
    case hash_algorithm::sha512_256: return {};
  }
  return {};
}

} // namespace

void digest_server::set_offer(digest_offer o) {
  TANDEM_CHECK(!o.algorithms.empty());
  offer_ = std::move(o);
  nonces_.set_lifetime(offer_.nonce_lifetime);
}

void digest_server::write_challenges(message_writer& w, const ip_address& client, reason why,
                                     hash_algorithm strongest, time_point now) {
  const auto& offered = offer_.algorithms;
  const auto is_bearable = [strongest](hash_algorithm a) { return a <= strongest; };
  const bool is_any_bearable = std::ranges::any_of(offered, is_bearable);
  const auto nonce = mint_.make(offer_.realm, client, now);
  for (const auto a : offered)
    if (!is_any_bearable || is_bearable(a))
      w.header(header_id::www_authenticate, to_text(challenge{.realm = offer_.realm,
                                                              .nonce = nonce,
                                                              .algorithm = a,
                                                              .stale = why == reason::stale}));
}

auto digest_server::find_credentials(const message& m) const
    -> tl::expected<std::optional<credentials>, digest_error> {
  std::optional<credentials> found;
  std::size_t count = 0;
  for (const auto& field : m.headers(header_id::authorization)) {
    if (++count > max_auth_headers)
      return tl::unexpected(digest_error::too_long);
    const auto read = parse_credentials(field.value);
    if (!read) {
      // RFC 3261 §22.2: what is of another scheme or realm is for somebody else.
      if (read.error() != digest_error::another_scheme && realm_of(field.value) == offer_.realm)
        return tl::unexpected(read.error());
      continue;
    }
    if (read->realm != offer_.realm)
      continue;
    // A client that knows no better answers each of our challenges: the strongest counts.
    if (!found || read->algorithm > found->algorithm)
      found = *read;
  }
  return found;
}

hash_text digest_server::expected_response(const credentials& c, const login_secret& s,
                                           std::string_view method) const {
  if (!s.password)
    return make_response(hash_, c, method, ha1_of(s, c.algorithm));
  const auto ha1 = make_ha1(hash_, c.algorithm, c.username, offer_.realm, *s.password);
  return make_response(hash_, c, method, ha1.view());
}

auto digest_server::verify(const credentials& c, const std::optional<login_secret>& secret,
                           const message& request, const ip_address& client, time_point now)
    -> verdict {
  const auto nonce = mint_.read(c.nonce, offer_.realm, client);
  if (!nonce || nonce->issuer != mint_.issuer() || nonces_.is_stale(*nonce, now))
    return verdict::stale;
  if (std::ranges::find(offer_.algorithms, c.algorithm) == offer_.algorithms.end())
    return verdict::not_offered;
  // Of a user whom nobody knows the same is computed, with a password that nobody has.
  const auto nobody = hash_.mac(std::array<std::string_view, 2>{"nobody", c.username});
  const auto wanted = secret.value_or(login_secret{.password = nobody.view()});
  const bool can_match = secret && (secret->password || !ha1_of(*secret, c.algorithm).empty());
  const auto response = expected_response(c, wanted, request.method_name());
  if (!equal_in_constant_time(response.view(), c.response) || !can_match)
    return verdict::wrong;
  if (!is_same_resource(c.uri, request.request_uri()))
    return verdict::wrong_uri;
  switch (nonces_.on_login(*nonce, c.nc, fingerprint(request), now, repeats_for)) {
    case nonce_table::verdict::fresh: return verdict::passed;
    case nonce_table::verdict::repeated: return verdict::repeated;
    case nonce_table::verdict::replayed: return verdict::stale;
  }
  return verdict::stale;
}

bool is_same_resource(std::string_view uri, std::string_view request_uri) {
  if (uri == request_uri)
    return true;
  const auto a = parse_uri(uri);
  const auto b = parse_uri(request_uri);
  return a && b && a->is_sip() && a->scheme == b->scheme && a->user == b->user
         && same_word(a->host, b->host);
}

} // namespace tandem::sip
