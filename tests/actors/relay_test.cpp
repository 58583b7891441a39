// RFC 6086, RFC 3428: INFO and MESSAGE inside a dialog go to the other side of the call.
#include "actors/dialog/limits.hpp"
#include "tests/actors/world.hpp"

#include <catch2/catch.hpp>

using namespace std::chrono_literals;
using namespace tandem;
using namespace tandem::test;

TEST_CASE("relay: INFO and MESSAGE with their content, and what is answered", "[actors]") {
  struct row {
    const char* method;
    bool from_caller;
    std::uint16_t status;
  };
  for (const auto& [method, from_caller, status] :
       {row{"INFO", true, 200}, row{"INFO", false, 200}, row{"MESSAGE", true, 200},
        row{"MESSAGE", false, 202}, row{"INFO", true, 415}, row{"MESSAGE", true, 405}}) {
    INFO(method << " " << from_caller << " " << status);
    world w;
    w.connect();
    auto& from = from_caller ? w.caller : w.callee;
    auto& to = from_caller ? w.callee : w.caller;
    to.forget();
    from.change(method, {.headers = "Info-Package: tones\r\nSubject: hello\r\n",
                         .body = "Signal=5\r\nDuration=160\r\n",
                         .content_type = "application/dtmf-relay"});
    w.settle();
    REQUIRE(to.heard() == strings{method});
    const auto passed = to.last(method);
    CHECK(passed->body() == "Signal=5\r\nDuration=160\r\n");
    CHECK(passed->header("Content-Type") == "application/dtmf-relay");
    CHECK(passed->header("Info-Package") == "tones");
    CHECK(passed->header("Subject") == "hello");
    const auto label = std::to_string(status) + " " + method;
    CHECK(from.count(label) == 0);
    to.respond_to(method, status, {.headers = "Accept: text/plain\r\n", .body = ""});
    w.settle();
    REQUIRE(from.last(label));
    CHECK(from.last(label)->header("Accept") == "text/plain");
    w.caller.bye();
    w.settle();
    w.over({"200 caller bye"});
  }
}

TEST_CASE("relay: several at once find their own answers", "[actors]") {
  world w;
  w.connect();
  w.caller.request("INFO");
  w.caller.request("MESSAGE");
  w.callee.request("INFO");
  w.settle();
  w.callee.respond_to("MESSAGE", 202);
  w.caller.respond_to("INFO", 200);
  w.callee.respond_to("INFO", 415);
  w.settle();
  CHECK(w.caller.count("202 MESSAGE") == 1);
  CHECK(w.caller.count("415 INFO") == 1);
  CHECK(w.callee.count("200 INFO") == 1);
  w.caller.bye();
  w.settle();
  w.over({"200 caller bye"});
}

TEST_CASE("relay: sixteen may be under way, the next gets 500", "[actors]") {
  world w;
  w.connect();
  for (int i = 0; i < 16; ++i)
    w.caller.request("INFO");
  w.settle();
  CHECK(w.callee.count("INFO") == 16);
  CHECK(w.caller.count("500 INFO") == 0);
  w.caller.request("INFO");
  w.settle();
  CHECK(w.callee.count("INFO") == 16);
  CHECK(w.caller.count("500 INFO") == 1);
  w.caller.bye();
  w.settle();
  CHECK(w.caller.count("487 INFO") == 16); // §15.1.2
  w.over({"200 caller bye"});
}

TEST_CASE("relay: an application hears tones and reads no texts", "[actors]") {
  world w;
  w.caller.invite("9196");
  w.settle();
  w.caller.request("INFO");
  w.caller.request("MESSAGE");
  w.settle();
  CHECK(w.caller.count("200 INFO") == 1);
  CHECK(w.caller.count("480 MESSAGE") == 1);
  w.caller.bye();
  w.settle();
  w.over({"200 caller bye"});
}

TEST_CASE("relay: 481 ends the dialog that said it (§12.2.1.2)", "[actors]") {
  world w;
  w.connect();
  w.caller.request("INFO");
  w.settle();
  w.callee.respond_to("INFO", 481);
  w.settle();
  CHECK(w.callee.count("BYE") == 1);
  CHECK(w.caller.count("BYE") == 1);
  w.over({"200 node dialog gone"});
}

TEST_CASE("relay: before the answer there is nobody to pass it to", "[actors]") {
  world w;
  w.caller.invite("7100");
  w.settle();
  w.callee.respond(180);
  w.settle();
  w.caller.request("INFO");
  w.callee.request("INFO");
  w.settle();
  CHECK(w.caller.count("480 INFO") == 1);
  CHECK(w.callee.count("480 INFO") == 1);
  w.callee.respond(200);
  w.settle();
  w.caller.bye();
  w.settle();
  w.over({"200 caller bye"});
}

TEST_CASE("relay: as many on their way through one dialog as the limit, and one more",
          "[actors][limits]") {
  constexpr auto most = tandem::actors::limits::relays_per_dialog;
  world w;
  w.connect();
  for (std::size_t i = 0; i < most; ++i) {
    w.caller.request("INFO");
    w.settle();
  }
  CHECK(w.callee.count("INFO") == most);
  CHECK(w.caller.count("500 INFO") == 0);
  w.caller.request("INFO");
  w.settle();
  CHECK(w.callee.count("INFO") == most);
  CHECK(w.caller.count("500 INFO") == 1);
  w.caller.bye();
  w.settle();
  w.over({"200 caller bye"});
}
