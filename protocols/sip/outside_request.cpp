#include "protocols/sip/outside_request.hpp"

#include "protocols/sip/grammar.hpp"
#include "protocols/sip/tags.hpp"
#include "protocols/sip/typed_headers.hpp"
#include "protocols/sip/uri.hpp"

namespace tandem::sip {

using kind = outside_verdict::kind;

namespace {

outside_verdict of_method(const message& m) {
  switch (m.get_method()) {
    case method::invite: return {kind::begin_call};
    case method::register_: return {kind::registration};
    case method::message:
      if (!unsupported_options(m).empty())
        return {kind::refuse, 420}; // §8.2.2.3
      return {kind::deliver};
    case method::unknown: return {kind::refuse, 501}; // §8.2.1
    case method::options:
    case method::ack:
    case method::bye:
    case method::cancel:
    case method::prack:
    case method::subscribe:
    case method::notify:
    case method::publish:
    case method::info:
    case method::refer:
    case method::update: break;
  }
  return {kind::refuse, 405}; // §8.2.1
}

} // namespace

bool begins_something(const message& m) {
  const auto method = m.get_method();
  if (method == method::ack || method == method::cancel)
    return false;
  return to_tag(m).empty();
}

outside_verdict judge_outside(const message& m) {
  const auto method = m.get_method();
  if (method == method::ack)
    return {kind::drop};
  const bool of_something = method == method::cancel || method == method::bye;
  if (of_something || !to_tag(m).empty())
    return {kind::answer, 481}; // §12.2.2, §9.2: of a dialog or INVITE that is not here
  const auto uri = parse_uri(m.request_uri());
  if (!uri || !uri->is_sip())
    return {kind::answer, 416}; // §8.2.2.1
  const bool for_us =
      method == method::register_ || (method == method::options && uri->user.empty());
  if (const auto hops = read_max_forwards(m); hops && *hops == 0 && !for_us)
    return {kind::answer, 483}; // §16.3
  if (method == method::options)
    return {kind::answer, static_cast<std::uint16_t>(unsupported_options(m).empty() ? 200 : 420)};
  return of_method(m);
}

std::string unsupported_options(const message& request) {
  std::string out;
  const auto required = read_tokens(request, header_id::require);
  if (!required)
    return std::string(request.header(header_id::require).value_or(""));
  for (const auto tag : *required)
    if (!same_word(tag, "timer"))
      out.append(out.empty() ? "" : ", ").append(tag);
  return out;
}

} // namespace tandem::sip
