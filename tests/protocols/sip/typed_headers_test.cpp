#include "protocols/sip/typed_headers.hpp"

#include "protocols/sip/limits.hpp"
#include "tests/protocols/sip/sip_text.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <string_view>
#include <vector>

using namespace tandem::sip;
using tandem::test::with_header;
using errc = header_errc;

TEST_CASE("CSeq: a number below 2^31 and a method (RFC 3261 §20.16, §8.1.1.5)", "[sip][cseq]") {
  const auto c_message = with_header("CSeq: 0009 \t INVITE");
  const auto c = read_cseq(*c_message);
  REQUIRE(c);
  CHECK(c->number == 9);
  CHECK(c->method == method::invite);
  CHECK(read_cseq(*with_header("CSeq: 2147483647 FOO"))->number == 2147483647);
  CHECK(read_cseq(*with_header("CSeq: 0 FOO"))->method_name == "FOO");
  const std::vector<std::pair<std::string_view, errc>> bad = {
      {"X: y", errc::missing},
      {"CSeq:", errc::malformed},
      {"CSeq: 1", errc::malformed},
      {"CSeq: INVITE", errc::malformed},
      {"CSeq: 1INVITE", errc::malformed},
      {"CSeq: -1 INVITE", errc::malformed},
      {"CSeq: 1 IN VITE", errc::malformed},
      {"CSeq: 1 <>", errc::malformed},
      {"CSeq: 2147483648 INVITE", errc::out_of_range},
      {"CSeq: 36893488147419103232 INVITE", errc::out_of_range},
      {"CSeq: 1 INVITE\r\nCSeq: 1 INVITE", errc::repeated},
  };
  for (const auto& [line, code] : bad) {
    INFO(line);
    CHECK(read_cseq(*with_header(line)).error() == header_error{header_id::cseq, code});
  }
}

