// Faults that are wanted happen where they were planned, and the call goes on.
#include "actors/call/limits.hpp"
#include "actors/faults/armed_faults.hpp"
#include "tests/actors/world.hpp"

#include <catch2/catch.hpp>

using namespace std::chrono_literals;

using namespace tandem;
using namespace tandem::test;

using actors::fault;
using actors::turn_point;

namespace {

/// A world in which faults can be armed.
struct faulty_world {
  int exits = 0;
  actors::armed_faults faults{[this] { ++exits; }};
  world w{{.faults = &faults}};

  void arm(std::string_view path, fault::kind what, std::uint64_t entry = 1,
           duration freeze = 50ms) {
    fault f;
    f.path = actors::fault_path::parse(path).value();
    f.what = what;
    f.entry = entry;
    f.freeze = freeze;
    REQUIRE(faults.arm(f));
  }
  [[nodiscard]] std::uint64_t fired() const {
    std::uint64_t n = 0;
    for (const auto& r : faults.list())
      n += r.fired;
    return n;
  }
};

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
  const bool unheard = path == "calls/*"; // it threw before it could note what came
  w.over({"200 caller bye"}, unheard ? strings{"INVITE"} : strings{});
}
