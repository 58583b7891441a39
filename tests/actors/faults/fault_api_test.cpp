#include "actors/admin/fault_api.hpp"

#include "actors/faults/limits.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

using namespace tandem;
using namespace tandem::actors;

using nlohmann::json;

namespace {

struct api {
  armed_faults faults{[] {}};
  fault_api there{&faults};

  json ask(const char* method, std::string_view below, const std::string& body, unsigned status) {
    const auto got =
        there.handle({method, std::string(fault_api::path) + std::string(below), "", body});
    CHECK(got.status == status);
    return json::parse(got.body);
  }
  json post(const std::string& body, unsigned status = 201) {
    INFO(body);
    return ask("POST", "", body, status);
  }
  std::string wrong(const std::string& body) { return post(body, 400).at("error"); }
};

} // namespace

TEST_CASE("fault API: what is armed is said again, with what became of it") {
  api a;
  CHECK(a.post(R"({"fault":"throw","path":"calls/*/leg 0"})")
        == json::parse(R"({"id":1,"fault":"throw","when":"before_commit","path":"calls/*/leg 0",
                           "kind":null,"times":1,"entry":1,"seen":0,"fired":0})"));
  CHECK(a.post(R"({"fault":"throw","path":"calls/*/**","kind":"dialog","when":"after_commit",
                   "entry":4,"times":0})")
        == json::parse(R"({"id":2,"fault":"throw","when":"after_commit","path":"calls/*/**",
                           "kind":"dialog","times":0,"entry":4,"seen":0,"fired":0})"));
  CHECK(a.post(R"({"fault":"freeze","path":"calls/*","freeze_ms":40})").at("freeze_ms") == 40);
  CHECK(a.post(R"({"fault":"drop","path":"calls/*/leg 1"})").at("fault") == "drop");
  CHECK(a.post(R"({"fault":"exit","point":"after_flush","entry":3})")
        == json::parse(R"({"id":5,"fault":"exit","point":"after_flush","entry":3,"seen":0,
                           "fired":0})"));
  CHECK(a.post(R"({"fault":"cost","cost_ms":4})")
        == json::parse(R"({"id":6,"fault":"cost","cost_ms":4,"times":0,"entry":1,"seen":0,
                           "fired":0})"));
  CHECK(a.faults.on_entry({1, 1}, child_kind::leg, "leg 0")
        == fault_plan::act::throw_before_commit);
  const auto list = a.ask("GET", "", "", 200).at("faults");
  REQUIRE(list.size() == 6);
  CHECK(list[0].at("fired") == 1);
  CHECK(list[0].at("seen") == 1);
}

TEST_CASE("fault API: disarmed one by one and all together") {
  api a;
  for (int i = 0; i < 3; ++i)
    a.post(R"({"fault":"drop","path":"calls/*"})");
  CHECK(a.ask("DELETE", "/2", "", 200).at("disarmed") == 1);
  CHECK(a.ask("DELETE", "/2", "", 404).at("error")
        == "no fault has the number 2; GET /api/v1/faults lists them");
  CHECK(a.ask("DELETE", "/1x", "", 404).contains("error"));
  CHECK(a.ask("DELETE", "", "", 200).at("disarmed") == 2);
  CHECK(a.ask("GET", "", "", 200).at("faults").empty());
  CHECK(a.ask("PUT", "", "", 405).contains("error"));
}

TEST_CASE("fault API: what is wrong is said with what would be right") {
  api a;
  CHECK_THAT(a.wrong("no JSON"), Catch::StartsWith("the body is no JSON object, such as {"));
  CHECK(a.wrong("{}") == "fault is one of throw, drop, freeze, cost, exit");
  CHECK(a.wrong(R"({"fault":"thorw"})") == "fault is one of throw, drop, freeze, cost, exit");
  CHECK_THAT(a.wrong(R"({"fault":"throw"})"), Catch::StartsWith("path is missing: an actor"));
  CHECK_THAT(a.wrong(R"({"fault":"throw","path":"leg 0"})"), Catch::Contains("names no actor"));
  CHECK(a.wrong(R"({"fault":"throw","path":"calls/*","kind":"call"})")
        == "kind is one of app, leg, dialog, transaction, media_endpoint");
  CHECK(a.wrong(R"({"fault":"throw","path":"calls/*","when":"later"})")
        == "when is one of before_commit, after_commit");
  CHECK(a.wrong(R"({"fault":"throw","path":"calls/*","entry":0})") == "entry counts from 1");
  CHECK(a.wrong(R"({"fault":"throw","path":"calls/*","entry":-1})")
        == "entry is a whole number, from 0");
  CHECK(a.wrong(R"({"fault":"throw","path":"calls/*","times":"all"})")
        == "times is a whole number, from 0");
  CHECK(a.wrong(R"({"fault":"throw","path":"calls/*","freeze_ms":1})")
        == "nothing is known of \"freeze_ms\"; known here: fault, path, kind, entry, times, when");
  CHECK(a.wrong(R"({"fault":"exit","point":"now"})")
        == "point is one of before_commit, after_commit, after_flush");
  CHECK(a.wrong(R"({"fault":"freeze","path":"calls/*"})") == "freeze_ms is from 1 to 10000");
  CHECK(a.wrong(R"({"fault":"freeze","path":"calls/*","freeze_ms":18446744073709551615})")
        == "freeze_ms is from 1 to 10000");
  for (std::size_t i = 0; i < limits::armed_faults; ++i)
    a.post(R"({"fault":"drop","path":"calls/*"})");
  CHECK_THAT(a.wrong(R"({"fault":"drop","path":"calls/*"})"),
             Catch::Contains("which is the most; disarm some"));
}

TEST_CASE("fault API: off, everything is refused with a sentence") {
  const fault_api off{nullptr};
  for (const auto* method : {"GET", "POST", "DELETE"}) {
    const auto got = off.handle({method, std::string(fault_api::path), "", "{}"});
    CHECK(got.status == 403);
    CHECK_THAT(got.body, Catch::Contains("fault injection is off; [admin] fault_injection = true"));
  }
}
