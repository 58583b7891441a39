#include "protocols/sip/check.hpp"

#include "protocols/sip/uri.hpp"

#include <array>
#include <optional>

namespace tandem::sip {

namespace {

using verdict = std::optional<header_error>;

template <class T>
verdict required(const header_result<T>& r) {
  return r ? verdict{} : verdict{r.error()};
}

template <class T>
verdict optional(const header_result<T>& r) {
  return r || r.error().code == header_errc::missing ? verdict{} : verdict{r.error()};
}

/// Headers without which nothing can be routed or answered (§8.1.1).
verdict check_identity(const message& m) {
  verdict v = required(read_vias(m));
  if (!v)
    v = required(read_from(m));
  if (!v)
    v = required(read_to(m));
  if (!v)
    v = required(read_call_id(m));
  if (!v)
    v = required(read_cseq(m));
  return v;
}

/// Headers that may be absent, but must be readable by whoever acts on them.
verdict check_present(const message& m) {
  verdict v = optional(read_max_forwards(m)); // absent: RFC 4475 §3.4.1, §16.3 step 3
  if (!v)
    v = optional(read_contacts(m));
  if (!v)
    v = optional(read_routes(m));
  if (!v)
    v = optional(read_record_routes(m));
  if (!v)
    v = optional(read_content_type(m));
  if (!v)
    v = optional(read_tokens(m, header_id::require));
  if (!v)
    v = optional(read_tokens(m, header_id::proxy_require));
  return v;
}

} // namespace

tl::expected<void, rejection> check_request(const message& m) {
  const auto reject = [](std::string reason) {
    return tl::make_unexpected(rejection{400, std::move(reason)});
  };
  if (const auto v = check_identity(m))
    return reject(v->reason());
  if (read_cseq(m)->method_name != m.method_name()) // §8.1.1.5; RFC 4475 §3.1.2.17
    return reject("CSeq Method Mismatch");
  const auto target = parse_uri(m.request_uri());
  if (!target || !target->headers.empty()) // §19.1.1: none in a Request-URI; RFC 4475 §3.1.2.11
    return reject("Bad Request-URI");
  if (const auto v = check_present(m))
    return reject(v->reason());
  return {};
}

tl::expected<void, header_error> check_response(const message& m) {
  if (const auto v = check_identity(m))
    return tl::make_unexpected(*v);
  return {};
}

bool is_answerable(const message& m) {
  return m.is_request() && m.get_method() != method::ack && m.has(header_id::via);
}

} // namespace tandem::sip
