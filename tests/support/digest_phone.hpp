#pragma once

#include "protocols/digest/challenge.hpp"
#include "protocols/digest/credentials.hpp"
#include "protocols/sip/message.hpp"
#include "runtime/base/hash.hpp"

#include <cstdint>
#include <cstdio>
#include <string>

namespace tandem::test {

/// What a phone logs in with, and for which request.
struct phone_login {
  std::string user = "phone", password = "secret";
  std::string method = "INVITE", uri;
  std::string cnonce = "0a4f113b";
  std::uint32_t nc = 1;
};

/// The Authorization line (with CRLF) by which a phone answers this challenge.
inline std::string digest_authorization(const hash_functions& h, const sip::challenge& asked,
                                        const phone_login& a) {
  char digits[9];
  std::snprintf(digits, sizeof digits, "%08x", a.nc);
  sip::credentials c;
  c.username = a.user;
  c.realm = asked.realm;
  c.nonce = asked.nonce;
  c.uri = a.uri;
  c.cnonce = a.cnonce;
  c.nc = a.nc;
  c.nc_digits = digits;
  c.algorithm = asked.algorithm;
  const auto ha1 = sip::make_ha1(h, c.algorithm, c.username, c.realm, a.password);
  const auto response = sip::make_response(h, c, a.method, ha1.view());
  c.response = response.view();
  return "Authorization: " + sip::to_text(c) + "\r\n";
}

/// Likewise, to the strongest challenge of a 401; empty if there is none.
inline std::string answer_to(const hash_functions& h, const sip::message& challenged,
                             const phone_login& a) {
  const auto asked = sip::choose_challenge(challenged, sip::header_id::www_authenticate);
  return asked ? digest_authorization(h, *asked, a) : std::string{};
}

} // namespace tandem::test
