// Any bytes as the body of an INVITE, of a type that the first byte chooses: the description that
// is found lies in the body, and is found again when that body is one part of another (RFC 2046
// §5.1).
#include "protocols/sip/session_body.hpp"

#include "protocols/sip/parser.hpp"
#include "tests/fuzz/fuzzing.hpp"

#include <array>
#include <string>

using namespace tandem;
using test::require;

namespace {

constexpr std::array<const char*, 4> types = {
    "Content-Type: multipart/mixed;boundary=b\r\n",
    "Content-Type: multipart/alternative;boundary=\"b\"\r\n", "Content-Type: application/sdp\r\n",
    "Content-Type: multipart/mixed;boundary=b\r\nContent-Disposition: x;handling=optional\r\n"};

sip::message_ptr invite(std::string_view headers, std::string_view body) {
  const auto m = sip::parse_message("INVITE sip:a@b.test SIP/2.0\r\n" + std::string{headers}
                                    + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n"
                                    + std::string{body});
  return m ? *m : nullptr;
}

/// RFC 2046 §5.1.4 for the last of multipart/alternative; else the first that is not empty.
void check_parts(std::string_view text, bool alternative) {
  if (text.find("--b") != std::string_view::npos)
    return; // would end a part
  std::string body, expected;
  for (auto left = text;;) {
    const auto end = left.find('\0');
    const auto part = left.substr(0, end);
    body.append("--b\r\nContent-Type: application/sdp\r\n\r\n").append(part).append("\r\n");
    if (!part.empty() && (alternative || expected.empty()))
      expected = part;
    if (end == std::string_view::npos)
      break;
    left.remove_prefix(end + 1);
  }
  if (const auto m = invite(types[alternative ? 1 : 0], body + "--b--"); m && !expected.empty())
    require(sip::session_body(*m) == std::string_view{expected});
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0)
    return 0;
  const std::string type = types[data[0] % types.size()];
  const std::string body{reinterpret_cast<const char*>(data + 1), size - 1};
  check_parts(body, data[0] % 2 == 1);
  const auto m = invite(type, body);
  if (!m)
    return 0;
  const auto found = sip::session_body(*m);
  require((sip::unfit_for_session(*m) == 0) == found.has_value());
  if (!found) {
    require(found.error() == 415);
    return 0;
  }
  require(found->empty()
          || (found->data() >= m->body().data()
              && found->data() + found->size() <= m->body().data() + body.size()));
  if (data[0] % types.size() == 2)
    require(*found == body);
  if (body.find("--outer") != std::string::npos)
    return 0;
  const auto wrapped = invite("Content-Type: multipart/mixed;boundary=outer\r\n",
                              "--outer\r\n" + type + "\r\n" + body + "\r\n--outer--");
  if (!wrapped)
    return 0;
  const auto again = sip::session_body(*wrapped);
  // Nested too deeply, or nothing in it that anybody must read.
  const bool may_fail = found->empty() || body.find("multipart") != std::string::npos;
  require(again ? *again == *found : may_fail);
  return 0;
}
