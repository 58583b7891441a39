#include "protocols/digest/digest_client.hpp"

#include "protocols/digest/challenge.hpp"
#include "protocols/digest/credentials.hpp"

namespace tandem::sip {

auto digest_client::on_challenge(const message& response, const login& who,
                                 const challenged_request& request, std::string_view cnonce,
                                 const hash_functions& hash) -> tl::expected<void, refusal> {
  const bool by_proxy = response.status().value() == 407;
  auto& own = by_proxy ? s_.proxy : s_.server;
  const auto asked = choose_challenge(response, by_proxy ? header_id::proxy_authenticate
                                                         : header_id::www_authenticate);
  if (!asked)
    return tl::unexpected(refusal::no_challenge);
  if (own.answered > 0
      && (!asked->stale || asked->nonce == own.nonce || own.answered >= max_answered_challenges))
    return tl::unexpected(refusal::wrong_password);
  credentials c;
  c.username = who.username;
  c.realm = asked->realm;
  c.nonce = asked->nonce;
  c.opaque = asked->opaque;
  c.algorithm = asked->algorithm;
  c.uri = request.uri;
  if (asked->has_qop) {
    c.cnonce = cnonce;
    c.nc = 1;
    c.nc_digits = "00000001";
  }
  const auto ha1 = make_ha1(hash, c.algorithm, c.username, c.realm, who.password);
  const auto answer = make_response(hash, c, request.method, ha1.view());
  c.response = answer.view();
  own.nonce = asked->nonce;
  own.credentials = to_text(c);
  ++own.answered;
  return {};
}

void digest_client::write(message_writer& w) const {
  if (!s_.server.credentials.empty())
    w.header(header_id::authorization, s_.server.credentials);
  if (!s_.proxy.credentials.empty())
    w.header(header_id::proxy_authorization, s_.proxy.credentials);
}

} // namespace tandem::sip
