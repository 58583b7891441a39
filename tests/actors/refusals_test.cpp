// RFC 3261 §8.2, §13.3.1.3, §16.7, §21: INVITEs that are refused, by the callee or by us.
#include "protocols/sip/limits.hpp"
#include "tests/actors/world.hpp"

#include <catch2/catch.hpp>

using namespace std::chrono_literals;

using namespace tandem;
using namespace tandem::test;

TEST_CASE("refusals: what the callee said is passed on as the caller may understand it (§16.7)",
          "[actors]") {
  struct row {
    std::uint16_t callee, caller;
  };
  // 401 and 407 challenge us, 481 to 491 speak of our own request; 503 would blame this node
  // (§16.7 step 6); 302 is a redirection (§8.1.3.4).
  for (const auto [callee, caller] :
       {row{486, 486}, row{603, 603}, row{600, 600}, row{404, 404}, row{480, 480}, row{500, 500},
        row{488, 488}, row{401, 500}, row{407, 500}, row{481, 500}, row{482, 500}, row{483, 500},
        row{491, 500}, row{503, 500}, row{487, 480}, row{302, 302}}) {
    INFO(callee);
    world w;
    w.caller.invite("7100");
    w.settle();
    w.callee.respond(180);
    w.settle();
    w.callee.respond(callee);
    w.settle();
    const auto answer = std::to_string(caller) + " INVITE";
    CHECK(w.caller.heard() == strings{"180 INVITE", answer});
    CHECK(w.callee.heard() == strings{"INVITE", "ACK"});
    if (callee == 302)
      CHECK(w.caller.last(answer)->header("Contact") == "<sip:phone@127.0.0.1:5080>");
    w.over({std::to_string(caller) + " callee rejected"});
  }
}

TEST_CASE("refusals: a 3xx without Contact cannot be followed by the caller (§21.3)", "[actors]") {
  world w;
  w.caller.invite("7100");
  w.settle();
  w.callee.respond(302, {.contact = false});
  w.settle();
  CHECK(w.caller.heard() == strings{"480 INVITE"});
  w.over({"480 callee rejected"});
}

TEST_CASE("refusals: an application redirects (§21.3.3)", "[actors]") {
  world w;
  w.caller.invite("elsewhere");
  w.settle();
  REQUIRE(w.caller.heard() == strings{"302 INVITE"});
  CHECK(w.caller.last("302 INVITE")->count(sip::header_id::contact) == 2);
  w.over({"302 node rejected"});
}

TEST_CASE("refusals: INVITEs that cannot become calls get one answer and leave nothing",
          "[actors]") {
  struct row {
    const char* what;
    sip_extras invite;
    const char* answer;
    const char* header;
    const char* value;
  };
  const row rows[]{
      {"§8.2.2.3: an extension that we do not know",
       {.headers = "Require: 100rel, foo\r\n"},
       "420 INVITE",
       "Unsupported",
       "100rel, foo"},
      {"§8.2.3: a body that is no description",
       {.body = "hello", .content_type = "text/plain"},
       "415 INVITE",
       "Accept",
       "application/sdp, multipart/mixed"},
      {"§20.12: a description in an encoding that we cannot read",
       {.headers = "Content-Encoding: gzip\r\n"},
       "415 INVITE",
       "Accept-Encoding",
       "identity"},
      {"§21.4.13: parts of which none is a description",
       {.body = "--x\r\n\r\nhello\r\n--x--\r\n", .content_type = "multipart/mixed;boundary=x"},
       "415 INVITE",
       "Accept",
       "application/sdp, multipart/mixed"},
      {"§20.11: a body that must be understood",
       {.headers = "Content-Disposition: render;handling=required\r\n",
        .body = "hello",
        .content_type = "text/plain"},
       "415 INVITE",
       "Accept",
       "application/sdp, multipart/mixed"},
      {"§21.4.1: a description that cannot be read",
       {.body = "v=0\r\nnonsense\r\n"},
       "400 INVITE",
       nullptr,
       nullptr},
      {"§21.4.26: no media that we relay",
       {.body = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"},
       "488 INVITE",
       "Warning",
       R"(304 a "Media type not available")"},
      {"§20.1: no description is accepted",
       {.headers = "Accept: text/plain\r\n"},
       "406 INVITE",
       nullptr,
       nullptr},
      {"§8.1.1.8: no Contact", {.contact = false}, "400 INVITE", nullptr, nullptr},
  };
  for (const auto& r : rows) {
    INFO(r.what);
    world w;
    w.caller.invite("7100", r.invite);
    w.settle();
    REQUIRE(w.caller.heard() == strings{r.answer});
    if (r.header != nullptr)
      CHECK(w.caller.last(r.answer)->header(r.header) == r.value);
    CHECK(w.callee.heard() == strings{});
    w.over({std::string(r.answer).substr(0, 3) + " node rejected"});
  }
}

TEST_CASE("refusals: no media ports for either leg (§21.5.4)", "[actors]") {
  for (const std::size_t pairs : {0, 1}) {
    INFO(pairs);
    world w{{.media_pairs = pairs}};
    w.caller.invite("7100");
    w.settle();
    // Without ports for the second leg its INVITE never leaves: 503 there, 500 to the caller.
    const auto status = pairs == 0 ? "503" : "500";
    CHECK(w.caller.heard() == strings{status + std::string(" INVITE")});
    CHECK(w.callee.heard() == strings{});
    w.over({status + std::string(pairs == 0 ? " node rejected" : " node unreachable")});
  }
}

TEST_CASE("refusals: a final response is repeated until its ACK, T1 to T2 (§17.2.1)", "[actors]") {
  world w;
  w.caller.habits.acknowledges_failures = false;
  w.caller.invite("7100");
  w.settle();
  w.callee.respond(486);
  w.pass(8s);
  CHECK(w.caller.times_ms("486 INVITE") == std::vector<std::int64_t>{0, 500, 1500, 3500, 7500});
  w.pass(25s);
  CHECK(w.caller.count("486 INVITE") == 11);
  w.over({"486 callee rejected"});
}

TEST_CASE("refusals: an answer that does not fit the caller's offer (RFC 3264 §6)", "[actors]") {
  world w;
  w.caller.invite("7100");
  w.settle();
  w.callee.respond(200, {.body = ""});
  w.settle();
  CHECK(w.caller.heard() == strings{"488 INVITE"});
  CHECK(w.caller.last("488 INVITE")->header("Warning") == R"(305 a "Incompatible media format")");
  CHECK(w.callee.heard() == strings{"INVITE", "ACK", "BYE"});
  w.over({"488 node rejected"});
}

TEST_CASE("refusals: a 200 without Contact leaves the URI that was called (§12.1.2)", "[actors]") {
  world w;
  w.caller.invite("7100");
  w.settle();
  w.callee.respond(200, {.contact = false});
  w.settle();
  CHECK(w.callee.heard() == strings{"INVITE", "ACK"});
  w.caller.bye();
  w.settle();
  CHECK(w.callee.count("BYE") == 1);
  w.over({"200 caller bye"});
}

TEST_CASE("refusals: a 200 with too long a route set can be neither used nor acknowledged",
          "[actors]") {
  world w;
  std::string routes;
  for (std::size_t i = 0; i < sip::max_routes + 1; ++i)
    routes += "Record-Route: <sip:127.0.0.1:5090;lr>\r\n";
  w.caller.invite("7100");
  w.settle();
  w.callee.respond(200, {.headers = routes});
  w.settle();
  CHECK(w.caller.heard() == strings{"500 INVITE"});
  w.over({"500 node unreachable"});
}
