// The supervisor of Erlang/OTP as a table: what happens to its children, and what it does.
#include "runtime/actor/supervision.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <set>
#include <sstream>
#include <string>
#include <vector>

using namespace std::chrono_literals;
using tandem::child_exit;
using tandem::restart_limit;
using tandem::restart_strategy;
using tandem::restart_type;
using tandem::shutdown_time;
using tandem::supervision;
using tandem::time_point;

namespace {

constexpr auto one = restart_strategy::one_for_one;
constexpr auto all = restart_strategy::one_for_all;
constexpr auto rest = restart_strategy::rest_for_one;

/// Plays the children a, b, c… and writes down what the supervisor does:
/// "+a" starts it, "-a" tells it to end, "!a" kills it, "end shutdown" ends itself.
class stage {
public:
  stage(restart_strategy s, restart_limit l, std::vector<supervision::child_spec> specs)
    : machine_(s, l, std::move(specs)) {}

  /// "start", "stop", "pass 500" (ms), or a child and its fate: "a fails", "a normal",
  /// "a shutdown", "a refuses" (to end when told), "a broken" (cannot be started), "a mended".
  void play(const std::string& event) {
    std::istringstream words{event};
    std::string subject;
    std::string what;
    words >> subject >> what;
    if (subject == "start")
      return perform(machine_.start(now_));
    if (subject == "stop")
      return perform(machine_.stop(now_));
    if (subject == "pass")
      return pass(std::chrono::milliseconds{std::stoi(what)});
    const auto child = static_cast<std::size_t>(subject.at(0) - 'a');
    if (what == "refuses")
      refusing_.insert(child);
    else if (what == "broken")
      broken_.insert(child);
    else if (what == "mended")
      broken_.erase(child);
    else
      perform(machine_.on_exited(child, exit_named(what), now_));
  }

  [[nodiscard]] const std::string& log() const { return log_; }
  [[nodiscard]] const supervision& machine() const { return machine_; }

private:
  static child_exit exit_named(const std::string& what) {
    if (what == "fails")
      return child_exit::failure;
    if (what == "normal")
      return child_exit::normal;
    REQUIRE(what == "shutdown");
    return child_exit::shutdown;
  }

  void pass(std::chrono::milliseconds d) {
    const auto end = now_ + d;
    while (const auto next = machine_.next_deadline()) {
      if (*next > end)
        break;
      now_ = *next;
      perform(machine_.on_deadline(now_));
    }
    now_ = end;
  }

  void note(char sign, std::size_t child) {
    log_ += log_.empty() ? "" : " ";
    log_ += sign;
    log_ += static_cast<char>('a' + static_cast<int>(child));
  }

  void perform(const supervision::actions& todo) {
    using kind = supervision::action::kind;
    for (const auto& a : todo)
      switch (a.what) {
        case kind::start:
          note('+', a.child);
          perform(broken_.contains(a.child) ? machine_.on_start_failed(a.child, now_)
                                            : machine_.on_started(a.child, now_));
          break;
        case kind::shutdown:
          note('-', a.child);
          if (!refusing_.contains(a.child))
            perform(machine_.on_exited(a.child, child_exit::shutdown, now_));
          break;
        case kind::kill:
          note('!', a.child);
          perform(machine_.on_exited(a.child, child_exit::failure, now_));
          break;
        case kind::end:
          log_ += log_.empty() ? "" : " ";
          log_ += a.exit == child_exit::failure ? "end failure" : "end shutdown";
      }
  }

  supervision machine_;
  time_point now_{1h};
  std::set<std::size_t> refusing_;
  std::set<std::size_t> broken_;
  std::string log_;
};

/// "ptx" is a permanent, a transient and a temporary child.
std::vector<supervision::child_spec> children(const std::string& types,
                                              shutdown_time patience = {}) {
  std::vector<supervision::child_spec> specs;
  for (const auto t : types)
    specs.push_back({t == 'p'   ? restart_type::permanent
                     : t == 't' ? restart_type::transient
                                : restart_type::temporary,
                     patience});
  return specs;
}

struct scene {
  const char* name;
  restart_strategy strategy;
  const char* children;
  std::vector<std::string> events; // after "start"
  const char* log;
};

} // namespace

