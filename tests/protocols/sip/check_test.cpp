#include "protocols/sip/check.hpp"

#include "tests/protocols/sip/sip_text.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <string_view>
#include <vector>

using namespace tandem::sip;
using tandem::test::options_with;
using tandem::test::parsed;

namespace {

std::string replaced(std::string text, std::string_view what, std::string_view with) {
  const auto at = text.find(what);
  REQUIRE(at != std::string::npos);
  return text.replace(at, what.size(), with);
}

/// options_with({}) without the line that starts with `name`.
std::string without(std::string_view name) {
  auto text = options_with({});
  const auto begin = text.find("\r\n" + std::string{name} + ":") + 2;
  REQUIRE(begin > 2);
  return text.erase(begin, text.find("\r\n", begin) + 2 - begin);
}

} // namespace

TEST_CASE("check: mandatory headers, once and readable (RFC 3261 §8.1.1)", "[sip][check]") {
  CHECK(check_request(*parsed(options_with({}))));
  const std::vector<std::pair<std::string, std::string_view>> table = {
      {without("Via"), "Missing Via"},
      {without("To"), "Missing To"},
      {without("From"), "Missing From"},
      {without("Call-ID"), "Missing Call-ID"},
      {without("CSeq"), "Missing CSeq"},
      {options_with({"To: <sip:x@y>"}), "Repeated To"},
      {options_with({"f: <sip:x@y>"}), "Repeated From"},
      {options_with({"i: x"}), "Repeated Call-ID"},
      {options_with({"CSeq: 1 OPTIONS"}), "Repeated CSeq"},
      {options_with({"Max-Forwards: 1"}), "Repeated Max-Forwards"},
      {options_with({"v: broken"}), "Bad Via"},
      {options_with({"Contact: broken"}), "Bad Contact"},
      {options_with({"Route: broken"}), "Bad Route"},
      {options_with({"Record-Route: broken"}), "Bad Record-Route"},
      {options_with({"c: broken"}), "Bad Content-Type"},
      {options_with({"c: a/b", "c: a/b"}), "Repeated Content-Type"},
      {options_with({"Require: a b"}), "Bad Require"},
      {options_with({"Proxy-Require: a b"}), "Bad Proxy-Require"},
      {replaced(options_with({}), "63104 OPTIONS", "63104 INVITE"), "CSeq Method Mismatch"},
      {replaced(options_with({}), "63104 OPTIONS", "63104 options"), "CSeq Method Mismatch"},
      {replaced(options_with({}), "63104", "4294967295"), "Bad CSeq"},
      {replaced(options_with({}), ": 70", ": 256"), "Bad Max-Forwards"},
      {replaced(options_with({}), "sip:carol@chicago.example SIP", "carol SIP"), "Bad Request-URI"},
      {replaced(options_with({}), "chicago.example SIP", "h?Route=x SIP"), "Bad Request-URI"},
  };
  for (const auto& [text, reason] : table) {
    INFO(text);
    const auto checked = check_request(*parsed(text));
    REQUIRE_FALSE(checked);
    CHECK(checked.error().status == 400);
    CHECK(checked.error().reason == reason);
  }
}

TEST_CASE("check: what the UAS decides passes (RFC 3261 §8.2, RFC 4475 §3.3, §3.4)",
          "[sip][check]") {
  const std::vector<std::string> table = {
      without("Max-Forwards"),
      replaced(options_with({}), ";tag=1928301774", ""),
      replaced(options_with({}), ";branch=z9hG4bKhjhs8ass877", ""),
      replaced(options_with({}), ": 70", ": 0"),
      replaced(options_with({}), "sip:carol@chicago.example SIP", "isbn:2983792873 SIP"),
      options_with({"Require: nothingSupportsThis"}),
      options_with({"Expires: soon", "Date: today", "Contact: *"}),
      options_with({"Supported:", "Accept:", "Subject:", "X:"}),
  };
  for (const auto& text : table) {
    INFO(text);
    CHECK(check_request(*parsed(text)));
  }
}

TEST_CASE("check: a response needs what matches it to a request (RFC 4475 §3.1.2.5)",
          "[sip][check]") {
  const auto response =
      replaced(options_with({}), "OPTIONS sip:carol@chicago.example SIP/2.0", "SIP/2.0 200 OK");
  CHECK(check_response(*parsed(response)));
  CHECK(check_response(*parsed(replaced(response, "63104", "9292394834772304023312"))).error()
        == header_error{header_id::cseq, header_errc::out_of_range});
  CHECK(check_response(*parsed(replaced(response, "Call-ID", "X-Call-ID"))).error().reason()
        == "Missing Call-ID");
  CHECK_FALSE(is_answerable(*parsed(response)));
}

TEST_CASE("check: who can be answered (RFC 3261 §17)", "[sip][check]") {
  CHECK(is_answerable(*parsed(options_with({}))));
  CHECK(is_answerable(*parsed(replaced(options_with({}), "SIP/2.0/UDP", "nonsense"))));
  CHECK_FALSE(is_answerable(*parsed(without("Via"))));
  CHECK_FALSE(is_answerable(*parsed(replaced(options_with({}), "OPTIONS", "ACK"))));
}
