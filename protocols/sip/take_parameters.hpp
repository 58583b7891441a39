#pragma once

#include "protocols/sip/grammar.hpp"
#include "protocols/sip/parameters.hpp"

#include <optional>
#include <string_view>

namespace tandem::sip {

/// `SEMI name [EQUAL value]` (RFC 3261 §25.1 generic-param); nullopt when malformed or at the end.
///
/// DEVIATION RFC 3261 §25.1: an unquoted value may hold any visible ASCII that does not end it,
/// since base64 with "/" and "=" in tags and branches is common.
[[nodiscard]] inline std::optional<parameter> take_parameter(cursor& in) {
  if (!in.take_separator(';'))
    return std::nullopt;
  parameter p;
  p.name = in.take_run(token_chars);
  if (p.name.empty())
    return std::nullopt;
  const auto after_name = in;
  if (!in.take_separator('=')) {
    in = after_name; // spaces after a flag belong to what follows
    return p;
  }
  if (in.peek() == '"') {
    const auto content = in.take_quoted();
    if (!content)
      return std::nullopt;
    p.value = *content;
    p.form = parameter_form::quoted;
    return p;
  }
  p.value = in.take_run(value_chars);
  p.form = parameter_form::token;
  if (p.value.empty())
    return std::nullopt;
  return p;
}

/// Takes parameters up to the end of the element, which must be "," or the end of the value; each
/// goes to `on_parameter`, whose false means malformed. `list` becomes what was taken.
template <class OnParameter>
[[nodiscard]] bool take_parameters(cursor& in, parameter_list& list, OnParameter on_parameter) {
  in.skip_spaces();
  const auto* begin = in.at();
  const auto* end = begin;
  for (; in.peek() == ';'; in.skip_spaces()) {
    const auto p = take_parameter(in);
    if (!p || !on_parameter(*p))
      return false;
    end = in.at();
  }
  list.text = {begin, static_cast<std::size_t>(end - begin)};
  return in.at_end() || in.peek() == ',';
}

/// The element of a list from `begin` to where `in` stands now, without trailing spaces. Then
/// steps over the comma: `list` becomes the rest. False when the comma has nothing behind it.
[[nodiscard]] inline bool end_element(cursor& in, const char* begin, std::string_view& element,
                                      std::string_view& list) {
  element = trim(in.since(begin));
  if (in.take(',')) {
    in.skip_spaces();
    if (in.at_end())
      return false;
  }
  list = in.rest();
  return true;
}

} // namespace tandem::sip
