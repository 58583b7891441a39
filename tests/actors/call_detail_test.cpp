#include "actors/cdr/call_detail.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <string>

using namespace tandem;
using namespace tandem::actors;
using namespace std::chrono_literals;

namespace {

using json = nlohmann::ordered_json;

/// As a tree of values is written, invalid UTF-8 replaced.
std::string written(const json& value) {
  return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

call_detail detail_of(const std::string& from) {
  call_detail d;
  d.key = {1, 2};
  d.node = "n1";
  d.from = from;
  d.to = "sip:b@example.net";
  d.app = "bridge";
  d.start = wall_time{1'795'413'600'005ms};
  d.end = d.start + 1500ms;
  d.length = 1500ms;
  d.cause = sip::end_cause::bye;
  d.status = 200;
  d.by = ended_by::calling_party;
  d.legs = {{.name = "leg 0", .incoming = true, .remote = from, .packets_in = 7, .lost = -1}};
  return d;
}

} // namespace

TEST_CASE("call_detail: a line is the JSON that a tree of its values would give", "[cdr]") {
  const std::string texts[] = {
      "sip:a@example.net", "",        "\"A \\ B\" <sip:a@b>", "a\nb\tc\x01\x7f", "Zo\u00eb \u20ac",
      "\xff\xfe!",         "\xe2\x82"};
  for (const auto& text : texts) {
    CAPTURE(text);
    auto d = detail_of(text);
    const json expected{{"key", "00000000000000010000000000000002"},
                        {"node", "n1"},
                        {"from", text},
                        {"to", "sip:b@example.net"},
                        {"app", "bridge"},
                        {"start", "2026-11-23T06:00:00.005Z"},
                        {"answer", nullptr},
                        {"end", "2026-11-23T06:00:01.505Z"},
                        {"duration_ms", 1500},
                        {"cause", "bye"},
                        {"status", 200},
                        {"hung_up_by", "caller"},
                        {"legs", json::array({{{"name", "leg 0"},
                                               {"direction", "in"},
                                               {"remote", text},
                                               {"packets_in", 7},
                                               {"packets_out", 0},
                                               {"lost", -1}}})}};
    CHECK(to_json(d) == written(expected));
    d.answer = d.start + 1s;
    d.legs.clear();
    d.media = media_path::direct;
    const auto line = json::parse(to_json(d));
    CHECK(line["answer"] == "2026-11-23T06:00:01.005Z");
    CHECK(line["legs"] == json::array());
  }
}

TEST_CASE("call_detail: without media there are no counts, and times are UTC to the millisecond",
          "[cdr]") {
  auto d = detail_of("sip:a@b");
  d.media = media_path::direct;
  const json leg{{"name", "leg 0"}, {"direction", "in"}, {"remote", "sip:a@b"}};
  CHECK(json::parse(to_json(d))["legs"] == json::array({leg}));
  CHECK(utc_text(wall_time{}) == "1970-01-01T00:00:00.000Z");
  CHECK(utc_text(wall_time{1'709'251'199'999'999us}) == "2024-02-29T23:59:59.999Z");
  CHECK(utc_date(wall_time{1'709'251'200s}) == "2024-03-01");
}
