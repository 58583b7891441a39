#include "apps/tandem/ladder_columns.hpp"
#include "apps/tandem/metrics_json.hpp"
#include "apps/tandem/render_calls.hpp"
#include "apps/tandem/render_ladder.hpp"
#include "apps/tandem/render_registrations.hpp"
#include "apps/tandem/render_tree.hpp"
#include "apps/tandem/state_ink.hpp"
#include "apps/tandem/words.hpp"
#include "tests/apps/tandem/sample_node.hpp"

#include <catch2/catch.hpp>

#include <fstream>
#include <iterator>

using namespace tandem;
using namespace tandem::test;

namespace {

terminal_view plain(std::size_t width = 100) {
  terminal_view v;
  v.width = width;
  return v;
}

/// A picture that was looked at and found good.
std::string golden(const std::string& name) {
  std::ifstream in{std::string{TANDEM_SOURCE_DIR "/tests/apps/tandem/golden/"} + name};
  REQUIRE(in);
  return {std::istreambuf_iterator<char>{in}, {}};
}

} // namespace

TEST_CASE("console: the tree, with error and restart of a leg, and no escape of a stranger",
          "[console]") {
  CHECK(render_tree(sample_tree(), plain(), 40) == golden("tree.txt"));
}

TEST_CASE("console: beyond the limit children are counted by kind, and their errors", "[console]") {
  auto tree = sample_tree();
  auto& calls = tree["children"][1]["children"];
  calls.clear();
  for (int i = 0; i < 2'000; ++i)
    calls.push_back(actor("call", key_a, "talking"));
  for (int i = 0; i < 3; ++i)
    calls[1'000 + static_cast<std::size_t>(i)] = sample_call_tree(); // one leg of each failed
  CHECK(render_tree(tree, plain(), 2) == golden("tree_limited.txt"));
  const auto lines = [&](std::size_t limit) {
    const auto text = render_tree(tree, plain(), limit);
    return std::count(text.begin(), text.end(), '\n');
  };
  CHECK(lines(0) == 1 + 3 + 2'000 + 3 * 5);     // no limit
  CHECK(lines(2'000) == 1 + 3 + 2'000 + 3 * 5); // at the limit
  CHECK(lines(1'999) == 1 + 3 + 1'999 + 3 * 5 + 1);
}

TEST_CASE("console: who is registered, and one user", "[console]") {
  CHECK(render_registrations(sample_registrations(), plain(), 40) == golden("registrations.txt"));
  const auto one = render_registrations(sample_registrations(), plain(), 1);
  CHECK(one.ends_with("… and 1 more user\n2 users registered\n"));
  CHECK(one.find("\n1001") == std::string::npos);
  CHECK(render_registrations({{"users", 0}, {"registrations", nlohmann::json::array()}}, plain(), 1)
        == "nobody is registered\n");
  CHECK(render_user(sample_user(), plain()) == golden("user.txt"));
  auto nowhere = sample_user();
  nowhere["bindings"].clear();
  CHECK(render_user(nowhere, plain()) == "user 1001\n  not registered\n");
}

TEST_CASE("console: the list of calls, counted by state", "[console]") {
  CHECK(render_calls(sample_calls(), plain(), 40) == golden("calls.txt"));
  CHECK(render_calls(sample_calls(), plain(), 1) == golden("calls_limited.txt"));
  CHECK(render_calls({{"calls", nlohmann::json::array()}}, plain(), 40) == "no calls\n");
}

TEST_CASE("console: keys are shown as long as it takes to tell them apart", "[console]") {
  const std::string twin = "7f3a1b2c000000010000000000000009";
  const auto text = render_calls({{"calls", {sample_call(key_a), sample_call(twin)}}}, plain(), 0);
  CHECK(text.find(key_a + " ") != std::string::npos); // they differ in the last digit
  CHECK(text.find(twin + " ") != std::string::npos);
}

TEST_CASE("console: one call with legs, media and tree", "[console]") {
  auto call = sample_call();
  call["tree"] = sample_call_tree();
  CHECK(render_call(call, plain()) == golden("call.txt"));
}

TEST_CASE("console: the ladder, caller left of the node, forks right of it", "[console]") {
  CHECK(render_ladder(sample_ladder(), plain()) == golden("ladder.txt"));
  CHECK(render_ladder({{"key", key_a}, {"lines", nlohmann::json::array()}}, plain())
        == "call " + key_a + ": nothing was recorded\n");
}

TEST_CASE("console: a ladder knows the node's end of every leg", "[console]") {
  const auto columns = find_columns(sample_ladder()["lines"]);
  CHECK(columns.titles
        == std::vector<std::string>{"127.0.0.1:5061", "node", "127.0.0.1:5080", "[::1]:5090"});
  CHECK(columns.of("127.0.0.1:5060") == 1);
  CHECK(columns.of("[::1]:5060") == 1);
  CHECK(columns.of("[::1]:5090") == 3);

  // A call that the node itself began: the line says so.
  auto out = ladder_message(0, "10.0.0.1:5060", "10.0.0.2:5060", "INVITE sip:x");
  out["direction"] = "out";
  const auto own = find_columns(nlohmann::json::array({out}));
  CHECK(own.titles == std::vector<std::string>{"10.0.0.2:5060", "node"});
  CHECK(own.of("10.0.0.1:5060") == 1);
}

TEST_CASE("console: every line of every picture fits the terminal", "[console]") {
  auto call = sample_call();
  call["tree"] = sample_call_tree();
  for (const std::size_t width : {80U, 100U, 132U, 200U})
    for (const auto& text :
         {render_tree(sample_tree(), plain(width), 40),
          render_calls(sample_calls(), plain(width), 40), render_call(call, plain(width)),
          render_ladder(sample_ladder(), plain(width))})
      for (std::size_t begin = 0; begin < text.size();) {
        const auto end = text.find('\n', begin);
        const auto line = text.substr(begin, end - begin);
        INFO(width << ": " << line);
        CHECK(cells(line) <= width);
        CHECK_FALSE(line.ends_with(' '));
        begin = end + 1;
      }
}

TEST_CASE("console: colour only where it is wanted, and then the same text", "[console]") {
  auto coloured = plain();
  coloured.colour = true;
  auto text = render_ladder(sample_ladder(), coloured);
  CHECK(text.find("\x1b[36m── INVITE") != std::string::npos); // a request
  CHECK(text.find("\x1b[31m◀") != std::string::npos);         // the 486
  for (auto at = text.find('\x1b'); at != std::string::npos; at = text.find('\x1b'))
    text.erase(at, text.find('m', at) - at + 1);
  CHECK(text == render_ladder(sample_ladder(), plain()));
  CHECK(state_ink("talking") == ink::green);
  CHECK(state_ink("waiting for ACK") == ink::yellow);
  CHECK(state_ink("failed") == ink::red);
  CHECK(state_ink("whatever") == ink::plain);
}

TEST_CASE("console: a node that says nothing usable breaks nothing", "[console]") {
  for (const auto* text :
       {"null", "[]", "{}", "3", R"({"calls":[{}],"lines":[{}],"legs":[3]})",
        R"({"children":[null,{}],"name":7,"age_ms":"x","lines":[{"type":"sip"}]})"}) {
    const auto j = nlohmann::json::parse(text);
    CHECK_NOTHROW(render_tree(j, plain(), 1));
    CHECK_NOTHROW(render_calls(j, plain(), 1));
    CHECK_NOTHROW(render_call(j, plain()));
    CHECK_NOTHROW(render_ladder(j, plain()));
  }
}

TEST_CASE("console: durations, numbers and texts in words", "[console]") {
  for (const auto& [ms, words] :
       std::vector<std::pair<std::int64_t, std::string>>{{0, "0 ms"},
                                                         {999, "999 ms"},
                                                         {1'000, "1.0 s"},
                                                         {59'999, "59.9 s"},
                                                         {60'000, "1m 00s"},
                                                         {3'599'999, "59m 59s"},
                                                         {3'600'000, "1h 00m"},
                                                         {86'399'000, "23h 59m"},
                                                         {86'400'000, "1d 00h"}})
    CHECK(duration_words(ms) == words);
  for (const auto& [n, text] :
       std::vector<std::pair<std::int64_t, std::string>>{{0, "0"},
                                                         {999, "999"},
                                                         {1'000, "1,000"},
                                                         {1'234'567, "1,234,567"},
                                                         {-1'000, "-1,000"},
                                                         {-100, "-100"}})
    CHECK(grouped(n) == text);
  CHECK(counted(1, "call") == "1 call");
  CHECK(counted(0, "call") == "0 calls");
  CHECK(short_key(key_a) == "7f3a1b2c");
  CHECK(short_key("leg 0") == "leg 0");
}

TEST_CASE("console: texts are clipped and padded by characters, strangers made harmless",
          "[console]") {
  CHECK(clipped("Zürich", 6) == "Zürich");
  CHECK(clipped("Zürich", 5) == "Züri…");
  CHECK(clipped("Zürich", 2) == "Z…");
  CHECK(clipped("Zürich", 1) == "…");
  CHECK(clipped("Zürich", 0).empty());
  CHECK(padded("ü", 3) == "ü  ");
  CHECK(padded_left("ü", 3) == "  ü");
  CHECK(padded("long", 3) == "long");
  CHECK(printable("a\x1b[2J\r\nb\x7f") == "a·[2J··b·");
  CHECK(printable("\xc2\x9b"
                  "2J \xff \xe2\x82 \xe2\x82\xac")
        == "·2J · ·· €");
}

TEST_CASE("console: metrics as JSON", "[console]") {
  CHECK(metrics_to_json("# HELP a A.\n# TYPE a counter\na 3\n"
                        "b{x=\"1\",y=\"q\\\"\\\\\\n\"} 0.5 1700000000\nb{le=\"+Inf\"} +Inf\n"
                        "broken{x=\"1\nbroken2{x}\nbroken3\n")
        == nlohmann::json::parse(R"([
             {"name":"a","labels":{},"value":3.0},
             {"name":"b","labels":{"x":"1","y":"q\"\\\n"},"value":0.5},
             {"name":"b","labels":{"le":"+Inf"},"value":"+Inf"}])"));
}
