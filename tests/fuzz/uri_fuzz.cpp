// Two lines as two URIs: what is read lies in the text and makes the same URI when it is put
// together again; equivalence is symmetric and sees through escapes (RFC 3261 §19.1.4); the quick
// readers of route_uri.hpp see what the parser sees.
#include "protocols/sip/uri.hpp"

#include "protocols/sip/route_uri.hpp"
#include "tests/fuzz/fuzzing.hpp"

#include <algorithm>
#include <cstdio>

using namespace tandem;
using test::require;

namespace {

bool lies_in(std::string_view part, std::string_view whole) {
  return part.empty()
         || (part.data() >= whole.data()
             && part.data() + part.size() <= whole.data() + whole.size());
}

std::string put_together(const sip::uri& u) {
  std::string out{u.scheme_name};
  out += ':';
  if (!u.is_sip())
    return out.append(u.opaque);
  out += u.user;
  if (!u.password.empty())
    out.append(":").append(u.password);
  if (!u.user.empty())
    out += '@';
  out += u.host;
  if (u.port != 0)
    out += ':' + std::to_string(u.port);
  out += u.parameters.text;
  if (!u.headers.empty())
    out.append("?").append(u.headers);
  return out;
}

bool same_parts(const sip::uri& a, const sip::uri& b) {
  return a.scheme == b.scheme && a.user == b.user && a.password == b.password && a.host == b.host
         && a.port == b.port && a.parameters == b.parameters && a.headers == b.headers
         && a.opaque == b.opaque;
}

/// §19.1.4: a character outside of the reserved set is equivalent to its escaped form.
std::string with_escaped_user(const sip::uri& u) {
  std::string user;
  for (std::size_t i = 0; i < u.user.size(); ++i) {
    const char c = u.user[i];
    if (c == '%') { // is one already
      user += u.user.substr(i, 3);
      i += 2;
    } else if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z')) {
      char escaped[4];
      std::snprintf(escaped, sizeof escaped, "%%%02X", static_cast<unsigned>(c));
      user += escaped;
    } else {
      user += c;
    }
  }
  auto changed = u;
  changed.user = user;
  return put_together(changed);
}

void check_one(const sip::uri& u) {
  for (const auto part :
       {u.scheme_name, u.user, u.password, u.host, u.parameters.text, u.headers, u.opaque})
    require(lies_in(part, u.text));
  require(u.is_sip() ? !u.host.empty() : !u.opaque.empty());
  require(u.unescaped_user().size() <= u.user.size());
  const auto text = put_together(u);
  const auto again = sip::parse_uri(text);
  require(again && same_parts(*again, u));
  require(sip::equivalent(u, u) && sip::equivalent(u, *again));
  if (!u.is_sip())
    return;
  const auto escaped_text = with_escaped_user(u);
  const auto escaped = sip::parse_uri(escaped_text);
  require(escaped && sip::equivalent(u, *escaped));
  require(sip::is_loose_router(u.text) == u.parameters.has("lr"));
  const auto target = sip::as_request_uri(u.text);
  const auto as_target = sip::parse_uri(target);
  require(as_target && as_target->headers.empty() && !as_target->parameters.has("method"));
  require(as_target->user == u.user && as_target->host == u.host && as_target->port == u.port);
  require(sip::as_request_uri(target) == target);
  std::size_t parameters = 0;
  for (auto left = u.parameters; const auto p = left.next(); ++parameters)
    require(!p->name.empty() && u.parameters.has(p->name));
  require(parameters == static_cast<std::size_t>(std::ranges::count(u.parameters.text, ';')));
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  const auto line = text.find('\n');
  const auto a = sip::parse_uri(text.substr(0, line));
  if (a)
    check_one(*a);
  if (line == std::string_view::npos)
    return 0;
  const auto b = sip::parse_uri(text.substr(line + 1));
  if (a && b)
    require(sip::equivalent(*a, *b) == sip::equivalent(*b, *a));
  return 0;
}
