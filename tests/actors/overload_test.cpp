// docs/OVERLOAD.md: more is asked for than the node can serve.
#include "actors/faults/armed_faults.hpp"
#include "tests/actors/world.hpp"

#include <catch2/catch.hpp>

#include <algorithm>

using namespace std::chrono_literals;

using namespace tandem;
using namespace tandem::test;

namespace {

/// Each new call takes some time of its shard. 32 are begun in the first turn
/// (limits::first_quota), and one in the next if that took long.
struct slow_world {
  actors::armed_faults faults{[] {}, [this](duration d) { w.clock().advance(d); }};
  world w{{.faults = &faults}};
  sip_phone& crowd = w.add_phone(5071);

  void costs(duration of_a_call) {
    actors::fault f;
    f.what = actors::fault::kind::cost;
    f.cost = of_a_call;
    f.times = 0;
    REQUIRE(faults.arm(f));
  }
  void invite(int times) {
    for (int i = 0; i < times; ++i)
      crowd.invite("elsewhere"); // is answered 302 at once
  }
  /// Of what the node sent, the place of the first that begins so.
  [[nodiscard]] std::size_t first_sent(std::string_view start, std::string_view cseq) const {
    const auto& all = w.happenings();
    return static_cast<std::size_t>(std::ranges::find_if(all,
                                                         [&](const happening& h) {
                                                           return h.what == happening::kind::sent
                                                                  && h.bytes.starts_with(start)
                                                                  && h.bytes.find(cseq)
                                                                         != h.bytes.npos;
                                                         })
                                    - all.begin());
  }
  [[nodiscard]] std::uint64_t refused(const char* why) const {
    return w.figure("tandem_admission_refused_total", {{"reason", why}});
  }
};

strings times(std::size_t n, const strings& labels) {
  strings out;
  for (std::size_t i = 0; i < n; ++i)
    out.insert(out.end(), labels.begin(), labels.end());
  return out;
}

} // namespace

TEST_CASE("overload: calls in progress go first, who waits too long gets a 503 (§21.5.4)",
          "[actors]") {
  slow_world s;
  auto& w = s.w;
  w.connect();
  s.costs(13ms);
  s.invite(40);
  w.caller.request("OPTIONS");
  w.settle();
  CHECK(w.caller.count("200 OPTIONS") == 1);
  CHECK(s.first_sent("SIP/2.0 200", "OPTIONS") < s.first_sent("SIP/2.0 302", "INVITE"));
  CHECK(s.crowd.count("302 INVITE") == 33);
  CHECK(s.crowd.count("503 INVITE") == 7);
  CHECK(s.refused("waited") == 7);
  CHECK(w.figure("tandem_admission_admitted_total") == 34);
  CHECK(w.level("tandem_admission_waiting") == 0);
  CHECK(s.crowd.last("503 INVITE")->raw().find("Retry-After") == std::string_view::npos);
  w.caller.bye();
  w.settle();
  auto ends = times(33, {"302 node rejected"});
  ends.push_back("200 caller bye");
  w.over(ends, times(7, {"INVITE", "503 INVITE", "ACK"}));
  CHECK(std::ranges::count_if(
            w.log(), [](const std::string& line) { return line.find("sip.overload") != line.npos; })
        == 2); // its begin and its end
}

TEST_CASE(
    "overload: a refused INVITE that comes again is refused again, and costs nothing (§8.2.7)",
    "[actors]") {
  slow_world s;
  auto& w = s.w;
  s.costs(13ms);
  s.crowd.habits.acknowledges_failures = false;
  s.invite(34);
  w.settle();
  REQUIRE(s.crowd.count("503 INVITE") == 1);
  const auto first = std::string(s.crowd.last("503 INVITE")->raw());
  const auto commits = w.figure("tandem_call_commits_total");
  s.crowd.again("INVITE");
  w.settle();
  CHECK(s.crowd.count("503 INVITE") == 2);
  CHECK(s.crowd.last("503 INVITE")->raw() == first);
  CHECK(s.refused("again") == 1);
  CHECK(w.figure("tandem_call_commits_total") == commits);
  w.pass(40s);
  s.crowd.forget();
  s.crowd.habits.acknowledges_failures = true;
  s.crowd.again("INVITE"); // by now it is a new one
  w.settle();
  CHECK(s.crowd.heard() == strings{"302 INVITE"});
  w.over(times(34, {"302 node rejected"}), {"INVITE", "503 INVITE", "INVITE", "503 INVITE"});
}

TEST_CASE("overload: an INVITE that comes again while it waits is absorbed", "[actors]") {
  slow_world s;
  auto& w = s.w;
  s.costs(5ms);
  s.invite(33);
  s.crowd.again("INVITE");
  w.settle();
  CHECK(s.crowd.count("302 INVITE") == 33);
  CHECK(w.figure("tandem_admission_absorbed_total") == 1);
  w.over(times(33, {"302 node rejected"}), {"INVITE"});
}

TEST_CASE("overload: a CANCEL ahead of its time is not heard, its repetition is (§9.1)",
          "[actors]") {
  world w;
  w.caller.invite("7100");
  w.caller.cancel();
  w.settle();
  CHECK(w.caller.heard() == strings{});
  CHECK(w.callee.heard() == strings{"INVITE"});
  w.callee.respond(180);
  w.caller.again("CANCEL");
  w.settle();
  CHECK(w.caller.count("200 CANCEL") == 1);
  CHECK(w.caller.count("487 INVITE") == 1);
  w.over({"487 caller cancelled"}, {"CANCEL"});
}

TEST_CASE("overload: registrations and OPTIONS wait at the same gate", "[actors]") {
  slow_world s;
  auto& w = s.w;
  s.costs(13ms);
  s.invite(33);
  for (const auto* method : {"OPTIONS", "REGISTER", "MESSAGE"})
    s.crowd.request_outside(method, "7100");
  s.crowd.request_outside("BYE", "7100"); // of a call that is not here
  w.settle();
  for (const auto* answer : {"503 OPTIONS", "503 REGISTER", "503 MESSAGE", "503 BYE"})
    CHECK(s.crowd.count(answer) == 1);
  w.over(times(33, {"302 node rejected"}), {"OPTIONS", "REGISTER", "MESSAGE", "BYE", "503 OPTIONS",
                                            "503 REGISTER", "503 MESSAGE", "503 BYE"});
}
