#pragma once

#include "protocols/sip/parser.hpp"

#include <initializer_list>
#include <stdexcept>
#include <string>
#include <string_view>

namespace tandem::test {

/// Lines with CRLF, then the empty line and the body.
inline std::string sip_text(std::initializer_list<std::string_view> lines,
                            std::string_view body = {}) {
  std::string text;
  for (const auto line : lines)
    text.append(line).append("\r\n");
  return text.append("\r\n").append(body);
}

/// An OPTIONS that passes every check, with more headers.
inline std::string options_with(std::initializer_list<std::string_view> headers) {
  std::string text = "OPTIONS sip:carol@chicago.example SIP/2.0\r\n"
                     "Via: SIP/2.0/UDP pc33.atlanta.example;branch=z9hG4bKhjhs8ass877\r\n"
                     "Max-Forwards: 70\r\n"
                     "To: <sip:carol@chicago.example>\r\n"
                     "From: Alice <sip:alice@atlanta.example>;tag=1928301774\r\n"
                     "Call-ID: a84b4c76e66710\r\n"
                     "CSeq: 63104 OPTIONS\r\n";
  for (const auto header : headers)
    text.append(header).append("\r\n");
  return text.append("\r\n");
}

/// A message that the test knows to be well-formed.
inline sip::message_ptr parsed(std::string_view text) {
  auto m = sip::parse_message(text);
  if (!m)
    throw std::logic_error{"test message: " + std::string{m.error().reason}};
  return *m;
}

/// A request of nothing but one header, for a typed reader.
inline sip::message_ptr with_header(std::string_view line) {
  return parsed(sip_text({"OPTIONS sip:x@y SIP/2.0", line}));
}

} // namespace tandem::test
