#pragma once

#include "runtime/io/http_server.hpp"
#include "tests/apps/tandem/sample_node.hpp"

#include <catch2/catch.hpp>

#include <memory>
#include <sstream>
#include <string>
#include <vector>

namespace tandem::test {

inline http_response error_answer(unsigned status, const std::string& sentence) {
  return {status, "application/json", nlohmann::json{{"error", sentence}}.dump()};
}

/// A node that has the sample's two calls, and remembers what was asked of it.
struct small_node {
  explicit small_node(http_server_settings s = {}) {
    auto started = http_server::start(
        parse_ip_endpoint("127.0.0.1:0").value(),
        [this](const http_request& r) { return answer(r); }, std::move(s));
    REQUIRE(started);
    server = std::move(*started);
  }

  http_response answer(const http_request& r) {
    asked.push_back(r.method + " " + r.path);
    if (!r.body.empty())
      bodies.push_back(r.body);
    const auto json = [](const nlohmann::json& j) {
      return http_response{200, "application/json", j.dump()};
    };
    const auto call = "/api/v1/calls/" + key_a;
    if (r.path == "/metrics")
      return {200, "text/plain; version=0.0.4", "calls 2\n"};
    if (r.path == "/api/v1/overview")
      return json(sample_overview());
    if (r.path == "/api/v1/log")
      return json(sample_log());
    if (r.path == "/api/v1/tree")
      return json(sample_tree());
    if (r.path == "/api/v1/calls")
      return json(sample_calls());
    if (r.path == "/api/v1/registrations")
      return json(sample_registrations());
    if (r.path == "/api/v1/users/1001" || r.path == "/api/v1/users/a%2Fb%25")
      return json(sample_user());
    if (r.path == call + "/ladder")
      return json(sample_ladder());
    if (r.path == call && r.method == "DELETE")
      return {202, "application/json", R"({"key":")" + key_a + R"(","result":"ending"})"};
    if (r.path == call)
      return json(sample_call());
    if (r.path.starts_with("/api/v1/faults"))
      return json(sample_faults(r.method));
    return error_answer(404, "there is no such call");
  }

  std::vector<std::string> asked;
  std::vector<std::string> bodies;
  std::unique_ptr<http_server> server; // last: its thread ends before `asked` goes
};

inline std::string address_of(const small_node& n) {
  return to_string(n.server->local());
}

} // namespace tandem::test