TEST_CASE("supervision: who is restarted, in which order (OTP supervisor)", "[actor][otp]") {
  const std::vector<scene> scenes = {
      {"children start in order", one, "ppp", {}, "+a +b +c"},
      {"and end in reverse", one, "ppp", {"stop"}, "+a +b +c -c -b -a end shutdown"},
      {"no children at all", one, "", {"stop"}, "end shutdown"},

      {"one_for_one: the failed one alone", one, "ppp", {"b fails"}, "+a +b +c +b"},
      {"one_for_all: the others end in reverse, all start in order",
       all,
       "ppp",
       {"b fails"},
       "+a +b +c -c -a +a +b +c"},
      {"rest_for_one: those after it", rest, "ppp", {"b fails"}, "+a +b +c -c +b +c"},
      {"rest_for_one: the last alone", rest, "ppp", {"c fails"}, "+a +b +c +c"},
      {"rest_for_one: the first is all", rest, "ppp", {"a fails"}, "+a +b +c -c -b +a +b +c"},

      {"permanent: a normal end restarts", one, "p", {"a normal"}, "+a +a"},
      {"permanent: a shutdown restarts", one, "p", {"a shutdown"}, "+a +a"},
      {"transient: a failure restarts", one, "t", {"a fails"}, "+a +a"},
      {"transient: a normal end does not", one, "t", {"a normal"}, "+a"},
      {"transient: nor does a shutdown", one, "t", {"a shutdown"}, "+a"},
      {"temporary: nothing does", one, "x", {"a fails"}, "+a"},
      {"a normal end of a transient child concerns nobody", all, "tp", {"a normal"}, "+a +b"},
      {"a failure of a temporary child concerns nobody", all, "xp", {"a fails"}, "+a +b"},

      {"a temporary child ended for a sibling stays away",
       all,
       "pxp",
       {"a fails"},
       "+a +b +c -c -b +a +c"},
      {"a transient child ended for a sibling comes back",
       all,
       "ptp",
       {"a fails"},
       "+a +b +c -c -b +a +b +c"},
      {"a transient child that had ended comes back with its siblings",
       all,
       "pt",
       {"b normal", "a fails"},
       "+a +b +a +b"},
      {"a temporary child that had ended does not", all, "px", {"b normal", "a fails"}, "+a +b +a"},
      {"rest_for_one leaves an ended transient child before it away",
       rest,
       "tp",
       {"a normal", "b fails"},
       "+a +b +b"},
      {"an end is reported once", one, "tp", {"a normal", "a fails", "b fails"}, "+a +b +b"},
      {"after the stop nothing is restarted",
       one,
       "pp",
       {"stop", "a fails"},
       "+a +b -b -a end shutdown"},
      {"a child that is down is not told to end",
       one,
       "tp",
       {"a normal", "stop"},
       "+a +b -b end shutdown"},
  };
  for (const auto& s : scenes)
    DYNAMIC_SECTION(s.name) {
      stage st{s.strategy, {10, 5s}, children(s.children)};
      st.play("start");
      for (const auto& e : s.events)
        st.play(e);
      CHECK(st.log() == s.log);
    }
}

TEST_CASE("supervision: a start that fails", "[actor][otp]") {
  SECTION("at first: those already up end in reverse, and the supervisor fails") {
    stage st{one, {10, 5s}, children("ppp")};
    st.play("c broken");
    st.play("start");
    CHECK(st.log() == "+a +b +c -b -a end failure");
    CHECK(st.machine().ended());
  }
  SECTION("later: tried again, each counted, until it is given up") {
    stage st{one, {3, 5s}, children("pp")};
    st.play("start");
    st.play("b broken");
    st.play("b fails");
    CHECK(st.log() == "+a +b +b +b +b -a end shutdown");
  }
  SECTION("one_for_all: those up again end again before the next attempt") {
    stage st{all, {2, 5s}, children("pp")};
    st.play("start");
    st.play("b broken");
    st.play("a fails");
    CHECK(st.log() == "+a +b -b +a +b -a +a +b -a end shutdown");
  }
}

