#include "protocols/sip/route_uri.hpp"

#include "protocols/sip/grammar.hpp"

#include <algorithm>
#include <cstddef>

namespace tandem::sip {

namespace {

/// No locale: the grammar knows ASCII letters only (§7.3.1: names are case-insensitive).
bool same_name(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  return std::ranges::equal(a, b, {}, lower, lower);
}

/// A URI cut where §19.1.1 cuts it. `parameters` begins with its semicolon, or is empty.
struct uri_parts {
  std::string_view before, parameters;
};

uri_parts cut(std::string_view uri) {
  // A user part may hold ; and ? unescaped, but never @; nor may parameters and headers.
  const auto at = uri.rfind('@');
  const auto host = at == std::string_view::npos ? 0 : at + 1;
  uri = uri.substr(0, uri.find('?', host)); // headers
  const auto semicolon = std::min(uri.find(';', host), uri.size());
  return {uri.substr(0, semicolon), uri.substr(semicolon)};
}

/// Takes the first parameter (";name=value") off `list`.
std::string_view next_parameter(std::string_view& list) {
  const auto one = list.substr(0, list.find(';', 1));
  list.remove_prefix(one.size());
  return one;
}

std::string_view name_of(std::string_view parameter) {
  return parameter.substr(1, parameter.find('=') - 1); // without the semicolon
}

/// Where the quoted string that begins `text` ends; 0 if there is none.
std::size_t after_quoted(std::string_view text) {
  if (!text.starts_with('"'))
    return 0;
  for (std::size_t i = 1; i < text.size(); ++i) {
    if (text[i] == '\\')
      ++i;
    else if (text[i] == '"')
      return i + 1;
  }
  return text.size();
}

/// The "<" before the URI; npos: none, and what begins is the URI itself. Which of them it is shows
/// the first of "<" and ":", since a parameter behind a URI may hold a quoted "<".
std::size_t bracket_of(std::string_view name_addr) {
  const auto at = name_addr.find_first_of("<:", after_quoted(name_addr));
  return at < name_addr.size() && name_addr[at] == '<' ? at : std::string_view::npos;
}

} // namespace

std::string_view uri_of(std::string_view name_addr) {
  name_addr = without_parameters(name_addr);
  if (const auto open = bracket_of(name_addr); open < name_addr.size())
    name_addr = trim(name_addr.substr(open + 1, name_addr.find('>', open) - open - 1));
  return name_addr; // without the spaces that RFC 4475 §3.1.2.14 lets stand inside
}

std::string_view without_parameters(std::string_view name_addr) {
  name_addr.remove_prefix(std::min(name_addr.find_first_not_of(" \t"), name_addr.size()));
  const auto open = bracket_of(name_addr);
  if (open == std::string_view::npos) // §20.10: then a semicolon begins header parameters
    return name_addr.substr(0, name_addr.find_first_of("; \t"));
  const auto close = name_addr.find('>', open);
  return close == std::string_view::npos ? name_addr : name_addr.substr(0, close + 1);
}

bool is_loose_router(std::string_view uri) {
  for (auto list = cut(uri).parameters; !list.empty();)
    if (same_name(name_of(next_parameter(list)), "lr"))
      return true;
  return false;
}

std::string as_request_uri(std::string_view uri) {
  const auto parts = cut(uri);
  std::string kept{parts.before};
  for (auto list = parts.parameters; !list.empty();)
    if (const auto one = next_parameter(list); !same_name(name_of(one), "method"))
      kept += one;
  return kept;
}

} // namespace tandem::sip
