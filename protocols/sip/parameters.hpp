#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tandem::sip {

/// How a header parameter was written: ";lr", ";tag=abc", ";text=\"a b\"".
enum class parameter_form : std::uint8_t { flag, token, quoted };

struct parameter {
  std::string_view name;
  std::string_view value; ///< Without the quotes; escapes are left, see unescape_quoted().
  parameter_form form = parameter_form::flag;

  bool operator==(const parameter&) const = default;
};

/// Parameters of a header field value: `text` is ";name=value;name" as written, already found to
/// be well-formed. Names are compared without case (RFC 3261 §7.3.1).
struct parameter_list {
  std::string_view text;

  [[nodiscard]] std::optional<parameter> find(std::string_view name) const;
  /// Takes the first parameter off; nullopt when none is left.
  [[nodiscard]] std::optional<parameter> next();
  [[nodiscard]] bool empty() const { return text.empty(); }

  bool operator==(const parameter_list&) const = default;
};

/// Parameters of a SIP URI: `text` is ";name=value;name". They are unquoted and may hold %HH.
struct uri_parameter_list {
  std::string_view text;

  /// The value, empty for a parameter without one (";lr").
  [[nodiscard]] std::optional<std::string_view> find(std::string_view name) const;
  [[nodiscard]] bool has(std::string_view name) const { return find(name).has_value(); }
  [[nodiscard]] std::optional<parameter> next();
  [[nodiscard]] bool empty() const { return text.empty(); }

  bool operator==(const uri_parameter_list&) const = default;
};

/// The content of a quoted string with quoted-pairs resolved (§25.1).
[[nodiscard]] std::string unescape_quoted(std::string_view);
/// %HH resolved (§19.1.2); the text must have been accepted by a parser.
[[nodiscard]] std::string unescape_percent(std::string_view);

} // namespace tandem::sip
