#include "actors/admin/log_api.hpp"

#include "runtime/io/simulated/simulated_clock.hpp"
#include "runtime/telemetry/limits.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>

using namespace tandem;
using namespace tandem::actors;

using nlohmann::json;

namespace {

const std::string key = "7f3a1b2c000000010000000000000001";

struct api {
  simulated_clock time;
  event_log log{time, {.writer = log_writer::caller, .sink = [](std::string_view) {}}};
  log_api there{log};

  json ask(const char* method, const std::string& body, unsigned status) {
    INFO(body);
    const auto got = there.handle({method, std::string(log_api::path), "", body});
    CHECK(got.status == status);
    return json::parse(got.body);
  }
  json put(const std::string& body) { return ask("PUT", body, 200); }
  std::string wrong(const std::string& body) { return ask("PUT", body, 400).at("error"); }
};

/// Of calls such as log.info("sip.in", …) with any of the log's names before the dot.
void add_components(std::string_view text, std::string_view call, std::set<std::string>& out) {
  for (auto at = text.find(call); at != std::string_view::npos; at = text.find(call, at + 1)) {
    const auto before = text.substr(0, at);
    const auto quote = text.find_first_not_of(" \n", at + call.size());
    if (!(before.ends_with("log") || before.ends_with("log_") || before.ends_with("log()"))
        || quote == std::string_view::npos || text[quote] != '"')
      continue;
    const auto end = text.find_first_of(".\"", quote + 1);
    out.emplace(text.substr(quote + 1, end - quote - 1));
  }
}

} // namespace

TEST_CASE("log API: levels for all, for a component, for a call, and back", "[admin]") {
  api a;
  auto first = a.ask("GET", "", 200);
  CHECK(first.at("known").size() == std::size(log_components));
  first.erase("known");
  CHECK(first == json::parse(R"({"level":"info","components":{},"calls":{},"suppressed":0})"));
  CHECK(a.put(R"({"level":"warning"})").at("level") == "warning");
  CHECK(a.put(R"({"level":"debug","component":"sip"})").at("components") == json{{"sip", "debug"}});
  CHECK(a.put(R"({"level":"trace","call":")" + key + "\"}").at("calls") == json{{key, "trace"}});
  CHECK(a.log.enabled(log_level::trace));
  CHECK(a.put(R"({"level":"default","call":")" + key + "\"}").at("calls").empty());
  CHECK(a.put(R"({"level":"default"})").at("components").empty());
  CHECK(a.ask("GET", "", 200).at("level") == "info"); // as configured
}

TEST_CASE("log API: what cannot be done is refused with what would be right", "[admin]") {
  api a;
  CHECK_THAT(a.wrong("verbose"), Catch::Contains("{\"level\":\"debug\"}"));
  CHECK_THAT(a.wrong("[]"), Catch::Contains("is an object"));
  CHECK_THAT(a.wrong(R"({"level":"verbose"})"), Catch::Contains("trace, debug, info"));
  CHECK_THAT(a.wrong(R"({"component":"sip"})"), Catch::Contains("level is one of"));
  CHECK_THAT(a.wrong(R"({"level":7})"), Catch::Contains("level is one of"));
  CHECK_THAT(a.wrong(R"({"level":"debug","component":"spi"})"),
             Catch::Contains("no component \"spi\"; one of auth, call,"));
  CHECK_THAT(a.wrong(R"({"level":"debug","component":7})"), Catch::Contains("is a text"));
  CHECK_THAT(a.wrong(R"({"level":"debug","call":"7f3a"})"), Catch::Contains("32 hex digits"));
  CHECK_THAT(a.wrong(R"({"level":"debug","component":"sip","call":"7f3a"})"),
             Catch::Contains("not both"));
  CHECK_THAT(a.wrong(R"({"level":"debug","cal":"7f3a"})"), Catch::Contains("\"cal\""));
  CHECK_THAT(a.ask("DELETE", "", 405).at("error").get<std::string>(), Catch::Contains("PUT"));
}

TEST_CASE("log API: so many calls, and no more, have a level of their own", "[admin]") {
  api a;
  const auto body = [](std::size_t i) {
    return R"({"level":"debug","call":")" + to_string(key128{i, 0}) + "\"}";
  };
  for (std::size_t i = 0; i < max_log_calls; ++i)
    a.put(body(i));
  CHECK_THAT(a.wrong(body(max_log_calls)), Catch::Contains("16 calls have a level"));
}

/// What is written under another name could not be asked for.
TEST_CASE("log API: every component that writes is known, and no other", "[admin]") {
  namespace fs = std::filesystem;
  std::set<std::string> found;
  for (const auto* folder : {"actors", "apps", "runtime", "media", "cluster", "config"})
    for (const auto& file :
         fs::recursive_directory_iterator{fs::path{TANDEM_SOURCE_DIR} / folder}) {
      if (file.path().extension() != ".cpp")
        continue;
      std::ifstream in{file.path()};
      const std::string text{std::istreambuf_iterator<char>{in}, {}};
      for (const auto* call : {".trace(", ".debug(", ".info(", ".warning(", ".error("})
        add_components(text, call, found);
    }
  CHECK(found == std::set<std::string>(std::begin(log_components), std::end(log_components)));
}
