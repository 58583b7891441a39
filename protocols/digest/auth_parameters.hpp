#pragma once

#include "protocols/digest/limits.hpp"
#include "protocols/sip/grammar.hpp"

#include <cstdint>
#include <optional>
#include <string_view>

namespace tandem::sip {

enum class digest_error : std::uint8_t {
  another_scheme,    ///< not "Digest": it is for somebody else
  malformed,         ///< not auth-params, or a value that its parameter cannot have
  repeated,          ///< a parameter stands twice
  missing,           ///< a parameter that must be there is not
  too_long,          ///< beyond limits.hpp
  unknown_algorithm, ///< another hash, or a -sess variant
  unknown_qop,       ///< not "auth"; or userhash, which we do not offer
};

/// "auth-param" of RFC 7235 §2.1: values come without quotes, escapes left. In digest's own
/// parameters escapes never change a meaning that we could use, so nothing is unescaped: "unq" of
/// RFC 7616 §3.4.1 takes off the quotes only.
struct auth_parameter {
  std::string_view name;
  std::string_view value;
  bool is_quoted = false;
};

/// Reads `Digest name=value, name="value" …` and hands on each parameter; stops at the first error
/// of `on_parameter`. Empty list elements are allowed (RFC 7230 §7).
template <class OnParameter>
[[nodiscard]] std::optional<digest_error> read_auth_parameters(std::string_view text,
                                                               OnParameter on_parameter) {
  if (text.size() > max_auth_value_bytes)
    return digest_error::too_long;
  cursor in{text};
  in.skip_spaces();
  const auto scheme = in.take_run(token_chars);
  if (scheme.empty())
    return digest_error::malformed;
  if (!same_word(scheme, "Digest"))
    return digest_error::another_scheme;
  if (!is_space(in.peek()))
    return digest_error::malformed;
  std::size_t count = 0;
  while (true) {
    in.skip_spaces();
    while (in.take(','))
      in.skip_spaces();
    if (in.at_end())
      return std::nullopt;
    auth_parameter p;
    p.name = in.take_run(token_chars);
    if (p.name.empty() || !in.take_separator('='))
      return digest_error::malformed;
    if (++count > max_auth_parameters)
      return digest_error::too_long;
    if (in.peek() == '"') {
      const auto content = in.take_quoted();
      if (!content)
        return digest_error::malformed;
      p.value = *content;
      p.is_quoted = true;
    } else {
      p.value = in.take_run(token_chars);
      if (p.value.empty())
        return digest_error::malformed;
    }
    in.skip_spaces();
    if (!in.at_end() && in.peek() != ',')
      return digest_error::malformed;
    if (const auto wrong = on_parameter(p))
      return wrong;
  }
}

} // namespace tandem::sip
