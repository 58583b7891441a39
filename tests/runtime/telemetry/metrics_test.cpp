#include "runtime/telemetry/metrics.hpp"

#include "runtime/base/check.hpp"
#include "runtime/telemetry/limits.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <thread>
#include <vector>

using namespace tandem;

TEST_CASE("metrics: counters, gauges, histograms and samples in text format", "[telemetry]") {
  metrics m;
  m.make_counter("calls_total", "Calls.", {{"result", "answered"}}).add(3);
  m.make_counter("calls_total", "Calls.", {{"result", "failed"}}).add();
  auto& live = m.make_gauge("calls", "Calls now.");
  live.add(5);
  live.add(-2);
  auto& wait = m.make_histogram("setup_seconds", "Until 180.", {0.1, 1});
  for (const auto seconds : {0.05, 0.1, 0.5, 7.0})
    wait.observe(seconds);
  m.sample("uptime_seconds", "Since start.", [] { return 12.5; });
  CHECK(m.serialize()
        == "# HELP calls Calls now.\n"
           "# TYPE calls gauge\n"
           "calls 3\n"
           "# HELP calls_total Calls.\n"
           "# TYPE calls_total counter\n"
           "calls_total{result=\"answered\"} 3\n"
           "calls_total{result=\"failed\"} 1\n"
           "# HELP setup_seconds Until 180.\n"
           "# TYPE setup_seconds histogram\n"
           "setup_seconds_count 4\n"
           "setup_seconds_sum 7.65\n"
           "setup_seconds_bucket{le=\"0.1\"} 2\n"
           "setup_seconds_bucket{le=\"1\"} 3\n"
           "setup_seconds_bucket{le=\"+Inf\"} 4\n"
           "# HELP uptime_seconds Since start.\n"
           "# TYPE uptime_seconds gauge\n"
           "uptime_seconds 12.5\n");
}

TEST_CASE("metrics: the same name and labels are the same object, and it stays where it is",
          "[telemetry]") {
  metrics m;
  auto& first = m.make_counter("a_total", "A.");
  for (int i = 0; i < 100; ++i)
    m.make_counter("other_total", "B.", {{"i", std::to_string(i)}});
  CHECK(&m.make_counter("a_total", "A.") == &first);
  CHECK(&m.make_counter("a_total", "A.", {{"x", "1"}}) != &first);
}

TEST_CASE("metrics: bad names, two types for a name and falling bounds are bugs", "[telemetry]") {
  metrics m;
  m.make_counter("a_total", "A.");
  CHECK_THROWS_AS(m.make_gauge("a_total", "A."), check_failure);
  CHECK_THROWS_AS(m.make_counter("a total", "A."), check_failure);
  CHECK_THROWS_AS(m.make_counter("b_total", "B.", {{"no-good", "1"}}), check_failure);
  CHECK_THROWS_AS(m.make_histogram("h", "H.", {2, 1}), check_failure);
  m.sample("s", "S.", [] { return 0.0; });
  CHECK_THROWS_AS(m.make_gauge("s", "S."), check_failure);
}

TEST_CASE("metrics: max_series are kept, one more is a bug", "[telemetry]") {
  metrics m;
  for (std::size_t i = 0; i < max_series; ++i)
    m.make_counter("a_total", "A.", {{"i", std::to_string(i)}});
  CHECK_NOTHROW(m.make_counter("a_total", "A.", {{"i", "0"}}));
  CHECK_THROWS_AS(m.make_counter("a_total", "A.", {{"i", "more"}}), check_failure);
}

TEST_CASE("metrics: nothing is lost between threads", "[telemetry]") {
  metrics m;
  auto& count = m.make_counter("a_total", "A.");
  auto& ranges = m.make_histogram("h", "H.", {1});
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&] {
      for (int i = 0; i < 10'000; ++i) {
        count.add();
        ranges.observe(1);
      }
    });
  for (auto& t : threads)
    t.join();
  CHECK(count.value() == 40'000);
  CHECK(ranges.count(0) == 40'000);
  CHECK(ranges.sum() == 40'000);
}

TEST_CASE("metrics: a sample called _total is a counter, and a family may be read as a whole",
          "[telemetry]") {
  metrics m;
  m.sample("packets_total", "Packets.", [] { return 7.0; });
  metrics::labelled_values now{{"a", 1.5}};
  m.sample_each("cpu_seconds_total", "Time.", "thread", [&] { return now; });
  CHECK(m.serialize()
        == "# HELP cpu_seconds_total Time.\n"
           "# TYPE cpu_seconds_total counter\n"
           "cpu_seconds_total{thread=\"a\"} 1.5\n"
           "# HELP packets_total Packets.\n"
           "# TYPE packets_total counter\n"
           "packets_total 7\n");
  now = {{"b", 2}, {"c", 3}};
  CHECK_THAT(m.serialize(), Catch::Contains("cpu_seconds_total{thread=\"b\"} 2\n"
                                            "cpu_seconds_total{thread=\"c\"} 3\n"));
  CHECK_THROWS(m.sample_each("cpu_seconds_total", "Twice.", "thread", [&] { return now; }));
}

TEST_CASE("metrics: the process shows its memory, descriptors, threads and time", "[telemetry]") {
  metrics m;
  sample_process(m);
  const auto text = m.serialize();
  const auto value = [&](const std::string& name) {
    const auto at = text.find("\n" + name + " ");
    REQUIRE(at != std::string::npos);
    return std::stod(text.substr(at + name.size() + 2));
  };
  CHECK(value("process_resident_memory_bytes") > 1'000'000);
  CHECK(value("process_open_fds") >= 3);
  CHECK(value("process_threads") >= 1);
  CHECK(value("process_cpu_seconds_total") >= 0);
  CHECK(value("process_max_fds") >= value("process_open_fds"));
  CHECK(value("process_start_time_seconds") > 1'500'000'000);
  std::thread busy{[&] {
    pthread_setname_np(pthread_self(), "odd (name) 1");
    CHECK_THAT(m.serialize(),
               Catch::Contains("tandem_thread_cpu_seconds_total{thread=\"odd (name) 1\"}"));
  }};
  busy.join();
}
