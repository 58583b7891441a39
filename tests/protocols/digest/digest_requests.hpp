#pragma once

#include "protocols/sip/parser.hpp"
#include "runtime/io/libcrypto_hash.hpp"
#include "tests/support/digest_phone.hpp"

#include <catch2/catch.hpp>

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

/// A phone that registers.
struct client_answer {
  std::string user = "1001", password = "secret", method = "REGISTER", uri = "sip:example.test";
  std::string cnonce = "0a4f113b";
  std::uint32_t nc = 1;
};

inline std::string authorization(const hash_functions& h, const sip::challenge& asked,
                                 const client_answer& a = {}) {
  return digest_authorization(h, asked,
                              phone_login{a.user, a.password, a.method, a.uri, a.cnonce, a.nc});
}

} // namespace tandem::test
