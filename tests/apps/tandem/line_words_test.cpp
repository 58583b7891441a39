#include "apps/tandem/line_words.hpp"

#include <catch2/catch.hpp>

using namespace tandem;

namespace {

using words = std::vector<std::string>;

words split(std::string_view line) {
  return split_line(line, quotes::closed).value().words;
}

} // namespace

TEST_CASE("console: a line is split as a shell splits it", "[console]") {
  const std::vector<std::pair<std::string, words>> table{
      {"", {}},
      {"  \t ", {}},
      {"calls", {"calls"}},
      {"  call\t7f3a  ", {"call", "7f3a"}},
      {"fault drop 'calls/7f3a/leg 0'", {"fault", "drop", "calls/7f3a/leg 0"}},
      {R"(fault drop calls/7f3a/leg\ 0)", {"fault", "drop", "calls/7f3a/leg 0"}},
      {R"(user "a \"b\"" 'c\d')", {"user", "a \"b\"", R"(c\d)"}},
      {"user a#b # and this is said aside", {"user", "a#b"}},
      {"# nothing", {}},
      {"user ''", {"user", ""}},
      {"user Jörg", {"user", "Jörg"}},
      {"user a\\", {"user", "a\\"}}};
  for (const auto& [line, expected] : table) {
    INFO(line);
    CHECK(split(line) == expected);
  }
  CHECK(split_line("user 'a", quotes::closed).error() == "a quotation mark (') is not closed");
  CHECK(split_line("user 'a b", quotes::tolerant).value().words == words{"user", "a b"});
}

TEST_CASE("console: what is escaped is one word again", "[console]") {
  for (const std::string word : {"calls/7f3a/leg 0/dialog", "a'b\"c\\d", "#1", "plain"}) {
    INFO(word);
    CHECK(split(escaped_word(word)) == words{word});
  }
}
