#include "actors/admin/json_answer.hpp"

#include <nlohmann/json.hpp>

namespace tandem::actors {

using json = nlohmann::ordered_json;

http_response json_answer(unsigned status, const json& body) {
  return {status, "application/json",
          body.dump(-1, ' ', false, json::error_handler_t::replace) + "\n"};
}

http_response json_refusal(unsigned status, std::string sentence) {
  return json_answer(status, {{"error", std::move(sentence)}});
}

} // namespace tandem::actors
