#include "apps/tandem/top.hpp"

#include "tests/apps/tandem/sample_node.hpp"

#include <catch2/catch.hpp>

#include <fstream>
#include <iterator>

using namespace tandem;
using namespace tandem::test;

namespace {

top_sample at(std::int64_t up_ms, const std::string& metrics) {
  auto overview = sample_overview();
  overview["up_ms"] = up_ms;
  return {overview, figures{metrics}};
}

/// Two seconds apart.
nlohmann::json numbers() {
  return top_numbers(at(187'200'000, sample_metrics(0)), at(187'202'000, sample_metrics(2)));
}

terminal_view screen(std::size_t width, std::size_t height) {
  terminal_view v;
  v.width = width;
  v.height = height;
  return v;
}

std::string golden(const std::string& name) {
  std::ifstream in{std::string{TANDEM_SOURCE_DIR "/tests/apps/tandem/golden/"} + name};
  REQUIRE(in);
  return {std::istreambuf_iterator<char>{in}, {}};
}

} // namespace

TEST_CASE("top: what two looks at a node come to", "[console]") {
  const auto n = numbers();
  CHECK(n["interval_ms"] == 2000);
  CHECK(n["calls"]["live"] == 1234);
  CHECK(n["calls"]["opened_per_s"] == 105.5);
  CHECK(n["calls"]["failed_per_s"] == 1.5); // cancelled calls are not among them
  CHECK(n["media"]["lost_percent"] == 1.0);
  CHECK(n["media"]["jitter_worst_ms"] == 2.1);
  CHECK(n["process"]["cpu_percent"] == 85.0);
  CHECK(n["threads"][0] == nlohmann::json{{"name", "shard/0"}, {"cpu_percent", 60.0}});
  CHECK_FALSE(n["calls"].contains("refused_per_s")); // this node does not count it
}

TEST_CASE("top: a process that began anew counts from nought, and nothing is negative",
          "[console]") {
  const auto n = top_numbers(at(187'200'000, sample_metrics(2)), at(4'000, sample_metrics(0)));
  CHECK(n["interval_ms"] == 4000);
  CHECK(n["calls"]["opened_per_s"] == 250.0); // 1,000 in its 4 seconds
  const auto still = top_numbers(at(5'000, sample_metrics(0)), at(5'000, sample_metrics(0)));
  CHECK(still["calls"]["opened_per_s"] >= 0.0);
}

TEST_CASE("top: the screen, looked at and found good", "[console]") {
  CHECK(render_top(numbers(), screen(100, 0)) == golden("top.txt"));
}

TEST_CASE("top: it fits any screen, and no stranger steers it", "[console]") {
  auto n = numbers();
  n["mailboxes"][0]["path"] = "signalling/\x1b[2J";
  n["newest"][0]["from"] = "sip:\x1b[31m@example.test";
  for (const std::size_t width : {40, 60, 80, 200})
    for (const std::size_t height : {5, 12, 14, 15, 24}) {
      const auto text = render_top(n, screen(width, height));
      CHECK(text.find('\x1b') == std::string::npos);
      for (std::size_t from = 0; from < text.size();) {
        const auto end = text.find('\n', from);
        CHECK(cells(std::string_view{text}.substr(from, end - from)) <= width);
        from = end + 1;
      }
      if (height > 14)
        CHECK(static_cast<std::size_t>(std::ranges::count(text, '\n')) < height);
    }
}

TEST_CASE("top: a node that says nothing of what is asked shows noughts", "[console]") {
  const auto n = top_numbers({}, {});
  CHECK_THAT(render_top(n, screen(100, 24)), Catch::Contains("not ready"));
}
