#include "runtime/telemetry/event_log.hpp"

#include "runtime/io/simulated/simulated_clock.hpp"
#include "runtime/telemetry/limits.hpp"
#include "runtime/telemetry/line_text.hpp"

#include <catch2/catch.hpp>

#include <mutex>
#include <string>
#include <thread>
#include <vector>

using namespace tandem;
using namespace std::chrono_literals;

namespace {

struct recorded {
  std::vector<std::string> lines;

  log_settings settings(log_writer w = log_writer::caller) {
    log_settings s;
    s.node = "a";
    s.writer = w;
    s.sink = [this](std::string_view line) { lines.emplace_back(line); };
    return s;
  }
};

} // namespace

TEST_CASE("log: one line with time, level, node, call, cause and text", "[telemetry]") {
  simulated_clock time{1h};
  recorded out;
  event_log log{time, out.settings()};
  log.warning("sip.parse", "no Call-ID", key128{0x7f3a1b2c00000000, 1});
  time.advance(1500ms);
  log.error("media.ports", "none left");
  REQUIRE(out.lines.size() == 2);
  CHECK(out.lines[0] == "2026-01-01T01:00:00.000Z warning a 7f3a1b2c sip.parse: no Call-ID");
  CHECK(out.lines[1] == "2026-01-01T01:00:01.500Z error   a - media.ports: none left");
}

TEST_CASE("log: levels below the set one are silent, and it changes while it runs", "[telemetry]") {
  const simulated_clock time;
  recorded out;
  event_log log{time, out.settings()};
  for (const auto& [level, lines] :
       std::vector<std::pair<log_level, std::size_t>>{{log_level::debug, 4},
                                                      {log_level::info, 3},
                                                      {log_level::warning, 2},
                                                      {log_level::error, 1},
                                                      {log_level::off, 0}}) {
    out.lines.clear();
    log.levels().set(level);
    CHECK(log.levels().now().common == level);
    CHECK(log.enabled(log_level::error) == (level != log_level::off));
    CHECK_FALSE(log.enabled(log_level::trace));
    log.debug("a", "x");
    log.info("b", "x");
    log.warning("c", "x");
    log.error("d", "x");
    log.write(log_level::off, "e", "x"); // off is no level of a line
    CHECK(out.lines.size() == lines);
  }
}

TEST_CASE("log: a component and a call may have a level of their own", "[telemetry]") {
  const simulated_clock time;
  recorded out;
  event_log log{time, out.settings()};
  const key128 watched{1, 1}, other{2, 2};
  auto& levels = log.levels();
  CHECK(levels.set_component("sip", log_level::debug));
  log.debug("sip.in", "written");
  log.debug("sip", "written");
  log.debug("sipp.in", "another component");
  log.debug("call.state", "another component", watched);
  CHECK(out.lines.size() == 2);
  CHECK(levels.set_call(watched, log_level::trace));
  log.debug("call.state", "written", watched);
  log.debug("call.state", "of another call", other);
  CHECK(out.lines.size() == 3);
  CHECK(levels.set_component("sip", log_level::error));
  log.warning("sip.in", "too low", other);
  log.warning("sip.in", "written: the call goes before the component", watched);
  CHECK(out.lines.size() == 4);
  CHECK(levels.set_call(watched, std::nullopt));
  CHECK(levels.set_component("sip", std::nullopt));
  CHECK_FALSE(log.enabled(log_level::debug)); // one read, and no text is made
  log.info("sip.in", "written again", watched);
  CHECK(out.lines.size() == 5);
  levels.set(log_level::off);
  (void) levels.set_component("sip", log_level::trace);
  levels.reset();
  CHECK(levels.now().common == log_level::info);
  CHECK(levels.now().components.empty());
}

TEST_CASE("log: levels of components and calls have limits", "[telemetry]") {
  log_levels levels{log_level::info};
  for (std::size_t i = 0; i < max_log_components; ++i)
    CHECK(levels.set_component("c" + std::to_string(i), log_level::debug));
  CHECK_FALSE(levels.set_component("one more", log_level::debug));
  CHECK(levels.set_component("c0", log_level::trace)); // changing one is no more
  CHECK(levels.set_component("one more", std::nullopt));
  for (std::uint64_t i = 0; i < max_log_calls; ++i)
    CHECK(levels.set_call({i, 0}, log_level::debug));
  CHECK_FALSE(levels.set_call({max_log_calls, 0}, log_level::debug));
  CHECK(levels.set_call({0, 0}, std::nullopt));
  CHECK(levels.set_call({max_log_calls, 0}, log_level::debug));
}

