// Everything that a stranger can make grow, at its limit and one beyond.
#include "actors/app/limits.hpp"

#include "actors/call/limits.hpp"
#include "actors/leg/limits.hpp"
#include "actors/trace/ladder_archive.hpp"
#include "tests/actors/world.hpp"

#include <catch2/catch.hpp>

#include <string>

using namespace std::chrono_literals;

using namespace tandem;
using namespace tandem::test;

namespace limits = actors::limits;

namespace {

constexpr key128 key_of(std::uint64_t n) {
  return {n, n};
}

actors::sip_line line_of(std::size_t bytes) {
  static const std::string text(limits::ladder_bytes, 'x');
  actors::sip_line line{};
  line.message = std::string_view(text).substr(0, bytes);
  return line;
}

std::shared_ptr<actors::ladder> ladder_of(std::uint64_t key, std::size_t bytes) {
  auto out = std::make_shared<actors::ladder>(key_of(key), time_point{}, wall_time{});
  out->add(time_point{}, line_of(bytes));
  return out;
}

} // namespace

TEST_CASE("limits: inputs that wait for a commit", "[actors]") {
  // One is run at once and commits; the others come in the same turn.
  for (const std::size_t extra : {0, 1}) {
    INFO(extra);
    world w;
    w.connect();
    const auto sent = 1 + limits::waiting_inputs + extra;
    for (std::size_t i = 0; i < sent; ++i)
      w.caller.request("OPTIONS");
    w.settle();
    CHECK(w.caller.count("200 OPTIONS") == 1 + limits::waiting_inputs);
    CHECK(w.figure("tandem_call_inputs_dropped_total") == extra);
    if (extra > 0) {
      w.caller.again("OPTIONS"); // as a phone does when it hears nothing (§17.1.2.2)
      w.settle();
      CHECK(w.caller.count("200 OPTIONS") == sent);
    }
    w.caller.bye();
    w.settle();
    w.over({"200 caller bye"}, strings(extra, "OPTIONS"));
  }
}

TEST_CASE("limits: children of one call, a BYE is taken all the same", "[actors]") {
  world w;
  w.connect();
  const auto children = [&w] {
    return w.rows("signalling/calls/" + to_string(w.key())).size() - 1;
  };
  while (children() < limits::children_by_wire) {
    w.caller.request("OPTIONS");
    w.settle();
  }
  CHECK(w.caller.count("500 OPTIONS") == 0);
  w.caller.request("OPTIONS");
  w.settle();
  CHECK(w.caller.count("500 OPTIONS") == 1);
  CHECK(children() == limits::children_by_wire);
  w.caller.bye();
  w.settle();
  CHECK(w.caller.count("200 BYE") == 1);
  CHECK(w.callee.count("BYE") == 1);
  CHECK(w.figure("tandem_call_faults_total") == 0);
  w.over({"200 caller bye"});
}

TEST_CASE("limits: dialogs of one forked INVITE (§13.2.2.4)", "[actors]") {
  world w;
  w.caller.invite("7100");
  w.settle();
  for (std::size_t i = 0; i <= limits::dialogs_per_leg; ++i) {
    w.callee.respond(180, {.tag = "t" + std::to_string(i)});
    w.settle();
  }
  CHECK(w.has_row("dialog " + std::to_string(limits::dialogs_per_leg - 1)));
  CHECK(!w.has_row("dialog " + std::to_string(limits::dialogs_per_leg)));
  SECTION("an answer of one that has its dialog") {
    w.callee.respond(200, {.tag = "t15"});
    w.settle();
    CHECK(w.callee.heard() == strings{"INVITE", "ACK"});
    w.caller.bye();
    w.settle();
    w.over({"200 caller bye"});
  }
  SECTION("an answer of one that has none") {
    w.callee.respond(200, {.tag = "t16"});
    w.settle();
    CHECK(w.callee.heard() == strings{"INVITE"});
    CHECK(w.caller.count("500 INVITE") == 1);
    w.over({"500 node unreachable"});
  }
}

TEST_CASE("limits: legs and timers that an application may have", "[actors]") {
  static_assert(limits::legs_per_call == 16 && limits::timers_per_app == 64);
  for (const auto* fits : {"legs_16", "timers_64"}) {
    INFO(fits);
    world w;
    w.caller.invite(fits);
    w.settle();
    CHECK(w.caller.heard() == strings{"486 INVITE"});
    CHECK(w.figure("tandem_call_faults_total") == 0);
    CHECK(w.callee.count("INVITE") == (std::string_view(fits) == "legs_16" ? 15 : 0));
    w.over({"486 node rejected"});
  }
  for (const auto* exceeds : {"legs_17", "timers_65"}) {
    INFO(exceeds);
    world w;
    w.caller.invite(exceeds);
    w.settle();
    CHECK(w.caller.heard() == strings{"500 INVITE"});
    CHECK(w.callee.heard() == strings{});
    w.over({"500 node internal failure"});
  }
}