TEST_CASE("supervision: more than intensity restarts within period is too many", "[actor][otp]") {
  struct row {
    const char* name;
    restart_limit limit;
    std::vector<std::string> events;
    const char* log;
  };
  const std::vector<row> rows = {
      {"n are not", {2, 5s}, {"a fails", "a fails"}, "+a +b +a +a"},
      {"n+1 are", {2, 5s}, {"a fails", "a fails", "a fails"}, "+a +b +a +a -b end shutdown"},
      {"intensity 0: the first", {0, 5s}, {"a fails"}, "+a +b -b end shutdown"},
      {"exactly one period ago still counts",
       {1, 5s},
       {"a fails", "pass 5000", "a fails"},
       "+a +b +a -b end shutdown"},
      {"longer ago does not", {1, 5s}, {"a fails", "pass 5001", "a fails"}, "+a +b +a +a"},
      {"they count for all children together",
       {1, 5s},
       {"a fails", "b fails"},
       "+a +b +a -a end shutdown"},
      {"the window slides",
       {2, 5s},
       {"a fails", "pass 3000", "a fails", "pass 3000", "a fails", "pass 1000", "a fails"},
       "+a +b +a +a +a -b end shutdown"},
  };
  for (const auto& r : rows)
    DYNAMIC_SECTION(r.name) {
      stage st{one, r.limit, children("pp")};
      st.play("start");
      for (const auto& e : r.events)
        st.play(e);
      CHECK(st.log() == r.log);
    }
}

TEST_CASE("supervision: a child that does not end is killed when its time is up", "[actor][otp]") {
  struct row {
    const char* name;
    shutdown_time patience;
    std::vector<std::string> events;
    const char* log;
  };
  const std::vector<row> rows = {
      {"not before", {5s}, {"b refuses", "stop", "pass 4999"}, "+a +b -b"},
      {"then", {5s}, {"b refuses", "stop", "pass 5000"}, "+a +b -b !b -a end shutdown"},
      {"each has its own time",
       {5s},
       {"a refuses", "b refuses", "stop", "pass 9999"},
       "+a +b -b !b -a"},
      {"brutal_kill asks nobody",
       shutdown_time::brutal_kill(),
       {"stop"},
       "+a +b !b !a end shutdown"},
      {"infinity waits",
       shutdown_time::infinity(),
       {"b refuses", "stop", "pass 100000000"},
       "+a +b -b"},
      {"in time: no kill later",
       {5s},
       {"b refuses", "stop", "pass 100", "b normal", "pass 9000"},
       "+a +b -b -a end shutdown"},
  };
  for (const auto& r : rows)
    DYNAMIC_SECTION(r.name) {
      stage st{one, {1, 5s}, children("pp", r.patience)};
      st.play("start");
      for (const auto& e : r.events)
        st.play(e);
      CHECK(st.log() == r.log);
    }
}

TEST_CASE("supervision: deaths while children are being ended", "[actor][otp]") {
  SECTION("another dies meanwhile: one restart, both come back") {
    stage st{all, {1, 5s}, children("ppp")};
    st.play("c refuses");
    st.play("start");
    st.play("b fails"); // c is told to end and does not
    st.play("a fails");
    st.play("c normal");
    CHECK(st.log() == "+a +b +c -c +a +b +c");
    CHECK(st.machine().restarts(1) == 1);
    CHECK(st.machine().restarts(0) == 0);
  }
  SECTION("rest_for_one: one before it dies meanwhile, which is a restart of its own") {
    stage st{rest, {2, 5s}, children("ppp")};
    st.play("c refuses");
    st.play("start");
    st.play("b fails");
    st.play("a fails");
    st.play("c normal");
    CHECK(st.log() == "+a +b +c -c +b +c -c");
    st.play("c normal");
    CHECK(st.log() == "+a +b +c -c +b +c -c -b +a +b +c");
  }
  SECTION("told to stop in the middle of a restart") {
    stage st{all, {1, 5s}, children("ppp")};
    st.play("c refuses");
    st.play("start");
    st.play("a fails");
    st.play("stop");
    st.play("pass 5000");
    CHECK(st.log() == "+a +b +c -c !c -b end shutdown");
  }
  SECTION("told to stop twice") {
    stage st{one, {1, 5s}, children("p")};
    st.play("start");
    st.play("stop");
    st.play("stop");
    CHECK(st.log() == "+a -a end shutdown");
    CHECK(st.machine().next_deadline() == std::nullopt);
  }
}