TEST_CASE("log: level names there and back, nothing else", "[telemetry]") {
  for (const auto* name : {"trace", "debug", "info", "warning", "error", "off"})
    CHECK(to_string(parse_log_level(name).value()) == name);
  for (const auto* name : {"", "Info", "warn", "information"})
    CHECK_FALSE(parse_log_level(name));
}

TEST_CASE("log: a cause has its allowance per second, the rest is counted and told",
          "[telemetry]") {
  simulated_clock time;
  recorded out;
  auto settings = out.settings();
  settings.lines_per_cause_and_second = 3;
  event_log log{time, settings};
  for (int i = 0; i < 10; ++i)
    log.info("flood", "x");
  log.info("other", "x");
  CHECK(out.lines.size() == 3 + 1);
  CHECK(log.suppressed() == 7);
  time.advance(1s - 1ns);
  log.info("flood", "x");
  CHECK(out.lines.size() == 4);
  time.advance(1ns);
  log.info("flood", "y");
  REQUIRE(out.lines.size() == 5);
  CHECK(out.lines.back().ends_with("flood: y (8 more like this were not written)"));
  log.info("flood", "z");
  CHECK(out.lines.back().ends_with("flood: z"));
}

TEST_CASE("log: max_log_causes have an allowance of their own, further ones share one",
          "[telemetry]") {
  const simulated_clock time;
  recorded out;
  auto settings = out.settings();
  settings.lines_per_cause_and_second = 1;
  event_log log{time, settings};
  for (std::size_t i = 0; i < max_log_causes; ++i)
    log.info("cause" + std::to_string(i), "x");
  CHECK(out.lines.size() == max_log_causes);
  log.info("one more", "x");
  CHECK(out.lines.size() == max_log_causes + 1);
  log.info("and another", "x");
  CHECK(out.lines.size() == max_log_causes + 1);
}

TEST_CASE("log: text stays on its line, steers no terminal, and is cut at max_log_text",
          "[telemetry]") {
  const auto line = [](std::string_view text) {
    std::string out;
    append_one_line(out, text);
    return out;
  };
  CHECK(line("a\r\nb\tc\\d") == "a\\r\\nb\\tc\\\\d");
  CHECK(line("\x1b[2J\x7f") == "\\x1b[2J\\x7f");
  CHECK(line("Zürich") == "Zürich");
  CHECK(line("\xc2\x9b"
             "2J")
        == "\\xc2\\x9b2J"); // the CSI of ISO 6429 as one UTF-8 character
  const std::string longest(max_log_text, 'x');
  CHECK(line(longest) == longest);
  CHECK(line(longest + "x") == longest + "…");
  const std::string before(max_log_text - 1, 'x');
  CHECK(line(before + "ü") == before + "…"); // not half a character
}

TEST_CASE("log: with a thread of its own every line of every thread arrives", "[telemetry]") {
  const simulated_clock time;
  recorded out;
  constexpr int threads = 4, lines = 200;
  {
    auto settings = out.settings(log_writer::own_thread);
    settings.lines_per_cause_and_second = threads * lines;
    event_log log{time, settings};
    std::vector<std::thread> writers;
    for (int t = 0; t < threads; ++t)
      writers.emplace_back([&, t] {
        for (int i = 0; i < lines; ++i)
          log.info("cause" + std::to_string(t), std::to_string(i));
      });
    for (auto& w : writers)
      w.join();
  }
  CHECK(out.lines.size() == threads * lines);
}

TEST_CASE("log: when the writer cannot follow, lines are dropped and nobody waits", "[telemetry]") {
  const simulated_clock time;
  std::mutex blocked; // the sink hangs, as a full pipe does
  std::size_t written = 0;
  log_settings settings;
  settings.lines_per_cause_and_second = 4 * max_log_queue;
  settings.sink = [&](std::string_view) {
    const std::lock_guard wait{blocked};
    ++written;
  };
  std::uint64_t dropped = 0;
  {
    blocked.lock();
    event_log log{time, settings};
    for (std::size_t i = 0; i < 2 * max_log_queue; ++i)
      log.info("flood", "x"); // would hang here
    dropped = log.suppressed();
    blocked.unlock();
  }
  CHECK(dropped >= max_log_queue - 1); // one line is in the sink's hands
  CHECK(written + dropped == 2 * max_log_queue);
}
