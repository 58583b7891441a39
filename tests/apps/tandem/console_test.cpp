#include "apps/tandem/console.hpp"

#include "tests/apps/tandem/small_node.hpp"

#include <catch2/catch.hpp>
#include <unistd.h>

#include <algorithm>
#include <deque>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

using namespace tandem;
using namespace tandem::test;

namespace {

struct run_result {
  int code;
  std::string out, err;
};

run_result run(std::vector<std::string> arguments, const std::string& admin = {},
               const std::string& token = {}, int pictures = 1, terminal_view view = {}) {
  std::ostringstream out, err;
  console_environment env{out, err, view, {}, admin, token, [&](auto) { return --pictures > 0; }};
  const int code = run_console(arguments, env);
  return {code, out.str(), err.str()};
}

/// Wakes as told; no clock runs.
class scripted_screen final : public full_screen {
public:
  scripted_screen(bool& is_open, std::vector<std::string>& drawn, std::deque<wake>& wakes)
    : is_open_(is_open), drawn_(drawn), wakes_(wakes) {
    is_open_ = true;
  }
  ~scripted_screen() override { is_open_ = false; }
  void draw(std::string_view picture) override { drawn_.emplace_back(picture); }
  wake wait(std::chrono::milliseconds) override {
    REQUIRE(!wakes_.empty());
    const auto next = wakes_.front();
    wakes_.pop_front();
    return next;
  }
  terminal_view view() const override { return {.width = 80, .height = 24, .interactive = true}; }

private:
  bool& is_open_;
  std::vector<std::string>& drawn_;
  std::deque<wake>& wakes_;
};

} // namespace

TEST_CASE("console: every command does what it says, exit code 0", "[console]") {
  small_node n;
  const auto admin = address_of(n);
  CHECK(run({"tree"}, admin).out.starts_with("ACTOR"));
  CHECK(run({"calls"}, admin).out.ends_with("2 calls: 1 ringing, 1 talking\n"));
  CHECK(run({"call", key_a}, admin).out.starts_with("call " + key_a + "\n  state   talking\n"));
  CHECK(run({"ladder", key_a}, admin).out.find("INVITE") != std::string::npos);
  CHECK(run({"hangup", key_a}, admin).out == "call " + key_a + " is ending\n");
  CHECK(run({"metrics"}, admin).out == "calls 2\n");
  CHECK(n.asked
        == std::vector<std::string>{"GET /api/v1/tree", "GET /api/v1/calls",
                                    "GET /api/v1/calls/" + key_a,
                                    "GET /api/v1/calls/" + key_a + "/ladder",
                                    "DELETE /api/v1/calls/" + key_a, "GET /metrics"});
  for (const auto& verb : {"tree", "calls", "metrics"}) {
    const auto r = run({"--admin", admin, verb});
    CHECK(r.code == 0);
    CHECK(r.err.empty());
  }
}

TEST_CASE("console: registrations, and a user by name, whatever it holds", "[console]") {
  small_node n;
  const auto admin = address_of(n);
  CHECK(run({"registrations"}, admin).out.ends_with("2 users registered\n"));
  CHECK(run({"registrations", "--limit", "1"}, admin).out.find("1 more user") != std::string::npos);
  CHECK(run({"user", "1001"}, admin).out.starts_with("user 1001\n"));
  CHECK(run({"user", "a/b%"}, admin).code == 0);
  CHECK(n.asked.back() == "GET /api/v1/users/a%2Fb%25");
  CHECK(nlohmann::json::parse(run({"user", "1001", "--json"}, admin).out) == sample_user());
  CHECK(nlohmann::json::parse(run({"--json", "registrations"}, admin).out)
        == sample_registrations());
  CHECK(run({"user", "nobody"}, admin).code == 1);
  CHECK(run({"user"}, admin).code == 2);
}

