// RFC 3261 §8.2, §9.2, §11, §12.2.2, §16.3: requests that belong to nothing of ours.
#include "protocols/sip/outside_request.hpp"

#include "protocols/sip/parser.hpp"

#include <catch2/catch.hpp>

#include <string>

using namespace tandem::sip;
using kind = outside_verdict::kind;

namespace {

message_ptr request(const std::string& method, const std::string& uri = "sip:u@h",
                    const std::string& headers = {}, const std::string& to_tag = {}) {
  const auto m =
      parse_message(method + " " + uri
                    + " SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z9hG4bK1\r\n"
                      "From: <sip:u@h>;tag=1\r\nTo: <sip:u@h>"
                    + to_tag + "\r\nCall-ID: x\r\nCSeq: 1 " + method + "\r\n" + headers + "\r\n");
  REQUIRE(m);
  return *m;
}

} // namespace

TEST_CASE("outside request: what becomes of it by its method (§8.2.1)", "[sip]") {
  struct row {
    const char* method;
    outside_verdict alone, in_dialog; ///< without and with a To tag
  };
  const outside_verdict gone{kind::answer, 481}, no{kind::refuse, 405};
  for (const auto& [method, alone, in_dialog] :
       {row{"INVITE", {kind::begin_call}, gone}, row{"REGISTER", {kind::registration}, gone},
        row{"OPTIONS", {kind::answer, 200}, gone}, row{"ACK", {kind::drop}, {kind::drop}},
        row{"BYE", gone, gone}, row{"CANCEL", gone, gone}, row{"MESSAGE", {kind::deliver}, gone},
        row{"INFO", no, gone}, row{"UPDATE", no, gone}, row{"PRACK", no, gone},
        row{"REFER", no, gone}, row{"SUBSCRIBE", no, gone}, row{"NOTIFY", no, gone},
        row{"PUBLISH", no, gone}, row{"DANCE", {kind::refuse, 501}, gone}}) {
    INFO(method);
    CHECK(judge_outside(*request(method)) == alone);
    CHECK(judge_outside(*request(method, "sip:u@h", "", ";tag=2")) == in_dialog);
  }
}

TEST_CASE("outside request: what would begin something (§9.2, §12.2.2)", "[sip]") {
  struct row {
    const char* method;
    bool alone; ///< without a To tag; with one nothing begins
  };
  for (const auto& [method, alone] :
       {row{"INVITE", true}, row{"REGISTER", true}, row{"OPTIONS", true}, row{"SUBSCRIBE", true},
        row{"MESSAGE", true}, row{"BYE", true}, row{"DANCE", true}, row{"ACK", false},
        row{"CANCEL", false}}) {
    INFO(method);
    CHECK(begins_something(*request(method)) == alone);
    CHECK_FALSE(begins_something(*request(method, "sip:u@h", "", ";tag=2")));
  }
}

TEST_CASE("outside request: Request-URI, Max-Forwards, Require", "[sip]") {
  const std::string no_hops = "Max-Forwards: 0\r\n";
  const std::string requires_more = "Require: timer, levitation\r\n";
  struct row {
    const char* rule;
    const char* method;
    std::string uri, headers;
    outside_verdict verdict;
  };
  for (const auto& [rule, method, uri, headers, verdict] :
       {row{"§8.2.2.1", "INVITE", "tel:+1234", "", {kind::answer, 416}},
        row{"§8.2.2.1", "OPTIONS", "nosuch:u", "", {kind::answer, 416}},
        row{"§16.3", "INVITE", "sip:u@h", no_hops, {kind::answer, 483}},
        row{"§16.3", "DANCE", "sip:u@h", no_hops, {kind::answer, 483}},
        row{"§16.3", "OPTIONS", "sip:u@h", no_hops, {kind::answer, 483}},
        row{"§11", "OPTIONS", "sip:h", no_hops, {kind::answer, 200}},
        row{"§10.3", "REGISTER", "sip:h", no_hops, {kind::registration}},
        row{"§8.2.2.3", "OPTIONS", "sip:u@h", requires_more, {kind::answer, 420}},
        row{"§8.2.2.3", "OPTIONS", "sip:u@h", "Require: Timer\r\n", {kind::answer, 200}},
        row{"§8.2.2.3", "BYE", "sip:u@h", requires_more, {kind::answer, 481}},
        row{"§8.2.1", "DANCE", "sip:u@h", requires_more, {kind::refuse, 501}},
        row{"§8.2.2.3", "MESSAGE", "sip:u@h", requires_more, {kind::refuse, 420}},
        row{"§16.3", "MESSAGE", "sip:u@h", no_hops, {kind::answer, 483}},
        row{"§8.2.2.1", "MESSAGE", "im:u@h", "", {kind::answer, 416}},
        row{"§8.2.2.3", "INVITE", "sip:u@h", requires_more, {kind::begin_call}}}) {
    INFO(rule << " " << method << " " << uri << " " << headers);
    CHECK(judge_outside(*request(method, uri, headers)) == verdict);
  }
}

TEST_CASE("outside request: the options that nobody knows, as Unsupported has them (§8.2.2.3)",
          "[sip]") {
  const auto unsupported = [](const std::string& headers) {
    return unsupported_options(*request("INVITE", "sip:u@h", headers));
  };
  CHECK(unsupported("") == "");
  CHECK(unsupported("Require: timer\r\n") == "");
  CHECK(unsupported("Require: 100rel\r\nRequire: TIMER,  path\r\n") == "100rel, path");
  CHECK(unsupported("Require: a b\r\n") == "a b");
}
