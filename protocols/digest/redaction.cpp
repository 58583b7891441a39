#include "protocols/digest/redaction.hpp"

#include "protocols/sip/grammar.hpp"

#include <algorithm>

namespace tandem::sip {

namespace {

/// Appends credentials. What does not look like Digest with one quoted response is not shown.
void append_value(std::string& out, std::string_view value) {
  cursor in{value};
  in.skip_spaces();
  const auto scheme = in.take_run(token_chars);
  if (!scheme.empty() && !in.at_end())
    out.append(scheme).append(" ");
  const bool is_digest = same_word(scheme, "Digest");
  while (is_digest && !in.at_end()) {
    in.skip_spaces();
    const auto name = in.take_run(token_chars);
    if (name.empty() || !in.take_separator('='))
      break;
    const bool is_quoted = in.peek() == '"';
    const auto* begin = in.at();
    if (is_quoted ? !in.take_quoted() : in.take_run(token_chars).empty())
      break;
    out.append(name).append("=");
    out.append(same_word(name, "response") ? "\"-\"" : in.since(begin));
    in.skip_spaces();
    if (in.at_end())
      return;
    if (!in.take(','))
      break;
    out += ", ";
  }
  out += '-';
}

bool holds_credentials(std::string_view line) {
  const auto name = trim(line.substr(0, line.find(':')));
  return same_word(name, "Authorization") || same_word(name, "Proxy-Authorization");
}

} // namespace

std::string without_proofs(std::string_view message) {
  std::string out;
  out.reserve(message.size());
  const auto headers_end = message.find("\r\n\r\n");
  const auto headers = message.substr(0, headers_end);
  for (std::size_t at = 0; at < headers.size();) {
    const auto end = std::min(headers.find('\n', at), headers.size());
    auto line = headers.substr(at, end - at);
    const bool has_cr = line.ends_with('\r');
    if (has_cr)
      line.remove_suffix(1);
    if (const auto colon = line.find(':'); colon != line.npos && holds_credentials(line)) {
      out.append(line.substr(0, colon + 1)).append(" ");
      append_value(out, line.substr(colon + 1));
    } else {
      out += line;
    }
    out += has_cr ? "\r" : "";
    out += end < headers.size() ? "\n" : "";
    at = end + 1;
  }
  return headers_end == message.npos ? out : out.append(message.substr(headers_end));
}

} // namespace tandem::sip
