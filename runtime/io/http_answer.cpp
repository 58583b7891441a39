#include "runtime/io/http_answer.hpp"

#include "runtime/base/ip_endpoint.hpp"

#include <boost/beast/http/verb.hpp>

#include <algorithm>
#include <exception>
#include <string_view>

namespace tandem {

namespace {

namespace http = boost::beast::http;

/// Takes as long for any wrong token as for the right one of that length.
bool same_secret(std::string_view given, std::string_view expected) {
  std::size_t difference = given.size() ^ expected.size();
  for (std::size_t i = 0; i < given.size(); ++i)
    difference |= static_cast<unsigned char>(given[i] ^ expected[i % expected.size()]);
  return difference == 0;
}

/// The host part of a Host field: "127.0.0.1:8080", "[::1]:8080", "localhost".
bool names_this_host(std::string_view field) {
  const auto colon = field.rfind(':');
  const auto bracket = field.rfind(']');
  const bool has_port =
      colon != std::string_view::npos && (bracket == std::string_view::npos || bracket < colon);
  auto host = has_port ? field.substr(0, colon) : field;
  if (host.size() > 2 && host.front() == '[' && host.back() == ']')
    host = host.substr(1, host.size() - 2);
  return host == "localhost" || parse_ip_address(host).has_value();
}

http_request to_request(const http_message& r) {
  http_request out;
  out.method = std::string{r.method_string()};
  std::string_view target{r.target().data(), r.target().size()};
  if (const auto mark = target.find('?'); mark != std::string_view::npos) {
    out.query = target.substr(mark + 1);
    target = target.substr(0, mark);
  }
  out.path = target;
  out.body = r.body();
  return out;
}

http_response run_handler(const http_handler& handler, const http_request& r) {
  try { // the boundary to code that is not ours: its bug must not end the server
    return handler(r);
  } catch (const std::exception& failed) {
    return http_error(500, failed.what());
  }
}

} // namespace

http_response http_error(unsigned status, std::string_view sentence) {
  std::string body = R"({"error":")";
  for (const char c : sentence) {
    if (c == '"' || c == '\\')
      body += '\\';
    body += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
  }
  return {status, "application/json", body + "\"}"};
}

http_response answer_http(const http_handler& handler, const http_server_settings& settings,
                          const http_message& r) {
  if (!r.target().starts_with('/'))
    return http_error(400, "the target must be a path"); // RFC 9112 §3.2.1: origin-form only
  auto parsed = to_request(r);
  const auto host = r.find(http::field::host);
  if (host == r.end() && r.version() >= 11)
    return http_error(400, "the Host field is missing"); // RFC 9112 §3.2
  if (!settings.token.empty()) {
    const auto field = r[http::field::authorization];
    const std::string_view given{field.data(), field.size()};
    const bool open = std::ranges::count(settings.open_paths, parsed.path) > 0;
    if (!open && !same_secret(given, "Bearer " + settings.token))
      return http_error(401, "a valid bearer token is needed");
  } else if (host != r.end() && !names_this_host({host->value().data(), host->value().size()})) {
    // A web page can make a browser here speak to a name that it has pointed at 127.0.0.1.
    return http_error(421, "the Host field must be an address or localhost");
  }
  const bool head = r.method() == http::verb::head;
  if (head)
    parsed.method = "GET"; // RFC 9110 §9.3.2: as GET, and the body is left out below
  return run_handler(handler, parsed);
}

} // namespace tandem
