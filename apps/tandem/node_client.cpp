#include "apps/tandem/node_client.hpp"

#include "apps/tandem/console.hpp"
#include "apps/tandem/words.hpp"

#include <nlohmann/json.hpp>

#include <utility>

namespace tandem {

namespace {

std::string said_no(const http_response& r) {
  const auto body = nlohmann::json::parse(r.body, nullptr, false);
  auto text = text_of(body, "error");
  if (text.empty())
    text = "the node answered " + std::to_string(r.status);
  if (r.status == 401)
    text += "\nGive the [admin] token of its configuration with --token-file, or in TANDEM_TOKEN.";
  return text;
}

} // namespace

outcome<std::string> node_client::ask(const std::string& method, const std::string& path,
                                      const std::string& body) const {
  auto got = http_call(target_, method, path, body);
  if (!got)
    return tl::unexpected(unreachable(got.error()));
  if (got->status >= 200 && got->status < 300)
    return std::move(got->body);
  return tl::unexpected(refusal{exit_refused, said_no(*got)});
}

outcome<nlohmann::json> node_client::ask_json(const std::string& method, const std::string& path,
                                              const std::string& body) const {
  const auto said = ask(method, path, body);
  if (!said)
    return tl::unexpected(said.error());
  auto parsed = nlohmann::json::parse(*said, nullptr, false);
  if (parsed.is_discarded())
    return tl::unexpected(refusal{exit_unreachable, target_.address
                                                        + " did not answer as a Tandem node does: "
                                                          "check the address"});
  return parsed;
}

refusal node_client::unreachable(const http_failure& f) const {
  if (f.failed == http_failure::step::address)
    return {exit_unreachable, f.text + "\nCheck --admin HOST:PORT or TANDEM_ADMIN."};
  if (f.failed == http_failure::step::exchange)
    return {exit_unreachable, f.text
                                  + "\nSomething listens there, but gave no answer: check that "
                                    "it is tandemd's [admin] address and that the node is well."};
  return {exit_unreachable,
          "cannot connect to " + f.text
              + "\nCheck that tandemd runs and that this is the [admin] listen address in its "
                "configuration.\nAnother address: --admin HOST:PORT or TANDEM_ADMIN."};
}

} // namespace tandem
