// RFC 3261 §7.4.1, §8.2.3, §20.11, RFC 2046 §5.1, RFC 5621: the description in a message.
#include "protocols/sip/session_body.hpp"

#include "protocols/sip/parser.hpp"

#include <catch2/catch.hpp>

#include <string>

using namespace tandem::sip;

namespace {

message_ptr invite(const std::string& headers, const std::string& body) {
  const auto m = parse_message("INVITE sip:u@h SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z9hG4bK1\r\n"
                               "From: <sip:u@h>;tag=1\r\nTo: <sip:u@h>\r\nCall-ID: x\r\n"
                               "CSeq: 1 INVITE\r\n"
                               + headers + "Content-Length: " + std::to_string(body.size())
                               + "\r\n\r\n" + body);
  REQUIRE(m);
  return *m;
}

const std::string sdp_type = "Content-Type: application/sdp\r\n";
const std::string mixed = "Content-Type: multipart/mixed;boundary=b\r\n";

std::string part(const std::string& headers, const std::string& text) {
  return "--b\r\n" + headers + "\r\n" + text + "\r\n";
}

/// Multiparts around each other, `depth` of them, and a description in the innermost.
std::string nested(std::size_t depth) {
  const auto name = "b" + std::to_string(depth);
  const auto inner = depth == 1 ? sdp_type + "\r\nv=0" : nested(depth - 1);
  return "Content-Type: multipart/mixed;boundary=" + name + "\r\n\r\n--" + name + "\r\n" + inner
         + "\r\n--" + name + "--";
}

/// The text, or the status.
std::string read(const message_ptr& m) {
  const auto text = session_body(*m);
  return text ? std::string(*text) : std::to_string(text.error());
}

} // namespace

TEST_CASE("session body: a body of one part (RFC 3261 §8.2.3, §20.11)", "[sip]") {
  struct row {
    std::string headers, body, text;
  };
  const std::string other = "Content-Type: text/plain\r\n";
  const std::string optional = "Content-Disposition: render;handling=optional\r\n";
  for (const auto& [headers, body, text] :
       {row{"", "", ""}, row{sdp_type, "", ""}, row{sdp_type, "v=0", "v=0"},
        row{"c: Application/SDP;x=y\r\n", "v=0", "v=0"}, row{"", "v=0", "415"},
        row{other, "hello", "415"}, row{other + optional, "hello", ""},
        row{other + "Content-Disposition: render;handling=required\r\n", "hello", "415"},
        row{sdp_type + "Content-Encoding: gzip\r\n", "v=0", "415"},
        row{sdp_type + "Content-Encoding: identity\r\n", "v=0", "v=0"},
        row{sdp_type + "Content-Encoding:\r\n", "v=0", "415"},
        row{sdp_type + "Content-Disposition: session\r\n", "v=0", "v=0"},
        row{sdp_type + "Content-Disposition: Session;handling=required\r\n", "v=0", "v=0"},
        row{sdp_type + "Content-Disposition: early-session\r\n", "v=0", "415"},
        row{sdp_type + optional, "v=0", "v=0"}}) {
    INFO(headers << body);
    CHECK(read(invite(headers, body)) == text);
  }
}

TEST_CASE("session body: the part of a multipart that describes the session (RFC 5621 §4)",
          "[sip]") {
  const auto sdp = part(sdp_type, "v=0\r\n"), other = part(sdp_type, "v=0 other\r\n");
  const auto text = part("Content-Type: text/plain\r\n", "hello"), end = std::string("--b--");
  const auto alternative = "Content-Type: multipart/alternative;boundary=\"b\"\r\n";
  struct row {
    std::string headers, body, text;
  };
  for (const auto& [headers, body, found] :
       {row{mixed, sdp + end, "v=0\r\n"},
        row{mixed, text + sdp + end + "\r\n", "v=0\r\n"},
        row{mixed, "preamble\r\n" + sdp + text + end + "\r\nepilogue", "v=0\r\n"},
        row{mixed, sdp + other + end, "v=0\r\n"},
        row{alternative, sdp + other + end, "v=0 other\r\n"},
        row{mixed, part("", "plain text") + sdp + end, "v=0\r\n"},
        row{mixed, part("X: a\r\n b\r\n" + sdp_type, "v=0") + end, "v=0"},
        row{mixed, part(sdp_type + "Content-Transfer-Encoding: binary\r\n", "v=0") + end, "v=0"},
        row{mixed, part(sdp_type + "Content-Transfer-Encoding: base64\r\n", "dj0w") + end, "415"},
        row{mixed, part(sdp_type, "--bb\r\n x --b\r\n") + end, "--bb\r\n x --b\r\n"},
        row{mixed, "--b \t\r\n" + sdp_type + "\r\nv=0\r\n--b-- \r\n", "v=0"},
        row{mixed, "--b\n" + std::string("Content-Type: application/sdp\n\nv=0\n--b--\n"), "v=0"},
        row{mixed,
            part("Content-Type: a/b\r\nContent-Disposition: x;handling=required\r\n", "y") + sdp
                + end,
            "415"},
        row{mixed, "--b\r\n\r\n--b--", "415"},
        row{mixed, "--b\r\n--b--", "415"},
        row{mixed, text + end, "415"},
        row{mixed, sdp, "415"},
        row{mixed, "no parts", "415"},
        row{mixed, "--b--", "415"},
        row{mixed, "--b\r\nno header\r\n\r\nv=0\r\n--b--", "415"},
        row{mixed + "Content-Disposition: x;handling=optional\r\n", text + end, ""},
        row{"Content-Type: multipart/mixed\r\n", sdp + end, "415"},
        row{"Content-Type: multipart/mixed;boundary=\"\"\r\n", sdp + end, "415"}}) {
    INFO(headers << body);
    CHECK(read(invite(headers, body)) == found);
  }
}

TEST_CASE("session body: limits of multiparts", "[sip][limits]") {
  for (const std::size_t over : {0, 1}) {
    INFO(over);
    const auto text = nested(max_multipart_depth + over);
    const auto head = text.find("\r\n\r\n");
    CHECK(read(invite(text.substr(0, head + 2), text.substr(head + 4)))
          == (over == 0 ? "v=0" : "415"));
    const std::string boundary(max_boundary_bytes + over, 'x');
    CHECK(read(invite("Content-Type: multipart/mixed;boundary=" + boundary + "\r\n",
                      "--" + boundary + "\r\n" + sdp_type + "\r\nv=0\r\n--" + boundary + "--"))
          == (over == 0 ? "v=0" : "415"));
  }
}

TEST_CASE("session body: what no UA of ours can give (RFC 3261 §8.2.2.3, §20.1, RFC 4475 §3.3.15)",
          "[sip]") {
  struct row {
    std::string headers;
    int status;
  };
  for (const auto& [headers, status] :
       {row{"", 0}, row{"Require: levitation\r\n", 420}, row{"Accept: text/plain\r\n", 406},
        row{"Accept:\r\n", 406}, row{"Accept: text/plain, application/sdp;q=0.1\r\n", 0},
        row{"Accept: */*\r\n", 0}, row{"Accept: application/*\r\n", 0},
        row{"Accept: cannot be read\r\n", 0},
        row{"Require: levitation\r\nAccept: text/plain\r\n", 420}}) {
    INFO(headers);
    CHECK(unfit_for_session(*invite(headers + sdp_type, "v=0")) == status);
  }
  CHECK(unfit_for_session(*invite("Content-Type: a/b\r\n", "x")) == 415);
}