TEST_CASE("Call-ID: one word (RFC 3261 §20.8)", "[sip][call_id]") {
  CHECK(read_call_id(*with_header("i: f81d4fae-7dec@foo.bar.com")) == "f81d4fae-7dec@foo.bar.com");
  CHECK(read_call_id(*with_header(R"(i: a@word`~)(><:\/"][?}{)")) == R"(a@word`~)(><:\/"][?}{)");
  for (const auto* bad : {"i:", "i: a b", "i: a\tb", "i: a\x7f", "i: \xc3\xbc"})
    CHECK(read_call_id(*with_header(bad)).error().reason() == "Bad Call-ID");
  CHECK(read_call_id(*with_header("X: y")).error().reason() == "Missing Call-ID");
  CHECK(read_call_id(*with_header("i: a\r\nCall-ID: a")).error().reason() == "Repeated Call-ID");
}

TEST_CASE("Max-Forwards: 0..255 (RFC 3261 §20.22)", "[sip][max_forwards]") {
  CHECK(read_max_forwards(*with_header("Max-Forwards: 0068")) == 68);
  CHECK(read_max_forwards(*with_header("Max-Forwards: 0")) == 0);
  CHECK(read_max_forwards(*with_header("Max-Forwards: 255")) == 255);
  CHECK(read_max_forwards(*with_header("Max-Forwards: 256")).error().code == errc::out_of_range);
  CHECK(read_max_forwards(*with_header("Max-Forwards: x")).error().code == errc::malformed);
  CHECK(read_max_forwards(*with_header("Max-Forwards:")).error().code == errc::malformed);
}

TEST_CASE("Content-Type and Accept (RFC 3261 §20.15, §20.1)", "[sip][content_type]") {
  const auto t_message = with_header("c: Text / HTML ; charset=\"a;b\"");
  const auto t = read_content_type(*t_message);
  REQUIRE(t);
  CHECK(t->is("text", "html"));
  CHECK_FALSE(t->is("text", "plain"));
  CHECK(t->parameters.find("charset")->value == "a;b");
  for (const auto* bad :
       {"c:", "c: text", "c: text/", "c: /html", "c: a/b, c/d", "c: a/b c", "c: a/b;"}) {
    INFO(bad);
    CHECK(read_content_type(*with_header(bad)).error().code == errc::malformed);
  }
  const auto accept_message = with_header("Accept: application/sdp;level=1, text/*;q=0.5,*/*");
  const auto accept = read_accept(*accept_message);
  REQUIRE(accept);
  REQUIRE(accept->size() == 3);
  CHECK(accept->at(0).is("APPLICATION", "SDP"));
  CHECK(accept->at(1).subtype == "*");
  CHECK(accept->at(2).type == "*");
  CHECK(read_accept(*with_header("Accept:"))->empty()); // no body is acceptable
  CHECK(read_accept(*with_header("Accept: a/b,")).error().code == errc::malformed);
}

TEST_CASE("lists of tokens: option tags and methods (RFC 3261 §20.5, §20.32)", "[sip][tokens]") {
  const auto m = with_header("Supported: 100rel , timer\r\nk: replaces\r\nAllow:\r\nRequire: a b");
  const auto tags = read_tokens(*m, header_id::supported);
  REQUIRE(tags);
  CHECK(std::vector<std::string_view>(tags->begin(), tags->end())
        == std::vector<std::string_view>{"100rel", "timer", "replaces"});
  CHECK(read_tokens(*m, header_id::allow)->empty());
  CHECK(read_tokens(*m, header_id::unsupported)->empty());
  CHECK(read_tokens(*m, header_id::require).error().reason() == "Bad Require");
  for (const auto* bad : {"Require: a,,b", "Require: ,", "Require: a;b", "Require: a,"})
    CHECK(read_tokens(*with_header(bad), header_id::require).error().code == errc::malformed);
}

TEST_CASE("Expires: seconds, capped (RFC 3261 §20.19, RFC 4475 §3.1.2.4)", "[sip][expires]") {
  CHECK(read_expires(*with_header("Expires: 0")) == 0U);
  CHECK(read_expires(*with_header("Expires: 4294967295")) == 4294967295U);
  CHECK(read_expires(*with_header("Expires: 4294967296")) == 4294967295U);
  CHECK(read_expires(*with_header("Expires: 1000000000000000000000")) == 4294967295U);
  CHECK(read_expires(*with_header("Expires: soon")).error().code == errc::malformed);
  CHECK(read_expires(*with_header("X: y")).error().code == errc::missing);
  CHECK(read_seconds(*with_header("Min-Expires: 60"), header_id::min_expires) == 60U);
  CHECK(read_content_length(*with_header("l: 0")) == 0U);
}

TEST_CASE("Reason (RFC 3326 §2)", "[sip][reason]") {
  const auto r_message = with_header("Reason: SIP ;cause=200 ;text=\"Call completed, there\","
                                     " Q.850;cause=16\r\nReason: preemption");
  const auto r = read_reasons(*r_message);
  REQUIRE(r);
  REQUIRE(r->size() == 3);
  CHECK(r->at(0) == reason_value{"SIP", 200, "Call completed, there"});
  CHECK(r->at(1) == reason_value{"Q.850", 16, ""});
  CHECK(r->at(2) == reason_value{"preemption", std::nullopt, ""});
  CHECK(read_reasons(*with_header("X: y"))->empty());
  for (const auto* bad : {"Reason:", "Reason: ;cause=1", "Reason: SIP;cause=x", "Reason: SIP;cause",
                          "Reason: SIP;cause=65536", "Reason: SIP;text=\"a"})
    CHECK(read_reasons(*with_header(bad)).error().code == errc::malformed);
}

TEST_CASE("list limits: tokens, media types, reasons, at n and n + 1", "[sip][limits]") {
  const auto line = [](std::string_view name, std::string_view element, std::size_t n) {
    auto text = std::string{name} + ": " + std::string{element};
    for (std::size_t i = 1; i < n; ++i)
      text.append(",").append(element);
    return with_header(text);
  };
  const auto tokens = [&](std::size_t n) {
    return read_tokens(*line("Supported", "x", n), header_id::supported);
  };
  CHECK(tokens(max_tokens)->size() == max_tokens);
  CHECK(tokens(max_tokens + 1).error().code == errc::too_many);
  CHECK(read_accept(*line("Accept", "a/b", max_media_types))->size() == max_media_types);
  CHECK(read_accept(*line("Accept", "a/b", max_media_types + 1)).error().code == errc::too_many);
  CHECK(read_reasons(*line("Reason", "SIP", max_reasons))->size() == max_reasons);
  CHECK(read_reasons(*line("Reason", "SIP", max_reasons + 1)).error().code == errc::too_many);
}
