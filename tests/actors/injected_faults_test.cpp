// Faults that are wanted happen where they were planned, and the call goes on.
#include "actors/call/limits.hpp"
#include "actors/calls/limits.hpp"
#include "tests/actors/faulty_world.hpp"

#include <catch2/catch.hpp>

using namespace std::chrono_literals;

using namespace tandem;
using namespace tandem::test;

using actors::fault;
using actors::turn_point;

namespace {

constexpr const char* children[]{"calls/*",
                                 "calls/*/app*",
                                 "calls/*/leg 0",
                                 "calls/*/leg 1",
                                 "calls/*/leg 0/dialog",
                                 "calls/*/leg 1/dialog*",
                                 "calls/*/leg 0/*(server)",
                                 "calls/*/leg 1/*(client)",
                                 "calls/*/leg 0/media",
                                 "calls/*/leg 1/media"};

} // namespace

TEST_CASE("injected faults: a throw after the commit of any actor loses nothing and sends all once",
          "[actors]") {
  const auto path = GENERATE(from_range(std::begin(children), std::end(children)));
  faulty_world f;
  auto& w = f.w;
  INFO(path);
  f.arm(path, fault::kind::throw_after_commit);
  w.caller.invite("7100");
  w.settle();
  w.callee.respond(180);
  w.settle();
  w.callee.respond(200, {});
  w.settle();
  CHECK(w.caller.heard() == strings{"180 INVITE", "200 INVITE"});
  CHECK(w.callee.heard() == strings{"INVITE", "ACK"});
  CHECK(w.media().are_connected({0, 0, 1}, {0, 1, 1}));
  CHECK(f.fired() == 1);
  const auto row = w.call_rows().at(0);
  CHECK(row.restarts == 1);
  CHECK_THAT(row.last_error, Catch::EndsWith("injected fault"));
  w.callee.bye();
  w.settle();
  CHECK(w.caller.count("BYE") == 1);
  w.over({"200 callee bye"});
}

TEST_CASE("injected faults: a throw in a handler sets the input aside", "[actors]") {
  faulty_world f;
  auto& w = f.w;
  w.connect();
  f.arm("calls/*/leg 0/dialog", fault::kind::throw_before_commit);
  w.caller.request("OPTIONS");
  w.settle();
  CHECK(w.caller.count("500 OPTIONS") == 1);
  w.caller.request("OPTIONS");
  w.settle();
  CHECK(w.caller.count("200 OPTIONS") == 1);
  CHECK(w.call_rows().at(0).last_error == "dialog: injected fault");
  w.caller.bye();
  w.settle();
  w.over({"200 caller bye"});
}

TEST_CASE("injected faults: a message is dropped, and its repetition is not", "[actors]") {
  faulty_world f;
  auto& w = f.w;
  w.connect();
  f.arm("calls/*", fault::kind::drop);
  w.caller.request("OPTIONS");
  w.settle();
  CHECK(w.caller.count("200 OPTIONS") == 0);
  w.caller.again("OPTIONS");
  w.settle();
  CHECK(w.caller.count("200 OPTIONS") == 1);
  CHECK(w.call_rows().at(0).restarts == 0);
  w.caller.bye();
  w.settle();
  w.over({"200 caller bye"}, {"OPTIONS"});
}

TEST_CASE("injected faults: a frozen call answers in order once it has thawed", "[actors]") {
  faulty_world f;
  auto& w = f.w;
  w.connect();
  f.arm("calls/*/leg 0/dialog", fault::kind::freeze, 1, 300ms);
  w.caller.request("OPTIONS");
  w.settle();
  CHECK(w.caller.count("200 OPTIONS") == 1); // the input during which it froze is finished
  w.caller.request("OPTIONS");
  w.settle();
  w.caller.bye();
  w.pass(299ms);
  CHECK(w.caller.count("200 OPTIONS") == 1);
  CHECK(w.caller.count("200 BYE") == 0);
  w.pass(1ms);
  CHECK(w.caller.count("200 OPTIONS") == 2);
  CHECK(w.caller.count("200 BYE") == 1);
  w.over({"200 caller bye"});
}

