#include "apps/tandem/interactive.hpp"

#include "tests/apps/tandem/small_node.hpp"

#include <catch2/catch.hpp>

using namespace tandem;
using namespace tandem::test;

namespace {

/// Somebody who types these, and then Ctrl-D.
class typed_lines final : public line_source {
public:
  typed_lines(std::vector<std::string> lines, std::string& prompt)
    : lines_(std::move(lines)), prompt_(prompt) {}
  std::optional<std::string> next(const std::string& prompt) override {
    prompt_ = prompt;
    return at_ < lines_.size() ? std::optional{lines_[at_++]} : std::nullopt;
  }
  bool is_typed() const override { return true; }

private:
  std::vector<std::string> lines_;
  std::string& prompt_;
  std::size_t at_ = 0;
};

struct talk {
  int code;
  std::string out, err, prompt;
  completion offered; ///< for "call "
};

talk converse(small_node& n, std::vector<std::string> lines, bool typed = true) {
  std::ostringstream out, err;
  std::istringstream script{[&] {
    std::string all;
    for (const auto& l : lines)
      all += l + "\n";
    return all;
  }()};
  talk t{};
  console_environment env{out, err};
  env.admin = address_of(n);
  env.open_lines = [&](completer offers) -> std::unique_ptr<line_source> {
    t.offered = offers("call ");
    if (!typed)
      return read_lines(script);
    return std::make_unique<typed_lines>(lines, t.prompt);
  };
  t.code = run_console({"console"}, env);
  t.out = out.str();
  t.err = err.str();
  return t;
}

} // namespace

TEST_CASE("console: a prompt with the node's name, a command a line, until quit", "[console]") {
  small_node n;
  const auto t = converse(n, {"calls", "", "  call 7f3a1b2c ", "help calls", "quit", "tree"});
  CHECK(t.code == 0);
  CHECK(t.err.empty());
  CHECK(t.prompt == "tandem@a> ");
  CHECK(t.out.starts_with("Tandem 0.1.0 at " + address_of(n)));
  CHECK_THAT(t.out, Catch::Contains("2 calls: 1 ringing, 1 talking"));
  CHECK_THAT(t.out, Catch::Contains("--limit")); // of the help
  CHECK(std::ranges::find(n.asked, "GET /api/v1/tree") == n.asked.end());
  CHECK(t.offered.words == std::vector<std::string>{"7f3a1b2c", "7f3a1b2d"});
}

TEST_CASE("console: a mistake is told and the next line is read, and who types leaves with 0",
          "[console]") {
  small_node n;
  const auto t = converse(n, {"dance", "call beef", "user 'a", "console", "registrations"});
  CHECK(t.code == 0);
  CHECK_THAT(t.err, Catch::Contains("dance"));
  CHECK_THAT(t.err, Catch::Contains("there is no such call"));
  CHECK_THAT(t.err, Catch::Contains("is not closed"));
  CHECK_THAT(t.err, Catch::Contains("this is the console already"));
  CHECK_THAT(t.out, Catch::Contains("2 users registered"));
}

TEST_CASE("console: a script ends with the exit code of its last failure", "[console]") {
  small_node n;
  CHECK(converse(n, {"# good", "calls", "tree"}, false).code == 0);
  CHECK(converse(n, {"dance", "call beef", "calls"}, false).code == 1);
  CHECK(converse(n, {"call beef", "dance", "calls"}, false).code == 2);
  CHECK(converse(n, {"call beef", "quit", "dance"}, false).code == 1);
  const auto t = converse(n, {"calls"}, false);
  CHECK_FALSE(t.out.starts_with("Tandem"));
}

TEST_CASE("console: nobody is asked to type while the node cannot be reached", "[console]") {
  std::string gone;
  {
    small_node n;
    gone = address_of(n);
  }
  std::ostringstream out, err;
  console_environment env{out, err};
  CHECK(run_console({"--admin", gone, "console"}, env) == 3);
  CHECK_THAT(err.str(), Catch::Contains("Check that tandemd runs"));
}
