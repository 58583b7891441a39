#pragma once

#include "runtime/io/http_server.hpp"

#include <nlohmann/json_fwd.hpp>

#include <string>

namespace tandem::actors {

[[nodiscard]] http_response json_answer(unsigned status, const nlohmann::ordered_json&);
/// {"error":"sentence"}
[[nodiscard]] http_response json_refusal(unsigned status, std::string sentence);

} // namespace tandem::actors
