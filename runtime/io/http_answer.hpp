#pragma once

#include "runtime/io/http_server.hpp"

#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>

#include <string_view>

namespace tandem {

// What http_server answers, without a socket: the only header with Beast in it, for http_server.cpp
// and for tests.

using http_message = boost::beast::http::request<boost::beast::http::string_body>;

/// The reply to one complete request: refused here (RFC 9112 §3.2, bearer token, Host), or what the
/// handler says. The body of an answer to HEAD is still in it.
[[nodiscard]] http_response answer_http(const http_handler&, const http_server_settings&,
                                        const http_message&);

/// {"error":"sentence"}
[[nodiscard]] http_response http_error(unsigned status, std::string_view sentence);

} // namespace tandem
