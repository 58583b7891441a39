#pragma once

#include "protocols/digest/challenge.hpp"
#include "protocols/digest/credentials.hpp"
#include "protocols/sip/parser.hpp"
#include "runtime/io/libcrypto_hash.hpp"

#include <catch2/catch.hpp>

#include <cstdio>
#include <set>
#include <string>
#include <string_view>

namespace tandem::test {

inline sip::message_ptr message_of(std::string_view text) {
  auto m = sip::parse_message(text);
  REQUIRE(m);
  return *m;
}

/// A REGISTER with these header lines (each with CRLF).
inline sip::message_ptr register_with(std::string_view lines, std::string_view cseq = "2",
                                      std::string_view uri = "sip:example.test") {
  std::string text = "REGISTER " + std::string(uri) + " SIP/2.0\r\n";
  text += "Via: SIP/2.0/UDP 192.0.2.7;branch=z9hG4bK-" + std::string(cseq) + "\r\n";
  text += "From: <sip:1001@example.test>;tag=a\r\nTo: <sip:1001@example.test>\r\nCall-ID: c\r\n";
  text += "CSeq: " + std::string(cseq) + " REGISTER\r\n" + std::string(lines);
  return message_of(text + "Content-Length: 0\r\n\r\n");
}

struct client_answer {
  std::string user = "1001", password = "secret", method = "REGISTER", uri = "sip:example.test";
  std::string cnonce = "0a4f113b";
  std::uint32_t nc = 1;
};

/// The Authorization line by which a phone answers.
inline std::string authorization(const hash_functions& h, const sip::challenge& asked,
                                 const client_answer& a = {}) {
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

} // namespace tandem::test
