// Any bytes as a connection to the HTTP API, up to the JSON of /api/v1/faults: no exception, JSON
// in every answer, nothing for whom the token is missing, no limit passed; a fault that is listed
// can be armed again as it is written.
#include "actors/admin/fault_api.hpp"
#include "actors/admin/request_text.hpp"
#include "actors/faults/limits.hpp"
#include "runtime/io/http_answer.hpp"
#include "tests/fuzz/fuzzing.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <nlohmann/json.hpp>

using namespace tandem;
using actors::armed_faults;
using actors::fault_api;
using nlohmann::json;
using test::require;

namespace {

constexpr std::size_t listed_at_most = 100;

class node {
public:
  explicit node(std::string token)
    : settings_{.token = std::move(token), .open_paths = {"/healthz"}} {}

  /// Takes one request off `bytes`; false: there is none, or none that can be read.
  bool serve(std::string_view& bytes) {
    boost::beast::http::request_parser<boost::beast::http::string_body> parser;
    parser.header_limit(settings_.max_header_bytes);
    parser.body_limit(settings_.max_body_bytes);
    parser.eager(true);
    boost::system::error_code failed;
    while (!parser.is_done() && !failed && !bytes.empty()) {
      const auto used = parser.put(boost::asio::buffer(bytes), failed);
      bytes.remove_prefix(used);
      if (used == 0)
        break;
    }
    if (failed || !parser.is_done())
      return false;
    answer(parser.get());
    return true;
  }

private:
  void answer(const http_message& r) {
    was_asked_ = false;
    const auto before = faults_.list().size();
    const auto said =
        answer_http([this](const http_request& q) { return handle(q); }, settings_, r);
    require(said.status >= 200 && said.status < 500); // 500: something was thrown
    if (said.content_type == "application/json")
      require(json::accept(said.body));
    const auto token = r[boost::beast::http::field::authorization];
    const bool known =
        settings_.token.empty()
        || std::string_view{token.data(), token.size()} == "Bearer " + settings_.token;
    require(known || !was_asked_ || was_open_);
    const auto after = faults_.list();
    require(after.size() <= actors::limits::armed_faults);
    require(was_asked_ || after.size() == before);
    if (said.status == 201)
      check_armed(after, json::parse(said.body));
  }

  http_response handle(const http_request& r) {
    was_asked_ = true;
    was_open_ = r.path == "/healthz";
    require(r.path.starts_with('/') && r.path.find('?') == std::string::npos);
    require(actors::limit_in(r.query, listed_at_most) <= listed_at_most);
    if (const auto name = actors::unescaped(r.path))
      require(name->size() <= r.path.size()
              && (r.path.find('%') != std::string::npos || *name == r.path));
    if (r.path == fault_api::path || r.path.starts_with(std::string{fault_api::path} + "/"))
      return api_.handle(r);
    return {404, "text/plain", {}};
  }

  void check_armed(const std::vector<actors::fault_report>& all, json said) {
    const auto last = all.back();
    require(said.at("id") == last.id && last.what.entry != 0);
    (void) faults_.on_entry({1, 2}, actors::child_kind::leg, "leg 0");
    require(faults_.freeze_time({1, 2}) <= actors::limits::longest_freeze);
    for (const auto* name : {"id", "seen", "fired"})
      said.erase(name);
    std::erase_if(said.get_ref<json::object_t&>(),
                  [](const auto& f) { return f.second.is_null(); });
    armed_faults others{[] {}};
    const auto again = fault_api{&others}.handle(
        {.method = "POST", .path = std::string{fault_api::path}, .query = {}, .body = said.dump()});
    require(again.status == 201);
    const auto copy = others.list().back().what;
    require(copy.what == last.what.what && copy.path.text() == last.what.path.text());
    require(copy.entry == last.what.entry && copy.times == last.what.times
            && copy.freeze == last.what.freeze && copy.who == last.what.who);
  }

  armed_faults faults_{[] {}};
  fault_api api_{&faults_};
  http_server_settings settings_;
  bool was_asked_ = false, was_open_ = false;
};

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  for (const auto* token : {"", "secret"}) {
    node n{token};
    std::string_view bytes{reinterpret_cast<const char*>(data), size};
    while (n.serve(bytes)) {
    }
  }
  return 0;
}
