#include "protocols/sip/message.hpp"

#include "protocols/sip/header_id.hpp"
#include "tests/protocols/sip/sip_text.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <string_view>
#include <vector>

using namespace tandem::sip;
using tandem::test::parsed;
using tandem::test::sip_text;

TEST_CASE("header names: full, compact and any case (RFC 3261 §7.3.1, §7.3.3)", "[sip][message]") {
  for (std::size_t i = 0; i + 1 < header_id_count; ++i) {
    const auto id = static_cast<header_id>(i);
    std::string name{to_string(id)};
    INFO(name);
    CHECK(parse_header_id(name) == id);
    for (char& c : name)
      c = static_cast<char>(std::toupper(c));
    CHECK(parse_header_id(name) == id);
    name.push_back('X');
    CHECK(parse_header_id(name) == header_id::unknown);
  }
  const std::vector<std::pair<std::string_view, header_id>> compact = {
      {"i", header_id::call_id},
      {"m", header_id::contact},
      {"e", header_id::content_encoding},
      {"l", header_id::content_length},
      {"c", header_id::content_type},
      {"f", header_id::from},
      {"s", header_id::subject},
      {"k", header_id::supported},
      {"t", header_id::to},
      {"v", header_id::via},
      {"r", header_id::refer_to},
      {"b", header_id::referred_by},
      {"o", header_id::event},
      {"u", header_id::allow_events},
      {"x", header_id::session_expires},
      {"V", header_id::via},
      {"z", header_id::unknown},
      {"-", header_id::unknown},
      {"", header_id::unknown},
      {"X-Via", header_id::unknown},
  };
  for (const auto& [name, id] : compact) {
    INFO(name);
    CHECK(parse_header_id(name) == id);
  }
}

TEST_CASE("message: request line, headers in order, body (RFC 3261 §7.1)", "[sip][message]") {
  const std::string body = "v=0\r\n";
  const auto m = parsed(sip_text({"INVITE sip:bob@biloxi.example SIP/2.0", "v: first", "X-One:  a ",
                                  "Via : second", "X-Two:", "x-one: b", "Content-Length: 5"},
                                 body + "trailing"));
  CHECK(m->is_request());
  CHECK_FALSE(m->is_response());
  CHECK(m->get_method() == method::invite);
  CHECK(m->method_name() == "INVITE");
  CHECK(m->request_uri() == "sip:bob@biloxi.example");
  CHECK(m->body() == body);
  CHECK(m->raw().ends_with("\r\n\r\nv=0\r\n"));
  CHECK(m->header(header_id::via) == "first");
  CHECK(m->count(header_id::via) == 2);
  CHECK(m->header("via") == "first");
  CHECK(m->header("V") == "first");
  CHECK(m->header("X-ONE") == "a");
  CHECK(m->header("X-Two") == "");
  CHECK(m->header("X-Three") == std::nullopt);
  CHECK(m->header(header_id::route) == std::nullopt);
  CHECK_FALSE(m->has(header_id::route));

  std::vector<std::string> all, vias, unknown;
  for (const auto& f : m->headers())
    all.push_back(std::string{f.name} + "=" + std::string{f.value});
  for (const auto& f : m->headers(header_id::via))
    vias.emplace_back(f.value);
  for (const auto& f : m->headers(header_id::unknown))
    unknown.emplace_back(f.value);
  CHECK(all
        == std::vector<std::string>{"v=first", "X-One=a", "Via=second", "X-Two=", "x-one=b",
                                    "Content-Length=5"});
  CHECK(vias == std::vector<std::string>{"first", "second"});
  CHECK(unknown == std::vector<std::string>{"a", "", "b"});
}

TEST_CASE("message: status line (RFC 3261 §7.2)", "[sip][message]") {
  const auto m = parsed(sip_text({"SIP/2.0 486 Busy  Here", "v: x"}));
  CHECK(m->is_response());
  CHECK(m->status() == 486);
  CHECK(m->reason() == "Busy  Here");
  CHECK(m->get_method() == method::unknown);
  CHECK(parsed(sip_text({"sip/2.0 200 "}))->reason().empty());
  CHECK(parsed(sip_text({"SIP/2.0 200"}))->status() == 200); // forgiven
}

TEST_CASE("message: a folded value reads as one line (RFC 3261 §7.3.1)", "[sip][message]") {
  const auto m = parsed("OPTIONS sip:x SIP/2.0\r\n"
                        "Subject: I know you're there,\r\n"
                        "         pick up the phone\r\n"
                        "\tand answer\r\n"
                        "X-Empty:\r\n"
                        "  late\r\n"
                        "X-Last: a\r\n"
                        " \r\n"
                        "\r\n");
  CHECK(m->header(header_id::subject)
        == "I know you're there,           pick up the phone  \tand answer");
  CHECK(m->header("x-empty") == "late");
  CHECK(m->header("x-last") == "a");
  CHECK(m->raw().find("\r\n\t") == std::string_view::npos);
}

TEST_CASE("message: methods are case-sensitive tokens (RFC 3261 §7.1)", "[sip][message]") {
  for (auto i = 0; i < static_cast<int>(method::unknown); ++i) {
    const auto known = static_cast<method>(i);
    const auto m = parsed(sip_text({std::string{to_string(known)} + " sip:x SIP/2.0"}));
    CHECK(m->get_method() == known);
  }
  const auto lower = parsed(sip_text({"invite sip:x SIP/2.0"}));
  CHECK(lower->get_method() == method::unknown);
  CHECK(lower->method_name() == "invite");
}

TEST_CASE("status codes stay within 100..699 and know their phrase (RFC 3261 §7.2, §21)",
          "[sip][message]") {
  CHECK(status_code::from(99) == std::nullopt);
  CHECK(status_code::from(100)->value() == 100);
  CHECK(status_code::from(699)->value() == 699);
  CHECK(status_code::from(700) == std::nullopt);
  CHECK_THROWS_AS(status_code{700}, tandem::check_failure);
  CHECK_THROWS_AS(status_code{-1}, tandem::check_failure);
  CHECK(default_reason(487) == "Request Terminated");
  CHECK(default_reason(608) == "Rejected");
  CHECK(default_reason(498) == "Bad Request"); // §8.1.3.2: x00 of its class
  CHECK(status_code{199}.is_provisional());
  CHECK(status_code{299}.is_success());
  CHECK_FALSE(status_code{299}.is_failure());
  CHECK(status_code{300}.is_failure());
  CHECK(status_code{300}.is_redirect());
}
