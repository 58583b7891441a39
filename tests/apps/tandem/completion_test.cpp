#include "apps/tandem/completion.hpp"

#include <catch2/catch.hpp>

using namespace tandem;

namespace {

using words = std::vector<std::string>;

/// What a node with one call and two users knows.
words known(std::string_view kind) {
  if (kind == "KEY")
    return {"7f3a1b2c", "beef0000"};
  if (kind == "NAME")
    return {"1001", "1002"};
  if (kind == "PATH")
    return {"calls/7f3a/leg 0", "calls/7f3a"};
  return {};
}

words offers(std::string_view line) {
  return complete_line(line, known).words;
}

} // namespace

TEST_CASE("console: Tab offers commands, options, and what the node knows", "[console]") {
  const std::vector<std::pair<std::string, words>> table{
      {"ca", {"call", "calls"}},
      {"registrations", {"registrations"}},
      {"fault ", {"cost", "drop", "exit", "freeze", "list", "off", "throw"}},
      {"fault th", {"throw"}},
      {"call ", {"7f3a1b2c", "beef0000"}},
      {"call 7", {"7f3a1b2c"}},
      {"--json call 7", {"7f3a1b2c"}},
      {"--admin 127.0.0.1:1 call 7", {"7f3a1b2c"}},
      {"call 7f3a1b2c ", {}}, // it has all it wants
      {"user 10", {"1001", "1002"}},
      {"tree --f", {"--follow"}},
      {"tree --l", {"--limit"}},
      {"tree --limit ", {}},      // a number, which nobody knows
      {"calls --js", {"--json"}}, // of the whole program, behind the command, too
      {"log de", {"debug", "default"}},
      {"log debug --call ", {"7f3a1b2c", "beef0000"}},
      {"log debug --call 7f3a1b2c --j", {"--json"}},
      {"fault exit be", {"before_commit"}},
      {"fault throw calls/7f3a --kind l", {"leg"}},
      {"fault throw ", {"calls/7f3a", "calls/7f3a/leg\\ 0"}},
      {"fault throw 'calls/7f3a/leg", {"calls/7f3a/leg\\ 0"}},
      {"help tr", {"tree"}},
      {"help fault f", {"freeze"}},
      {"q", {"quit"}},
      {"dance ", {}},
      {"# ca", {}}};
  for (const auto& [line, expected] : table) {
    INFO(line);
    CHECK(offers(line) == expected);
  }
  const auto all = offers("");
  CHECK(all.size() > 10);
  CHECK(std::ranges::find(all, "help") != all.end());
}

TEST_CASE("console: a completion knows where its word begins", "[console]") {
  CHECK(complete_line("", known).from == 0);
  CHECK(complete_line("call 7f", known).from == 5);
  CHECK(complete_line("call  ", known).from == 6);
  CHECK(complete_line("fault throw 'calls/7f3a/leg", known).from == 12);
}