TEST_CASE("injected faults: a frozen call keeps as many inputs as its limit", "[actors]") {
  faulty_world f;
  auto& w = f.w;
  w.connect();
  f.arm("calls/*", fault::kind::freeze);
  w.caller.request("OPTIONS");
  w.settle();
  for (std::size_t i = 0; i < actors::limits::waiting_inputs; ++i)
    w.caller.again("OPTIONS");
  w.settle();
  CHECK(w.figure("tandem_call_inputs_dropped_total") == 0);
  w.caller.again("OPTIONS");
  w.settle();
  CHECK(w.figure("tandem_call_inputs_dropped_total") == 1);
  w.pass(50ms);
  CHECK(w.caller.count("200 OPTIONS") == 1 + actors::limits::waiting_inputs);
  w.caller.bye();
  w.settle();
  w.over({"200 caller bye"}, {"OPTIONS"});
}

TEST_CASE("injected faults: the process ends at the named points of a turn", "[actors]") {
  faulty_world f;
  auto& w = f.w;
  const auto point =
      GENERATE(turn_point::before_commit, turn_point::after_commit, turn_point::after_flush);
  fault end;
  end.what = fault::kind::exit;
  end.point = point;
  REQUIRE(f.faults.arm(end));
  CHECK(f.exits == 0);
  w.connect();
  CHECK(f.exits == 1);
  CHECK(f.faults.list().at(0).seen > 1);
  w.caller.bye();
  w.settle();
  w.over({"200 caller bye"});
}

TEST_CASE("injected faults: a retransmission that throws changes no answer (§17.2.1)", "[actors]") {
  const std::string path = GENERATE("calls/*", "calls/*/leg 0/*(server)");
  faulty_world f;
  auto& w = f.w;
  INFO(path);
  w.caller.invite("7100");
  w.settle();
  w.callee.respond(180);
  w.settle();
  f.arm(path, fault::kind::throw_before_commit);
  w.caller.again("INVITE");
  w.settle();
  CHECK(f.fired() == 1);
  CHECK(w.caller.heard() == strings{"180 INVITE"}); // and no 500
  w.callee.respond(200);
  w.settle();
  CHECK(w.caller.count("200 INVITE") == 1);
  w.caller.bye();
  w.settle();
  w.over({"200 caller bye"});
}

TEST_CASE("injected faults: an actor that throws every time ends its call, both sides are told",
          "[actors]") {
  const auto path = std::string(GENERATE(from_range(std::begin(children), std::end(children))));
  faulty_world f;
  auto& w = f.w;
  INFO(path);
  w.connect();
  f.poison("calls/" + to_string(w.key()) + path.substr(path.find('*') + 1));
  auto& third = w.add_phone(5071);
  third.invite("9196");
  w.settle();
  const auto bystander = w.row("app echo");
  for (unsigned i = 2; i < 12 && w.callee.count("BYE") == 0; ++i) {
    const auto offers = w.caller.count("INVITE");
    const auto acks = w.caller.count("ACK");
    w.callee.reinvite({.body = w.callee.described(i)});
    w.settle();
    if (w.caller.count("INVITE") > offers)
      w.caller.respond(200);
    w.settle();
    if (w.caller.count("INVITE") > offers && w.caller.count("ACK") == acks)
      w.caller.again("200 INVITE");
    w.settle();
    w.caller.request("INFO", "", "x");
    w.pass(100ms);
    if (w.callee.count("INFO") > 0)
      w.callee.respond_to("INFO", 200);
    w.pass(100ms);
  }
  w.pass(2s);
  CHECK(w.caller.count("BYE") == 1);
  CHECK(w.callee.count("BYE") == 1);
  CHECK(w.row("app echo").id == bystander.id);
  CHECK(w.row("app echo").restarts == 0);
  third.bye();
  w.pass(40s);
  // The call that fails as a whole is gone with the first answer to its last words.
  const auto late = path == "calls/*" ? strings{"200 BYE"} : strings{};
  w.over({"200 node internal failure", "200 caller bye"}, late);
}