TEST_CASE("limits: calls of one shard (§21.5.4)", "[actors]") {
  world w{{.calls_per_shard = 2}};
  auto& second = w.add_phone(5071);
  auto& third = w.add_phone(5072);
  w.caller.invite("9196");
  second.invite("9196");
  third.invite("9196");
  w.settle();
  CHECK(w.caller.heard() == strings{"200 INVITE"});
  CHECK(second.heard() == strings{"200 INVITE"});
  CHECK(third.heard() == strings{"503 INVITE"});
  w.caller.bye();
  second.bye();
  w.settle();
  w.pass(33s);
  third.invite("9196");
  w.settle();
  CHECK(third.count("200 INVITE") == 1);
  third.bye();
  w.settle();
  w.over({"200 caller bye", "200 caller bye", "200 caller bye"}, {"503 INVITE", "ACK", "INVITE"});
}

TEST_CASE("limits: lines of a ladder", "[actors]") {
  actors::ladder l{key_of(1), time_point{}, wall_time{}};
  for (std::size_t i = 0; i < limits::ladder_lines; ++i)
    l.add(time_point{}, actors::state_line{"x", "y"});
  CHECK(l.lines().size() == limits::ladder_lines);
  CHECK(l.dropped() == 0);
  l.add(time_point{}, actors::state_line{"x", "y"});
  CHECK(l.lines().size() == limits::ladder_lines);
  CHECK(l.dropped() == 1);
}

TEST_CASE("limits: bytes of a ladder", "[actors]") {
  actors::ladder l{key_of(1), time_point{}, wall_time{}};
  const auto room = limits::ladder_bytes - sizeof(actors::ladder_line) - sizeof(actors::sip_line)
                    - sizeof(std::string);
  l.add(time_point{}, line_of(room + 1));
  CHECK(l.dropped() == 1);
  l.add(time_point{}, line_of(room));
  CHECK(l.dropped() == 1);
  CHECK(l.size_bytes() == limits::ladder_bytes);
}

TEST_CASE("limits: bytes of the archive, the oldest ladder goes first", "[actors]") {
  const auto each = ladder_of(1, 100)->size_bytes();
  actors::ladder_archive archive{1h, 2 * each};
  archive.add(ladder_of(1, 100), time_point{});
  archive.add(ladder_of(2, 100), time_point{});
  CHECK(archive.size() == 2);
  CHECK(archive.size_bytes() == 2 * each);
  archive.add(ladder_of(3, 1), time_point{});
  CHECK(archive.find(key_of(1)) == nullptr);
  CHECK(archive.find(key_of(2)) != nullptr);
  CHECK(archive.find(key_of(3)) != nullptr);
  archive.add(ladder_of(4, 3 * each), time_point{}); // more than all that may be kept
  CHECK(archive.size() == 0);
  CHECK(archive.size_bytes() == 0);
}

TEST_CASE("trace: the bytes of all ladders, live and ended", "[actors]") {
  gauge held;
  {
    actors::ladder_archive archive{10min, limits::archive_bytes, &held};
    const auto live = archive.begin(key_of(1), time_point{}, wall_time{});
    auto ended = archive.begin(key_of(2), time_point{}, wall_time{});
    live->add(time_point{}, line_of(100));
    ended->add(time_point{}, actors::state_line{"x", "y"});
    const auto both = live->size_bytes() + ended->size_bytes();
    CHECK(held.value() == static_cast<std::int64_t>(both));
    archive.add(std::move(ended), time_point{});
    CHECK(held.value() == static_cast<std::int64_t>(both));
    archive.expire(time_point{} + 10min);
    CHECK(held.value() == static_cast<std::int64_t>(live->size_bytes()));
    (void) actors::ladder{*live}; // to be shown
    CHECK(held.value() == static_cast<std::int64_t>(live->size_bytes()));
  }
  CHECK(held.value() == 0);
}

TEST_CASE("limits: minutes of the archive", "[actors]") {
  const time_point start{1h};
  actors::ladder_archive archive{10min};
  archive.add(ladder_of(1, 100), start);
  archive.add(ladder_of(2, 100), start + 1min);
  archive.expire(start + 10min - 1ns);
  CHECK(archive.find(key_of(1)) != nullptr);
  archive.expire(start + 10min);
  CHECK(archive.find(key_of(1)) == nullptr);
  CHECK(archive.find(key_of(2)) != nullptr);
}

TEST_CASE("limits: a call that came back under its key shows the younger ladder", "[actors]") {
  actors::ladder_archive archive{10min};
  const auto older = ladder_of(1, 100);
  const auto younger = ladder_of(1, 50);
  archive.add(older, time_point{});
  archive.add(younger, time_point{} + 1min);
  CHECK(archive.find(key_of(1)) == younger);
  archive.expire(time_point{} + 10min);
  CHECK(archive.find(key_of(1)) == younger);
  archive.expire(time_point{} + 11min);
  CHECK(archive.find(key_of(1)) == nullptr);
}
