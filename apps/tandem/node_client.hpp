#pragma once

#include "runtime/io/http_client.hpp"

#include <nlohmann/json_fwd.hpp>
#include <tl/expected.hpp>

#include <string>

namespace tandem {

/// Why a command ended early: its exit code, and a sentence for whoever typed it.
struct refusal {
  int exit_code;
  std::string text;
};
template <class T>
using outcome = tl::expected<T, refusal>;

/// Talks to one node and puts what it says into the refusal.
class node_client {
public:
  node_client(std::string admin, std::string token) : target_{std::move(admin), std::move(token)} {}

  /// The body of a 2xx answer.
  [[nodiscard]] outcome<std::string> ask(const std::string& method, const std::string& path,
                                         const std::string& body = {}) const;
  [[nodiscard]] outcome<nlohmann::json> ask_json(const std::string& method, const std::string& path,
                                                 const std::string& body = {}) const;

private:
  [[nodiscard]] refusal unreachable(const http_failure&) const;

  http_target target_;
};

} // namespace tandem