TEST_CASE("injected faults: a phone that still rings is cancelled without its leg, and its 487 has "
          "its ACK (§9.1, §17.1.1.3)",
          "[actors]") {
  faulty_world f;
  auto& w = f.w;
  w.caller.invite("7100");
  w.settle();
  w.callee.respond(180);
  w.settle();
  f.poison("calls/*/leg 1");
  for (int i = 0; i < 12 && w.callee.count("CANCEL") == 0; ++i) {
    w.callee.respond(183);
    w.settle();
  }
  CHECK(w.callee.heard() == strings{"INVITE", "CANCEL", "ACK"});
  CHECK(w.caller.heard() == strings{"180 INVITE", "480 INVITE"});
  w.over({"480 node internal failure"});
}

TEST_CASE("injected faults: a call that is killed as an actor is brought back, and again",
          "[actors]") {
  world w;
  w.connect();
  const auto path = w.calls_path() + "/" + to_string(w.key());
  for (std::uint32_t i = 0; i < actors::limits::revivals_per_call; ++i) {
    w.kill(path);
    REQUIRE(w.call_rows().size() == 1);
    CHECK(w.media().are_connected({0, 0, 1}, {0, 1, 1}));
  }
  w.forget_ladders();
  SECTION("as often as the limit") {
    w.caller.bye();
    w.settle();
    CHECK(w.caller.count("200 BYE") == 1);
    CHECK(w.callee.count("BYE") == 1);
    w.over({"200 caller bye"});
  }
  SECTION("once more") {
    w.kill(path);
    CHECK(w.call_rows().empty());
    w.over({"0 node record unreadable"});
  }
}

TEST_CASE("injected faults: calls outlive the router, the registrar and a transport", "[actors]") {
  const auto name = std::string(GENERATE("router", "registrar", "udp:127.0.0.1:5060"));
  INFO(name);
  world w;
  w.connect();
  const auto call = w.call_rows().at(0);
  w.kill("signalling/" + name);
  CHECK(w.row(name).restarts >= 1);
  CHECK(w.call_rows().at(0).id == call.id);
  w.caller.request("OPTIONS");
  w.settle();
  CHECK(w.caller.count("200 OPTIONS") == 1);
  w.caller.bye();
  w.settle();
  CHECK(w.callee.count("BYE") == 1);
  w.over({"200 caller bye"});
}

TEST_CASE("injected faults: a child that a stranger kills is brought back with its call",
          "[actors]") {
  world w;
  w.connect();
  const auto path = w.calls_path() + "/" + to_string(w.key());
  w.kill(path + "/leg 0/dialog");
  CHECK(w.row("leg 0").state == "established");
  CHECK(w.call_rows().at(0).restarts == 1);
  w.caller.bye();
  w.settle();
  CHECK(w.caller.count("200 BYE") == 1);
  w.over({"200 caller bye"});
}

TEST_CASE("injected faults: a 2xx that fails while the call hangs up is taken when it comes again",
          "[actors]") {
  faulty_world f;
  auto& w = f.w;
  w.callee.habits.obeys_cancel = false;
  w.caller.invite("7100");
  w.settle();
  w.callee.respond(180);
  w.settle();
  const auto fails = [&](const char* path) {
    f.arm(path, fault::kind::throw_before_commit);
    if (f.fired() == 0)
      w.callee.respond(200);
    else
      w.callee.again("200 INVITE");
    w.settle();
  };
  fails("calls/*/leg 1"); // set aside
  CHECK(w.callee.count("CANCEL") == 0);
  fails("calls/*/leg 1"); // a final response fails twice: the call hangs up
  CHECK(w.callee.count("CANCEL") == 1);
  fails("calls/*/leg 1/INVITE (client)");
  CHECK(f.fired() == 3);
  w.callee.again("200 INVITE");
  w.settle();
  CHECK(w.callee.count("ACK") == 1);
  CHECK(w.callee.count("BYE") == 1);
  w.over({"480 node internal failure"});
}