TEST_CASE("console: each word of fault says what is to be done to whom", "[console]") {
  small_node n;
  const auto admin = address_of(n);
  CHECK(run({"fault", "throw", "calls/*/leg 0", "--entry", "3", "--times", "0", "--after-commit",
             "--kind", "leg"},
            admin)
            .out
        == "fault 7 is armed: throw after the commit in calls/*/leg 0 (leg)\n");
  CHECK(run({"fault", "drop", "calls/*"}, admin).code == 0);
  CHECK(run({"fault", "freeze", "calls/*", "250"}, admin).code == 0);
  CHECK(run({"fault", "cost", "4"}, admin).code == 0);
  CHECK(run({"fault", "exit", "after_commit", "--entry", "9"}, admin).code == 0);
  const auto list = run({"fault", "list"}, admin).out;
  CHECK_THAT(list, Catch::StartsWith("ID"));
  CHECK_THAT(list, Catch::Contains("throw after the commit  calls/*/leg 0 (leg)   3 on"));
  CHECK(run({"fault", "off"}, admin).out == "2 faults disarmed\n");
  CHECK(run({"fault", "off", "7"}, admin).code == 0);
  CHECK(n.bodies
        == std::vector<std::string>{
            R"({"entry":3,"fault":"throw","kind":"leg","path":"calls/*/leg 0","times":0,)"
            R"("when":"after_commit"})",
            R"({"entry":1,"fault":"drop","path":"calls/*","times":1})",
            R"({"entry":1,"fault":"freeze","freeze_ms":250,"path":"calls/*","times":1})",
            R"({"cost_ms":4,"entry":1,"fault":"cost"})",
            R"({"entry":9,"fault":"exit","point":"after_commit"})"});
  CHECK(n.asked
        == std::vector<std::string>{"POST /api/v1/faults", "POST /api/v1/faults",
                                    "POST /api/v1/faults", "POST /api/v1/faults",
                                    "POST /api/v1/faults", "GET /api/v1/faults",
                                    "DELETE /api/v1/faults", "DELETE /api/v1/faults/7"});
  for (const std::vector<std::string>& wrong : {std::vector<std::string>{"fault"},
                                                {"fault", "throw"},
                                                {"fault", "freeze", "calls/*"},
                                                {"fault", "cost"},
                                                {"fault", "exit"},
                                                {"fault", "off", "all"},
                                                {"fault", "throw", "calls/*", "--entry", "x"}})
    CHECK(run(wrong, admin).code == 2);
}

TEST_CASE("console: log levels are shown, and changed for all, a component, a call", "[console]") {
  small_node n;
  const auto admin = address_of(n);
  CHECK(run({"log"}, admin).out
        == "LINES OF       LEVEL\nall            info\nsip            debug\n"
           "call "
               + key_a.substr(0, 8) + "  trace\ncomponents: call sip\n");
  CHECK(run({"log", "debug"}, admin).code == 0);
  CHECK(run({"log", "debug", "sip"}, admin).code == 0);
  CHECK(run({"log", "trace", "--call", "7f3a1b2c"}, admin).code == 0);
  CHECK(n.bodies
        == std::vector<std::string>{R"({"level":"debug"})",
                                    R"({"component":"sip","level":"debug"})",
                                    R"({"call":")" + key_a + R"(","level":"trace"})"});
  CHECK(n.asked.front() == "GET /api/v1/log");
  CHECK(n.asked.back() == "PUT /api/v1/log");
  for (const std::vector<std::string>& wrong : {std::vector<std::string>{"log", "loud"},
                                                {"log", "--call", "7f3a1b2c"},
                                                {"log", "debug", "--call", "nothex"},
                                                {"log", "debug", "sip", "--call", "7f3a1b2c"}})
    CHECK(run(wrong, admin).code == 2);
}

TEST_CASE("console: top once, without a terminal", "[console]") {
  small_node n;
  const auto admin = address_of(n);
  const auto text = run({"top", "--once"}, admin, "", 2);
  CHECK(text.code == 0);
  CHECK_THAT(text.out, Catch::Contains("node a"));
  CHECK(nlohmann::json::parse(run({"top", "--once", "--json"}, admin, "", 2).out)["node"] == "a");
  CHECK(run({"top", "--interval", "0"}, admin).code == 2);
}

TEST_CASE("console: top takes a terminal and gives it back, and p holds the picture", "[console]") {
  small_node n;
  std::ostringstream out, err;
  console_environment env{out, err};
  env.admin = address_of(n);
  bool is_open = false;
  std::vector<std::string> drawn;
  std::deque<full_screen::wake> wakes{
      {full_screen::wake::kind::time},     {full_screen::wake::kind::key, 'p'},
      {full_screen::wake::kind::time},     {full_screen::wake::kind::resized},
      {full_screen::wake::kind::key, 'p'}, {full_screen::wake::kind::time},
      {full_screen::wake::kind::key, 'q'}};
  env.open_screen = [&] { return std::make_unique<scripted_screen>(is_open, drawn, wakes); };
  CHECK(run_console({"top"}, env) == 0);
  CHECK_FALSE(is_open);
  CHECK(drawn.size() == 7);
  CHECK_THAT(drawn[0], Catch::Contains("q ends, p holds"));
  CHECK_THAT(drawn[2], Catch::Contains("held"));
  CHECK(std::ranges::count(n.asked, "GET /metrics") == 3); // not while it is held
  for (const auto& picture : drawn)
    CHECK(std::ranges::count(picture, '\n') < 24); // it never scrolls
}

TEST_CASE("console: top goes on while the node is away", "[console]") {
  auto n = std::make_unique<small_node>();
  std::ostringstream out, err;
  console_environment env{out, err};
  env.admin = address_of(*n);
  bool is_open = false;
  std::vector<std::string> drawn;
  std::deque<full_screen::wake> wakes{{full_screen::wake::kind::time},
                                      {full_screen::wake::kind::ended}};
  env.open_screen = [&] {
    n.reset();
    return std::make_unique<scripted_screen>(is_open, drawn, wakes);
  };
  CHECK(run_console({"top"}, env) == 0);
  CHECK_THAT(drawn[1], Catch::Contains("Connection refused; trying again"));
}

TEST_CASE("console: the token may stand in a file", "[console]") {
  small_node guarded{{.token = "s3cret"}};
  const auto file =
      std::filesystem::temp_directory_path() / ("tandem-token-" + std::to_string(::getpid()));
  std::ofstream{file} << "s3cret\nmore\n";
  CHECK(run({"tree", "--token-file", file.string()}, address_of(guarded)).code == 0);
  std::filesystem::remove(file);
  const auto gone = run({"tree", "--token-file", file.string()}, address_of(guarded));
  CHECK(gone.code == 2);
  CHECK_THAT(gone.err, Catch::Contains(file.string()));
}

TEST_CASE("console: --json gives the node's words, before and behind the verb", "[console]") {
  small_node n;
  const auto admin = address_of(n);
  using nlohmann::json;
  CHECK(json::parse(run({"tree", "--json"}, admin).out) == sample_tree());
  CHECK(json::parse(run({"--json", "calls"}, admin).out) == sample_calls());
  CHECK(json::parse(run({"call", "--json", key_a}, admin).out) == sample_call());
  CHECK(json::parse(run({"ladder", key_a, "--json"}, admin).out) == sample_ladder());
  CHECK(json::parse(run({"hangup", key_a, "--json"}, admin).out)["result"] == "ending");
  CHECK(json::parse(run({"metrics", "--json"}, admin).out)[0]["name"] == "calls");
}

TEST_CASE("console: a key may be its first digits, if they are enough", "[console]") {
  small_node n;
  const auto admin = address_of(n);
  CHECK(run({"call", "7f3a1b2c"}, admin).code == 0);
  CHECK(run({"call", "7F3A1B2C"}, admin).code == 0);
  CHECK(n.asked.back() == "GET /api/v1/calls/" + key_a);
  const auto both = run({"hangup", "7f3a"}, admin);
  CHECK(both.code == 1);
  CHECK(both.err
        == "tandem: 7f3a is the beginning of 2 calls:\n  " + key_a + "\n  " + key_b + "\n");
  CHECK(n.asked.back() == "GET /api/v1/calls"); // and nothing was ended
  const auto none = run({"call", "beef"}, admin);
  CHECK(none.code == 1);
  CHECK(none.err == "tandem: there is no such call\n");
  CHECK(n.asked.back() == "GET /api/v1/calls/beef");
}

TEST_CASE("console: exit code 1 when the node says no, with its words", "[console]") {
  small_node open;
  const auto gone = run({"call", std::string(32, '0')}, address_of(open));
  CHECK(gone.code == 1);
  CHECK(gone.out.empty());
  CHECK(gone.err == "tandem: there is no such call\n");

  small_node guarded{{.token = "s3cret"}};
  const auto refused = run({"tree"}, address_of(guarded));
  CHECK(refused.code == 1);
  CHECK(refused.err
        == "tandem: a valid bearer token is needed\n"
           "Give the [admin] token of its configuration with --token-file, or in TANDEM_TOKEN.\n");
  CHECK(run({"tree", "--token", "s3cret"}, address_of(guarded)).code == 0);
  CHECK(run({"tree"}, address_of(guarded), "s3cret").code == 0);
}

TEST_CASE("console: exit code 2 for wrong usage, 0 for help", "[console]") {
  for (const auto& arguments : std::vector<std::vector<std::string>>{{},
                                                                     {"dance"},
                                                                     {"call"},
                                                                     {"call", "7f3"},
                                                                     {"call", "not-hex"},
                                                                     {"tree", "--nope"},
                                                                     {"call", std::string(33, 'a')},
                                                                     {"calls", "--follow"},
                                                                     {"tree", "--limit", "x"},
                                                                     {"tree", "calls"}}) {
    const auto r = run(arguments, "127.0.0.1:1");
    CHECK(r.code == 2);
    CHECK(r.out.empty());
    CHECK_FALSE(r.err.empty());
  }
  CHECK(run({"call", "7f3"}, "127.0.0.1:1").err.find("4 to 32 hex digits") != std::string::npos);
  for (const auto& arguments :
       std::vector<std::vector<std::string>>{{"--help"}, {"ladder", "--help"}}) {
    const auto help = run(arguments);
    CHECK(help.code == 0);
    CHECK(help.err.empty());
    CHECK(help.out.find("--admin") != std::string::npos);
  }
}

TEST_CASE("console: exit code 3 says which address, and what to check", "[console]") {
  std::string gone;
  {
    const small_node n;
    gone = address_of(n);
  }
  const auto r = run({"tree"}, gone);
  CHECK(r.code == 3);
  CHECK(r.err.starts_with("tandem: cannot connect to " + gone + ": Connection refused\nCheck"));
  CHECK(r.err.find("--admin") != std::string::npos);
  const auto bad = run({"tree", "--admin", "nonsense"});
  CHECK(bad.code == 3);
  CHECK(bad.err.starts_with("tandem: nonsense: not an address of the form HOST:PORT\n"));

  const auto other =
      http_server::start(parse_ip_endpoint("127.0.0.1:0").value(), [](const http_request&) {
        return http_response{200, "text/html", "<html>"};
      });
  const auto web = run({"tree"}, to_string((*other)->local()));
  CHECK(web.code == 3);
  CHECK(web.err.find("did not answer as a Tandem node does") != std::string::npos);
}

TEST_CASE("console: --follow draws again, in place on a terminal only, cut to its height",
          "[console]") {
  small_node n;
  const auto admin = address_of(n);
  const auto once = run({"tree"}, admin).out;
  CHECK(run({"tree", "--follow"}, admin, "", 3).out == once + once + once);
  terminal_view view;
  view.interactive = true;
  view.height = 5;
  const auto drawn = run({"tree", "--follow"}, admin, "", 2, view).out;
  CHECK(drawn.starts_with("\x1b[2J\x1b[HACTOR"));
  CHECK(std::count(drawn.begin(), drawn.end(), '\n') == 2 * 4); // never scrolls
  CHECK(drawn.ends_with("… more lines than this terminal has; see --limit\x1b[J"));
  CHECK(run({"tree", "--follow", "--json"}, admin, "", 2, view).out.find('\x1b')
        == std::string::npos);
}
